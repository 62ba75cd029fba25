import type { KubernetesObject, V1OwnerReference } from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";
import { dataFolder } from "../objects/podVolumes";
import { waitUntilClear } from "../kubernetes/apiClient";
import { undefinedWhenNotFound, apiErrorKind } from "../kubernetes/apiErrors";
import { decommission } from "../operations/memberDecommission";
import { ProgressReporter } from "../engine/progressReporter";
import { type DiskSpace, parseDiskSpace } from "./diskSpace";
import { cleanupRefusal, parseCleanup } from "./nodetool";
import { JobError, runJob } from "./podJob";
import { hasLeft, hasLeftIn } from "./record";
import { ownerOf } from "./ringQueries";
import { RingViews } from "./ringViews";
import { ObservedPod } from "../operations/ringSurvey";

/** Operations on a ring: of StatefulSets, unless a subclass says otherwise. */
export class RingClient extends RingViews {
  /** Whether pods decommission by themselves before they end, so that nobody has to decommission them before scaling. */
  readonly leavesByItself: boolean = false;

  /** Space on the disks of this program's pods, by their names; without those that could not be asked. */
  async disks(): Promise<Record<string, DiskSpace>> {
    const { pods } = await this.survey(undefined, "never");
    const found = await Promise.all(
      pods.map(async ({ name, pod = name, running, keepsRecord }) => {
        const said = running && keepsRecord ? await this.run(name, "df", "-PB1", dataFolder).catch(() => "") : "";
        return [pod, parseDiskSpace(said)] as const;
      }),
    );
    return Object.fromEntries(found.flatMap(([pod, disk]) => (disk ? [[pod, disk]] : [])));
  }

  /** Ends the container of a member that is leaving: Kubernetes restarts the container, and the member is NORMAL again. */
  async cancelDecommission(pod: string): Promise<void> {
    await this.run(pod, "sh", "-c", endWhileLeaving).catch((error: Error) => {
      // The container may end before it has answered.
      if (apiErrorKind(error) === "forbidden") throw error;
    });
  }

