import type { KubernetesObject, V1OwnerReference } from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilClear, undefinedWhenNotFound, apiErrorKind } from "../kubernetes/apiClient";
import { decommission } from "../operations/memberDecommission";
import { ProgressReporter } from "../engine/progressReporter";
import { cleanupRefusal, parseCleanup } from "./nodetool";
import { JobError, runJob } from "./podJob";
import { hasLeft } from "./record";
import { ownerOf } from "./ringQueries";
import { RingViews } from "./ringViews";
import { ObservedPod } from "../operations/ringSurvey";

/** What is done to a ring; of StatefulSets, where nothing else is said. */
export class RingClient extends RingViews {
  /** Whether its pods hand their rows over by themselves before they end: nobody has to leave before the sets are scaled. */
  readonly leavesByItself: boolean = false;

  /** Has the container of a member that is about to leave end: Kubernetes starts it anew, and the member comes back as NORMAL. */
  async cancelDecommission(pod: string): Promise<void> {
    await this.run(pod, "sh", "-c", endWhileLeaving).catch((error: Error) => {
      // The container may end before it has answered.
      if (apiErrorKind(error) === "forbidden") throw error;
    });
  }

  /** Deletes a pod, if it is that one still: the next one has another address. */
  async replaceAtNewAddress({ name, pod = name, uid }: ObservedPod): Promise<void> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    await core.deleteNamespacedPod({ name: pod, namespace, body: { preconditions: { uid } } }).catch((error: Error) => {
      if (!["absent", "conflict"].includes(apiErrorKind(error) ?? "")) throw error;
    });
  }

  /**
   * Deletes the pod of a member that has left, so that the next one joins anew. One that does not empty the disk itself gives up
   * its volume, whose member no other starts as.
   * @returns false when it was another pod by then
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

  /** Has the sets ask for that many pods in all. Members that are too many must have left before. */
  async scale(replicas: number): Promise<void> {
    const { sets, namespace } = this.ring;
    const { apps } = await this.cluster();
    const body = [{ op: "replace", path: "/spec/replicas", value: Math.ceil(replicas / sets.length) }];
    for (const name of sets) await apps.patchNamespacedStatefulSet({ name, namespace, body });
  }

  /** Puts on record what the ring itself tells. */
  async updateRecord(entries: Record<string, string | null>): Promise<void> {
    const [name, { objects }] = await Promise.all([this.recordName(), this.cluster()]);
    const metadata = { name, namespace: this.ring.namespace };
    await objects.patch({ apiVersion: "v1", kind: "ConfigMap", metadata, data: entries } as KubernetesObject);
  }

  /**
   * Sets the owners of the record and of the superuser's Secret right. Pods may write all of them, since each adds its own claim:
   * Kubernetes would keep the two for as long as somebody else's object, or delete them with it.
   * @returns what was set right, a line for each
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
      // Claims of the ring that are gone, Kubernetes takes away itself.
      const isOfRing = ({ kind, name }: V1OwnerReference) =>
        kind === "PersistentVolumeClaim" && this.podOf(name) !== undefined;
      const others = owners.filter((owner) => !isOfRing(owner));
      const missing = needed.filter(({ uid }) => !owners.some((owner) => owner.uid === uid));
      if (others.length + missing.length === 0) continue;
      const path = "/metadata/ownerReferences";
      const body = [
        // Nobody else has written them meanwhile.
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
        `the owners of ${kind} ${object.metadata!.name}, which goes with the volumes, were set right: ${wrong.join(", ")}`,
      );
    }
    return lines;
  }

  /**
   * Has a member move its rows to the others and leave the ring, or goes on watching it when it does so already.
   * @throws {Error} when it failed; the member is then a member still
   */
  async decommission(pod: string, report: ProgressReporter): Promise<void> {
    const member = {
      namespace: this.ring.namespace,
      pod,
      run: (...command: string[]) => this.run(pod, ...command),
      hasLeft: async () => hasLeft((await this.record())[pod]),
      recordTutorialPods: () => this.recordTutorialPods(),
    };
    await decommission(member, { report, stallTimeoutMinutes: this.stallTimeoutMinutes });
  }

  /**
   * Has a member drop the rows that others have taken over. It rewrites all that is on the disk. While a member of the ring moves,
   * Cassandra refuses: then it is tried again.
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

  /** Deletes the claims of members that left the ring, from a place on, and with them their volumes. */
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
          `claim ${claim.name} of a member that has left is not gone ${error.message}; the next \`pulumi up\` checks again`,
        );
      });
      await this.release(`${namespace}-${claim.name}`);
    }
  }

  /** Why the claim of a pod is not gone yet, though it was deleted; undefined once it is. */
  private async holding(pod: string): Promise<string | undefined> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    const claim = await core
      .readNamespacedPersistentVolumeClaim({ name: this.claimOf(pod), namespace })
      .catch(undefinedWhenNotFound);
    if (!claim) return undefined;
    const holder = await core.readNamespacedPod({ name: pod, namespace }).catch(undefinedWhenNotFound);
    if (holder) {
      const end = `\`kubectl delete -n ${namespace} pod ${pod} --force\` has it end where its node is certain to be off`;
      return `pod ${pod} on node ${holder.spec?.nodeName ?? "none"} has not ended yet; ${end}`;
    }
    return `its finalizers are ${claim.metadata?.finalizers?.join(", ") || "none"}, and whoever set them has not taken them away`;
  }

  /** A static volume stays reserved for the claim that is gone, until it no longer names the very one. */
  private async release(name: string): Promise<void> {
    const { core } = await this.cluster();
    const volume = await core.readPersistentVolume({ name }).catch(undefinedWhenNotFound);
    if (!volume?.spec?.claimRef?.uid) return;
    await core.patchPersistentVolume({ name, body: [{ op: "remove", path: "/spec/claimRef/uid" }] });
  }
}

/** By its own word: the others take it for one that leaves until it has come back. */
const endWhileLeaving = `
case $(nodetool netstats 2>/dev/null | sed -n "s/^Mode: //p") in LEAVING|DECOMMISSION_FAILED) kill 1 ;; esac`;
