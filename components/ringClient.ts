import type { KubernetesObject, V1PersistentVolumeClaim, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptsFolder } from "./cassandraPod";
import { Cluster, ClusterChoice, isReady, nothingWhenNotFound, refusalOf } from "./cluster";
import { decommission, Tell } from "./leaving";
import {
  cleanUpRefusal,
  parseCleanup,
  parseClusterName,
  parseKeyspaces,
  parseRepair,
  parseStatus,
  parseStreams,
  parseVersion,
  RingMember,
  Streams,
} from "./nodetool";
import { JobError, runJob } from "./podJob";
import { placeOf, podAt } from "./racks";
import { Entries, hasLeft, hostIdIn, isUnformed, owing } from "./record";
import { Member, RingView } from "./scalePlan";
import { hasMembers, SeenPod, Survey } from "./wholeRing";

export interface RingReference {
  /** Name of the ring. */
  name: string;
  /** Names of its StatefulSets, whose pods are the members. */
  sets: string[];
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Name of the sets' claim template. */
  claim: string;
  /** Whether some of its pods may be of the tutorials' template, and write no record of their own. @default false */
  isAdopted?: boolean;
  /** Minutes without progress after which a step is given up; it goes on by itself. @default 15 */
  stallTimeoutMinutes?: number;
}

/** What a ring says of itself. */
export interface RingIdentity {
  clusterName: string;
  members: RingMember[];
  /** Of the members that serve. */
  versions: { major: number; minor: number }[];
}

export const defaultStallTimeoutMinutes = 15;

/** What is asked of a ring of StatefulSets, and done to it, through its pods: nodetool, and the ring record. */
export class RingClient {
  private connection?: Promise<Cluster>;

  /** @param choice the cluster that it is in; undefined for that of the default provider */
  constructor(
    private readonly choice: ClusterChoice | undefined,
    private readonly ring: RingReference,
  ) {}

  private cluster(): Promise<Cluster> {
    return (this.connection ??= Cluster.connect(this.choice));
  }

  /** Pods that a live set asks for; undefined when there is no such set. */
  async replicasOf(set: string): Promise<number | undefined> {
    const { namespace } = this.ring;
    const { apps } = await this.cluster();
    const found = await apps.readNamespacedStatefulSet({ name: set, namespace }).catch(nothingWhenNotFound);
    return found?.spec?.replicas;
  }

  /** Pods that the live sets ask for; undefined when there is none of them. */
  async replicas(): Promise<number | undefined> {
    const counts = await Promise.all(this.ring.sets.map((set) => this.replicasOf(set)));
    const live = counts.filter((count) => count !== undefined);
    return live.length === 0 ? undefined : live.reduce((sum, count) => sum + count, 0);
  }