  /** Deletes a pod, unless another pod has taken its name: the next pod has another address. */
  async replaceAtNewAddress({ name, pod = name, uid }: ObservedPod): Promise<void> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    await core.deleteNamespacedPod({ name: pod, namespace, body: { preconditions: { uid } } }).catch((error: Error) => {
      if (!["absent", "conflict"].includes(apiErrorKind(error) ?? "")) throw error;
    });
  }

  /**
   * Deletes the pod of a member that has left, so that the next pod joins. If the pods do not empty the disk themselves, the
   * PersistentVolumeClaim is deleted as well, since Cassandra does not start on the data of a member that has left.
   * @returns false if another pod has taken the name meanwhile
   */
  async rejoin({ name, uid, keepsRecord }: ObservedPod): Promise<boolean> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    if (!keepsRecord) {
      const claim = { name: this.claimOf(name), namespace };
      await core.deleteNamespacedPersistentVolumeClaim(claim).catch(undefinedWhenNotFound);
    }
    try {
      await core.deleteNamespacedPod({ name, namespace, body: { preconditions: { uid } } });
      return true;
    } catch (error) {
      if (["absent", "conflict"].includes(apiErrorKind(error as Error))) return false;
      throw error;
    }
  }

  /**
   * Scales the StatefulSets to that many pods in all. Surplus members must have left before. While a StatefulSet asks for fewer pods, the
   * others keep theirs: these may be members that leave only once the ring has all its members.
   */
  async scale(replicas: number): Promise<void> {
    const { namespace } = this.ring;
    const { apps } = await this.cluster();
    const value = this.podsOfEach(replicas);
    const counts = await this.counts();
    const missing = this.ring.sets.find((set) => !counts.some(({ name }) => name === set));
    if (missing !== undefined)
      throw new Error(
        `there is no StatefulSet ${missing} in namespace ${namespace}: \`pulumi up --refresh\` makes it again`,
      );
    const smaller = counts.filter(({ count }) => count < value);
    const body = [{ op: "replace", path: "/spec/replicas", value }];
    for (const { name } of smaller.length > 0 ? smaller : counts)
      await apps.patchNamespacedStatefulSet({ name, namespace, body });
  }

  /** Writes into the ring record what the ring itself says. */
  async updateRecord(entries: Record<string, string | null>): Promise<void> {
    const [name, { objects }] = await Promise.all([this.recordName(), this.cluster()]);
    const metadata = { name, namespace: this.ring.namespace };
    await objects.patch({ apiVersion: "v1", kind: "ConfigMap", metadata, data: entries } as KubernetesObject);
  }

  /**
   * Corrects the owners of the ring record and of the superuser's Secret. Each pod adds its own PersistentVolumeClaim, so that pods may
   * write any owner. With a foreign owner, Kubernetes would keep the two objects too long, or delete them too early.
   * @returns what was corrected, a line for each object
   */
  async repairOwners(): Promise<string[]> {
    const { name: ring, namespace } = this.ring;
    const { core } = await this.cluster();
    const [record, secret] = [`${ring}-ring`, `${ring}-superuser`].map((name) => ({ name, namespace }));
    const found = await Promise.all([
      core.readNamespacedConfigMap(record).catch(undefinedWhenNotFound),
      core.readNamespacedSecret(secret).catch(undefinedWhenNotFound),
    ]);
    const claims = await this.claims();
    const members = this.membersIn(found[0]?.data ?? {}).map((pod) => this.claimOf(pod));
    const needed = claims.filter(({ metadata }) => members.includes(metadata!.name!)).map(ownerOf);
    const lines: string[] = [];
    for (const [i, object] of found.entries()) {
      if (!object) continue;
      const owners = object.metadata!.ownerReferences ?? [];
      // Kubernetes itself removes PersistentVolumeClaims of the ring that are gone.
      const isOfRing = ({ kind, name }: V1OwnerReference) =>
        kind === "PersistentVolumeClaim" && this.podOf(name) !== undefined;
      const others = owners.filter((owner) => !isOfRing(owner));
      const missing = needed.filter(({ uid }) => !owners.some((owner) => owner.uid === uid));
      if (others.length + missing.length === 0) continue;
      const path = "/metadata/ownerReferences";
      const body = [
        // Fails if somebody else has changed the owners meanwhile.
        ...(owners.length > 0 ? [{ op: "test", path, value: owners }] : []),
        { op: "add", path, value: [...owners.filter(isOfRing), ...missing] },
      ];
      const kind = i === 0 ? "ConfigMap" : "Secret";
      if (i === 0) await core.patchNamespacedConfigMap({ ...record, body });
      else await core.patchNamespacedSecret({ ...secret, body });
      const wrong = [
        ...others.map(({ kind, name }) => `${kind} ${name} is none of its volumes`),
        ...missing.map(({ name }) => `${name} was missing`),
      ];
      lines.push(
        `the owners of ${kind} ${object.metadata!.name}, which is deleted with the volumes, were corrected: ${wrong.join(", ")}`,
      );
    }
    return lines;
  }

  /**
   * Decommissions a member, or watches a decommission that is already in progress.
   * @throws {Error} if the decommission failed; the member is then still a member
   */
  async decommission(pod: string, report: ProgressReporter): Promise<void> {
    const { core } = await this.cluster();
    const { metadata } = await core.readNamespacedPod({ name: pod, namespace: this.ring.namespace });
    const member = {
      namespace: this.ring.namespace,
      pod,
      run: (...command: string[]) => this.run(pod, ...command),
      hasLeft: async () => hasLeftIn((await this.record())[pod], metadata!.uid!),
      recordTutorialPods: () => this.recordTutorialPods(),
    };
    await decommission(member, { report, stallTimeoutMinutes: this.stallTimeoutMinutes });
  }

  /**
   * Runs `nodetool cleanup` on a member: it deletes the data that others have taken over, and rewrites all data on the disk. While a
   * member joins or leaves, Cassandra refuses, and the cleanup is tried again.
   */
  async cleanup(pod: string, report?: (said: string) => Promise<void>): Promise<void> {
    const { stallTimeoutMinutes } = this;
    const job = { name: "cleanup", command: ["nodetool", "cleanup"], progress: ["nodetool", "compactionstats"] };
    for (const end = Date.now() + stallTimeoutMinutes * 60_000; ; await sleep(5000)) {
      const refusal = await runJob((...command) => this.run(pod, ...command), job, {
        stallTimeoutMinutes,
        report: async (said) => report?.(parseCleanup(said)),
      }).then(
        (said) => cleanupRefusal(said, false),
        (error: Error) => {
          if (error instanceof JobError) return cleanupRefusal(error.message, true);
          throw new Error(`${pod}: nodetool cleanup: ${error.message}; the next \`pulumi up\` checks again`);
        },
      );
      if (refusal === undefined) return;
      if (!refusal.mayPass || Date.now() > end) {
        throw new Error(
          `${pod} could not finish \`nodetool cleanup\`: ${refusal.why}. The next \`pulumi up\` tries again`,
        );
      }
      await report?.(refusal.why);
    }
  }

  /** Deletes the PersistentVolumeClaims, and so the volumes, of members from an ordinal on that have left the ring. */
  async deleteVolumes(from: number): Promise<void> {
    const { namespace } = this.ring;
    const left = Object.entries(await this.record()).filter(
      ([pod, entry]) => hasLeft(entry) && this.ringOrdinalOf(pod) >= from,
    );
    for (const [pod] of left) {
      const claim = { name: this.claimOf(pod), namespace };
      const { core } = await this.cluster();
      await core.deleteNamespacedPersistentVolumeClaim(claim).catch(undefinedWhenNotFound);
      await waitUntilClear(() => this.holding(pod), this.stallTimeoutMinutes).catch((error: Error) => {
        throw new Error(
          `PersistentVolumeClaim ${claim.name} of a member that has left still exists ${error.message}; the next \`pulumi up\` checks ` +
            "again",
        );
      });
      await this.release(`${namespace}-${claim.name}`);
    }
  }

  /** Why the deleted PersistentVolumeClaim of a pod still exists; undefined once it is gone. */
  private async holding(pod: string): Promise<string | undefined> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    const claim = await core
      .readNamespacedPersistentVolumeClaim({ name: this.claimOf(pod), namespace })
      .catch(undefinedWhenNotFound);
    if (!claim) return undefined;
    const holder = await core.readNamespacedPod({ name: pod, namespace }).catch(undefinedWhenNotFound);
    if (holder) {
      const end = `if its node is certain to be off, run \`kubectl delete -n ${namespace} pod ${pod} --force\``;
      return `pod ${pod} on node ${holder.spec?.nodeName ?? "none"} has not ended yet; ${end}`;
    }
    return `its finalizers are ${claim.metadata?.finalizers?.join(", ") || "none"}, and their controllers have not removed them`;
  }

  /** A static volume stays reserved for its deleted PersistentVolumeClaim as long as it names the UID of that one. */
  private async release(name: string): Promise<void> {
    const { core } = await this.cluster();
    const volume = await core.readPersistentVolume({ name }).catch(undefinedWhenNotFound);
    if (!volume?.spec?.claimRef?.uid) return;
    await core.patchPersistentVolume({ name, body: [{ op: "remove", path: "/spec/claimRef/uid" }] });
  }
}

/** The member's own state counts: to the others, it is leaving until it has come back. */
const endWhileLeaving = `
case $(nodetool netstats 2>/dev/null | sed -n "s/^Mode: //p") in LEAVING|DECOMMISSION_FAILED) kill 1 ;; esac`;