  /** Claims of the sets, of pods that there are and of others. */
  async claims(): Promise<V1PersistentVolumeClaim[]> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    return items.filter(({ metadata }) => this.podOf(metadata!.name!) !== undefined);
  }

  /** Places of members whose claims exist, and that have not left the ring. */
  async keptMembers(): Promise<number[]> {
    const [claims, record] = await Promise.all([this.claims(), this.record()]);
    // A ring of which nothing has formed has no member: its pods have said that their disks are empty.
    const isEmpty = isUnformed(record) && Object.values(record).includes("empty");
    if (isEmpty && !this.ring.isAdopted) return [];
    const pods = claims.flatMap(({ metadata }) => this.podOf(metadata!.name!) ?? []);
    return pods.filter((pod) => !hasLeft(record[pod])).map((pod) => this.placeOf(pod));
  }

  /** Pod whose claim has that name; undefined for other claims. */
  private podOf(claim: string): string | undefined {
    const prefix = this.claimOf("");
    const pod = claim.startsWith(prefix) ? claim.slice(prefix.length) : "";
    return Number.isNaN(this.placeOf(pod)) ? undefined : pod;
  }

  private claimOf(pod: string): string {
    return `${this.ring.claim}-${pod}`;
  }

  private placeOf(pod: string): number {
    return placeOf(this.ring.sets, pod);
  }

  /** Pods before a place that are members, as the record has them. */
  async recorded(before: number): Promise<string[]> {
    return this.membersIn(await this.record()).filter((pod) => this.placeOf(pod) < before);
  }

  /** Pods that are members by a record, in order of their places. */
  private membersIn(record: Entries): string[] {
    return Object.entries(record)
      .filter(([pod, entry]) => !Number.isNaN(this.placeOf(pod)) && hostIdIn(entry))
      .map(([pod]) => pod)
      .sort((a, b) => this.placeOf(a) - this.placeOf(b));
  }

  /**
   * @param stay number of the first places that stay: as long as a member beyond them is in the ring, it is asked as well how rows
   *   are kept, and what each member's disk and work is. Each answer costs a JVM. @default none
   * @throws {Error} when no member answers
   */
  async look(stay = 0): Promise<RingView> {
    const [pods, written] = await Promise.all([this.pods(), this.record()]);
    const asked = this.serving(pods);
    const listed = parseStatus(await this.run(asked, "nodetool", "status"));
    const record = { ...written, ...(await this.unwritten(pods, listed, written)) };
    const recorded = this.membersIn(record);
    // Those on record have a pod to come, though there may be none now, as when somebody scaled the set by hand.
    const known = [...new Set([...pods.map(({ name }) => name), ...recorded])].map((name) => {
      const pod: Partial<PodView> = pods.find((one) => one.name === name) ?? {};
      const id = record[name]?.split(" ")[0];
      const member = listed.find(({ hostId }) => hostId === id) ?? listed.find((one) => one.address === pod.address);
      return { name, pod, member, isRecorded: recorded.includes(name) };
    });
    const isWhole = known.some((one) => this.placeOf(one.name) >= stay && (one.member || one.isRecorded));
    const [description, seen] = await Promise.all([
      isWhole ? this.run(asked, "nodetool", "describecluster") : "",
      Promise.all(known.map((one) => this.view(one, isWhole))),
    ]);
    const members = seen.flatMap((member) => member ?? []).sort((a, b) => a.place - b.place);
    return {
      owing: owing(record),
      namespace: this.ring.namespace,
      members,
      strangers: listed.filter((one) => !known.some(({ member }) => member === one)).map(({ address }) => address),
      unlisted: await this.stillRecorded(recorded.filter((name) => !members.some(({ pod }) => pod === name))),
      keyspaces: isWhole ? parseKeyspaces(description) : [],
      datacenter: listed[0].datacenter,
    };
  }

  /** Whether no member of its first ring was ever there: nothing is on record, and no pod serves. */
  async isUnformed(): Promise<boolean> {
    if (this.ring.isAdopted) return false;
    const [pods, record] = await Promise.all([this.pods(), this.readRecord()]);
    return record !== undefined && isUnformed(record) && !pods.some(({ ready }) => ready);
  }

  /**
   * What can be seen at little cost; where there is a member, one is asked who is in the ring, which costs a JVM.
   * @param replicas members that there are to be
   * @param isBrief whether nobody is asked while one of their pods does not serve @default false
   */
  async survey(replicas: number, isBrief = false): Promise<Survey> {
    const [asked, pods, written] = await Promise.all([this.replicas(), this.pods(), this.record()]);
    const asker = pods.find(({ ready, ending }) => ready && !ending);
    const expected = Array.from({ length: replicas }, (_, place) => podAt(this.ring.sets, place));
    const isReal = this.ring.isAdopted || hasMembers(written, pods);
    const doServe = expected.every((name) => pods.some((pod) => pod.name === name && pod.ready));
    const listed =
      asker && isReal && (doServe || !isBrief)
        ? parseStatus(await this.run(asker.name, "nodetool", "status"))
        : undefined;
    const record = { ...written, ...(listed ? await this.unwritten(pods, listed, written) : {}) };
    return { namespace: this.ring.namespace, asked, expected, pods, record, listed };
  }

  /** Has the container of a member that is about to leave end: Kubernetes starts it anew, and the member comes back as NORMAL. */
  async stay(pod: string): Promise<void> {
    await this.run(pod, "sh", "-c", endWhileLeaving).catch((error: Error) => {
      // The container may end before it has answered.
      if (refusalOf(error) === "forbidden") throw error;
    });
  }

  /**
   * Deletes the pod of a member that has left, so that the next one joins anew. One that does not empty the disk itself gives up
   * its volume, whose member no other starts as.
   * @returns false when it was another pod by then
   */
  async takeBack({ name, uid, keepsRecord }: SeenPod): Promise<boolean> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    if (!keepsRecord) {
      const claim = { name: this.claimOf(name), namespace };
      await core.deleteNamespacedPersistentVolumeClaim(claim).catch(nothingWhenNotFound);
    }
    try {
      await core.deleteNamespacedPod({ name, namespace, body: { preconditions: { uid } } });
      return true;
    } catch (error) {
      if (["absent", "conflict"].includes(refusalOf(error as Error))) return false;
      throw error;
    }
  }

  /** Puts on record what the ring itself tells. */
  async follow(entries: Entries): Promise<void> {
    const { name, namespace } = this.ring;
    const { objects } = await this.cluster();
    const metadata = { name: `${name}-ring`, namespace };
    await objects.patch({ apiVersion: "v1", kind: "ConfigMap", metadata, data: entries } as KubernetesObject);
  }

  /** What a pod has received of what it is to; undefined while it tells nothing. */
  async received(pod: string): Promise<Pick<Streams, "received" | "toReceive"> | undefined> {
    return this.run(pod, "nodetool", "netstats").then(parseStreams, () => undefined);
  }

  /** What its members are made of; undefined while none serves. */
  async identity(): Promise<RingIdentity | undefined> {
    const ready = (await this.pods()).filter((pod) => pod.ready);
    if (ready.length === 0) return undefined;
    const [{ name: asked }] = ready;
    const [status, description, versions] = await Promise.all([
      this.run(asked, "nodetool", "status"),
      this.run(asked, "nodetool", "describecluster"),
      Promise.all(ready.map(({ name }) => this.run(name, "nodetool", "version"))),
    ]);
    return {
      clusterName: parseClusterName(description),
      members: parseStatus(status),
      versions: versions.map(parseVersion),
    };
  }

  /** A pod that can tell of the ring. @throws when none serves */
  private serving(pods: PodView[]): string {
    const asked = pods.find(({ ready }) => ready);
    if (!asked)
      throw new Error(`ring ${this.ring.name}: none of its members serves, so that nobody can tell who they are`);
    return asked.name;
  }

  /**
   * What pods of the tutorials' template would put on record, did they keep one: who is a member, and who has left.
   * @returns entries that are missing or out of date
   */
  private async unwritten(
    pods: PodView[],
    listed: RingMember[],
    record: Record<string, string>,
  ): Promise<Record<string, string>> {
    if (!this.ring.isAdopted) return {};
    const entries: Record<string, string> = {};
    for (const { name, uid, address, running, keepsRecord } of pods) {
      if (keepsRecord || !running) continue;
      const member = listed.find((one) => one.address === address);
      if (member && member.state !== "joining") entries[name] = `${member.hostId} ${address}`;
      else if (!member && this.membersIn(record).includes(name)) {
        const { mode } = parseStreams(await this.run(name, "nodetool", "netstats"));
        if (mode === "DECOMMISSIONED") entries[name] = `left ${uid}`;
      }
    }
    return Object.fromEntries(Object.entries(entries).filter(([pod, entry]) => record[pod] !== entry));
  }

  /** Puts on record what pods of the tutorials' template do not write themselves; nothing where all pods do. */
  async note(): Promise<void> {
    if (!this.ring.isAdopted) return;
    const [pods, record, claims] = await Promise.all([this.pods(), this.record(), this.claims()]);
    const listed = parseStatus(await this.run(this.serving(pods), "nodetool", "status"));
    const entries = await this.unwritten(pods, listed, record);
    if (Object.keys(entries).length === 0) return;
    const { name, namespace } = this.ring;
    const { objects } = await this.cluster();
    // A strategic merge, which adds owners to those that are there.
    await objects.patch({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: `${name}-ring`,
        namespace,
        // The record goes with the last of the volumes.
        ownerReferences: claims.map(({ metadata }) => ({
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          name: metadata!.name!,
          uid: metadata!.uid!,
        })),
      },
      data: { formed: new Date().toISOString(), ...record, ...entries },
    } as KubernetesObject);
  }

  /** Those of some pods that are members on record now: one may have left the ring while the others told who is in it. */
  private async stillRecorded(pods: string[]): Promise<string[]> {
    if (pods.length === 0) return [];
    const now = this.membersIn(await this.record());
    return pods.filter((pod) => now.includes(pod));
  }

  private get stallTimeoutMinutes(): number {
    return this.ring.stallTimeoutMinutes ?? defaultStallTimeoutMinutes;
  }

  /**
   * Has a member move its rows to the others and leave the ring, or goes on watching it when it does so already.
   * @throws {Error} when it failed; the member is then a member still
   */
  async decommission(pod: string, tell: Tell): Promise<void> {
    const member = {
      pod,
      run: (...command: string[]) => this.run(pod, ...command),
      hasLeft: async () => hasLeft((await this.record())[pod]),
      note: () => this.note(),
    };
    await decommission(member, { tell, stallTimeoutMinutes: this.stallTimeoutMinutes });
  }

  /**
   * Has a member drop the rows that others have taken over. It rewrites all that is on the disk. While a member of the ring moves,
   * Cassandra refuses: then it is tried again.
   */
  async cleanUp(pod: string, tell?: (said: string) => Promise<void>): Promise<void> {
    const { stallTimeoutMinutes } = this;
    const job = { name: "cleanup", command: ["nodetool", "cleanup"], progress: ["nodetool", "compactionstats"] };
    for (const end = Date.now() + stallTimeoutMinutes * 60_000; ; await sleep(5000)) {
      const refusal = await runJob((...command) => this.run(pod, ...command), job, {
        stallTimeoutMinutes,
        tell: async (said) => tell?.(parseCleanup(said)),
      }).then(
        (said) => cleanUpRefusal(said, false),
        (error: Error) => {
          if (error instanceof JobError) return cleanUpRefusal(error.message, true);
          throw new Error(`${pod}: nodetool cleanup: ${error.message}; the next \`pulumi up\` looks again`);
        },
      );
      if (refusal === undefined) return;
      if (!refusal.mayPass || Date.now() > end) {
        throw new Error(
          `${pod} has not dropped the rows that others have taken over: ${refusal.why}. The next \`pulumi up\` tries again`,
        );
      }
      await tell?.(refusal.why);
    }
  }

  /** Deletes the claims of members that left the ring, from a place on, and with them their volumes. */
  async dropVolumes(from: number): Promise<void> {
    const { namespace } = this.ring;
    const left = Object.entries(await this.record()).filter(
      ([pod, entry]) => hasLeft(entry) && this.placeOf(pod) >= from,
    );
    for (const [pod] of left) {
      const claim = { name: this.claimOf(pod), namespace };
      const { core } = await this.cluster();
      await core.deleteNamespacedPersistentVolumeClaim(claim).catch(nothingWhenNotFound);
      // It stays for as long as its pod, which drains.
      while (await core.readNamespacedPersistentVolumeClaim(claim).catch(nothingWhenNotFound)) await sleep(1000);
      await this.release(`${namespace}-${claim.name}`);
    }
  }

  /** A static volume stays reserved for the claim that is gone, until it no longer names the very one. */
  private async release(name: string): Promise<void> {
    const { core } = await this.cluster();
    const volume = await core.readPersistentVolume({ name }).catch(nothingWhenNotFound);
    if (!volume?.spec?.claimRef?.uid) return;
    await core.patchPersistentVolume({ name, body: [{ op: "remove", path: "/spec/claimRef/uid" }] });
  }

  private async pods(): Promise<PodView[]> {
    const { namespace, selector } = this.ring;
    const pods = await (await this.cluster()).pods(namespace, selector);
    return pods.map((pod) => ({
      name: pod.metadata!.name!,
      uid: pod.metadata!.uid!,
      address: pod.status?.podIP,
      ...this.mountsOf(pod),
      ready: isReady(pod),
      running: pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false,
      place: this.placeOf(pod.metadata!.name!),
      ending: pod.metadata!.deletionTimestamp !== undefined,
      trouble: pod.status?.containerStatuses?.flatMap(({ state }) => state?.waiting?.reason ?? [])[0],
    }));
  }

  /** Where a pod has its volume, and whether it has the scripts that keep the record. */
  private mountsOf({ spec }: V1Pod): Pick<PodView, "keepsRecord" | "folder"> {
    const volume = spec!.containers[0].volumeMounts?.find(({ name }) => name === this.ring.claim);
    return { keepsRecord: isOwnTemplate(spec!), folder: volume?.mountPath };
  }

  /** Entries of the ring record; none when there is no record. */
  private async record(): Promise<Entries> {
    return (await this.readRecord()) ?? {};
  }

  /** Entries of the ring record; undefined when there is none. */
  private async readRecord(): Promise<Entries | undefined> {
    const { name, namespace } = this.ring;
    const { core } = await this.cluster();
    const map = await core.readNamespacedConfigMap({ name: `${name}-ring`, namespace }).catch(nothingWhenNotFound);
    return map && (map.data ?? {});
  }

  /**
   * A pod as a member; undefined when it is none, by what the ring lists and what goes on in it.
   * @param isWhole whether its disk and its work are asked for
   */
  private async view({ name, pod, member, isRecorded }: KnownPod, isWhole: boolean): Promise<Member | undefined> {
    const { running = false, keepsRecord = true, folder = "/" } = pod;
    const one = { pod: name, claim: this.claimOf(name), place: this.placeOf(name) };
    if (!member) {
      // At the very end of leaving, the ring no longer lists it, and the record has not heard of it yet.
      const isLeaving =
        running && keepsRecord && isRecorded && (await this.run(name, "sh", "-c", isDecommissioning)).trim() === "yes";
      return isLeaving ? { ...one, up: true, state: "leaving" } : undefined;
    }
    const { up, state, load } = member;
    // One that is down stands in the way as such; its container may end at any moment.
    const said = isWhole && running && up ? await this.run(name, "sh", "-c", diskAndWork, folder) : "";
    const free = /^(?:\S+ +){3}(\d+) +\d+% /m.exec(said)?.[1];
    return { ...one, up, state, load, free: free === undefined ? free : Number(free), repairs: parseRepair(said) };
  }

  private async run(pod: string, ...command: string[]): Promise<string> {
    const { namespace } = this.ring;
    return (await this.cluster()).exec({ namespace, pod }, command);
  }
}

interface PodView extends SeenPod {
  /** Where its volume is mounted. */
  folder?: string;
}

/** A pod that there is or that is on record, beside what the ring lists for it. */
interface KnownPod {
  name: string;
  pod: Partial<PodView>;
  member?: RingMember;
  isRecorded: boolean;
}

/** Whether pods are of this program's template, and have its scripts. */
export function isOwnTemplate({ containers }: V1PodSpec): boolean {
  return (containers[0].volumeMounts ?? []).some(({ mountPath }) => mountPath === scriptsFolder);
}

/** Its lock is held for as long as decommission.sh runs. */
const isDecommissioning = "flock -n /tmp/decommission.lock echo no || echo yes";
/** By its own word: the others take it for one that leaves until it has come back. */
const endWhileLeaving = `
case $(nodetool netstats 2>/dev/null | sed -n "s/^Mode: //p") in LEAVING|DECOMMISSION_FAILED) kill 1 ;; esac`;
/** Where Cassandra itself does not run, nodetool has no answer, and the ring says so as well. */
const diskAndWork = 'df -PB1 "$0"; nodetool tpstats || true';
