import {
  parseClusterName,
  parseKeyspaces,
  parseRepair,
  parseStatus,
  parseStreams,
  parseVersion,
  RingMember,
  Streams,
} from "./nodetool";
import { podAt } from "../objects/racks";
import { RecordEntries, hasLeft, hostIdIn, isUnformed, topologyChangeIn, membersAwaitingRepair } from "./record";
import { PodView } from "./ringPods";
import { parseDiskSpace } from "./diskSpace";
import { RingQueries } from "./ringQueries";
import type { Member, RingView } from "../operations/ringView";
import { hasMembers, unknownMembersIn, Survey } from "../operations/ringSurvey";

/** What the members say of their ring. */
export interface RingIdentity {
  clusterName: string;
  members: RingMember[];
  /** Of the members that serve. */
  versions: { major: number; minor: number }[];
}

/** When a member is asked who is in the ring. That costs a JVM, and needs the permission to run commands in pods. */
export type AskPolicy = "always" | "when all serve" | "never";

/** Views of a ring of StatefulSets, from nodetool and the ring record. */
export class RingViews extends RingQueries {
  /** Ordinals of members whose PersistentVolumeClaims exist, and that have not left the ring. */
  async keptMembers(): Promise<number[]> {
    const [claims, record] = await Promise.all([this.claims(), this.record()]);
    // A ring that has not begun to form has no member: its pods have recorded that their disks are empty.
    const isEmpty = isUnformed(record) && Object.values(record).includes("empty");
    if (isEmpty && !this.ring.isAdopted) return [];
    const pods = claims.flatMap(({ metadata }) => this.podOf(metadata!.name!) ?? []);
    return pods.filter((pod) => !hasLeft(record[pod])).map((pod) => this.ringOrdinalOf(pod));
  }

  /** Pods before an ordinal that the ring record lists as members. */
  async recordedMembers(before: number): Promise<string[]> {
    return this.membersIn(await this.recordToRelyOn()).filter((pod) => this.ringOrdinalOf(pod) < before);
  }

  /**
   * The ring, for a decommission.
   * @param stay number of members to keep: while another member is in the ring, the view includes the keyspaces, and each member's disk
   *   and repairs. Each of these answers costs a JVM. @default none
   * @throws {Error} if no member answers
   */
  async inspect(stay = 0): Promise<RingView> {
    const pods = await this.pods();
    const asked = this.serving(pods);
    const written = await this.recordToRelyOn();
    const listed = await this.listedBy(asked, written);
    const record = { ...written, ...(await this.unwritten(pods, listed, written)) };
    const recorded = this.membersIn(record);
    // Members in the ring record may have no pod now, such as after somebody scaled the StatefulSet by hand.
    const known = [...new Set([...pods.map(({ name }) => name), ...recorded])].map((name) => {
      const pod: Partial<PodView> = pods.find((one) => one.name === name) ?? {};
      const id = hostIdIn(record[name]);
      const member = listed.find(({ hostId }) => hostId === id) ?? listed.find((one) => one.address === pod.address);
      return { name, pod, member, isRecorded: recorded.includes(name) };
    });
    const isWhole = known.some((one) => this.ringOrdinalOf(one.name) >= stay && (one.member || one.isRecorded));
    const [description, seen] = await Promise.all([
      isWhole ? this.runInAny(asked, "nodetool", "describecluster") : "",
      Promise.all(known.map((one) => this.view(one, isWhole))),
    ]);
    const members = seen.flatMap((member) => member ?? []).sort((a, b) => a.ringOrdinal - b.ringOrdinal);
    const unknown = listed.filter((one) => !known.some(({ member }) => member === one));
    const [failedJoins, unknownMembers] = [true, false].map((joins) =>
      unknown.filter(({ state }) => (state === "joining") === joins).map(({ address }) => address),
    );
    const starting = known
      .filter(({ name, pod, member }) => pod.name && !member && !hasLeft(record[name]))
      .map(({ name }) => name);
    const missing = [
      ...this.without(pods, record).filter((name) => recorded.includes(name) || unknownMembers.length > 0),
      ...(unknownMembersIn({ listed, record, pods }).length > 0 ? await this.unrecorded(pods, record) : []),
    ];
    return {
      membersAwaitingRepair: membersAwaitingRepair(record),
      // The others take the topology lock from a pod that is gone.
      topologyChange: pods.some(({ name }) => name === topologyChangeIn(record)?.pod)
        ? topologyChangeIn(record)
        : undefined,
      namespace: this.ring.namespace,
      members,
      unknownMembers,
      failedJoins,
      starting,
      unlisted: (await this.stillRecorded(recorded.filter((name) => !members.some(({ pod }) => pod === name)))).map(
        (name) => {
          const ready = pods.find((one) => one.name === name)?.ready ?? false;
          return { pod: name, ringOrdinal: this.ringOrdinalOf(name), ready };
        },
      ),
      missing: missing.map((name) => ({ pod: name, ringOrdinal: this.ringOrdinalOf(name) })),
      keyspaces: isWhole ? parseKeyspaces(description) : [],
      datacenter: listed[0].datacenter,
    };
  }

  /** Whether the ring never had a member: the ring record lists none, and no pod serves. */
  async isUnformed(): Promise<boolean> {
    if (this.ring.isAdopted) return false;
    const [pods, record] = await Promise.all([this.pods(), this.readRecord()]);
    return record !== undefined && isUnformed(record) && !pods.some(({ ready }) => ready);
  }

  /**
   * The ring, at little cost. A member is asked who is in the ring, which costs a JVM.
   * @param replicas members that the stack asks for @default as many as a DaemonSet asks for
   * @param asks whether a member is asked: `always`, if possible; `when all serve`; or `never`
   */
  async survey(replicas?: number, asks: AskPolicy = "always"): Promise<Survey> {
    const [counts, pods, read] = await Promise.all([this.counts(), this.pods(), this.readRecord()]);
    const record = await this.recordOf(pods, read);
    const asked = this.askedOf(counts, replicas);
    const isUneven = new Set(counts.map(({ count }) => count)).size > 1;
    const expected = Array.from({ length: replicas ?? 0 }, (_, ringOrdinal) => podAt(this.ring.sets, ringOrdinal));
    const missing = this.without(pods, record).map((name) => ({ name, ringOrdinal: this.ringOrdinalOf(name) }));
    const { namespace } = this.ring;
    const absent = this.ring.sets.filter((set) => !counts.some(({ name }) => name === set));
    const seen = await this.ask(
      {
        namespace,
        asked,
        isUneven,
        expected,
        pods,
        record,
        missing,
        absent: absent.map((set) => `StatefulSet ${set}`),
      },
      asks,
    );
    if (unknownMembersIn(seen).length === 0) return seen;
    const unrecorded = await this.unrecorded(pods, record);
    return {
      ...seen,
      missing: [...missing, ...unrecorded.map((name) => ({ name, ringOrdinal: this.ringOrdinalOf(name) }))],
    };
  }

  /**
   * Pods that have a volume, but do not exist and are not in the ring record. A member that joined and ended before the ring record listed
   * it has its data on such a volume.
   */
  private async unrecorded(pods: PodView[], record: RecordEntries): Promise<string[]> {
    if (this.ring.isAdopted) return [];
    const names = (await this.claims()).flatMap(({ metadata }) => this.podOf(metadata!.name!) ?? []);
    const without = this.without(pods, record);
    return names.filter(
      (name) => record[name] === undefined && !without.includes(name) && !pods.some((pod) => pod.name === name),
    );
  }

  /** Members of the ring record without a pod, and the holder of the topology lock, which may have joined without being recorded. */
  private without(pods: PodView[], record: RecordEntries): string[] {
    const holder = topologyChangeIn(record)?.pod;
    const known = [
      ...this.membersIn(record),
      ...(holder !== undefined && !Number.isNaN(this.ringOrdinalOf(holder)) ? [holder] : []),
    ];
    return [...new Set(known)].filter((member) => !pods.some(({ name }) => name === member));
  }

  /** Adds what a member says to what Kubernetes says, if there is a member and it is to be asked. */
  protected async ask(seen: Survey, asks: AskPolicy): Promise<Survey> {
    const { expected, pods, record } = seen;
    const askers = pods.filter(({ ready, ending }) => ready && !ending);
    const isReal = this.ring.isAdopted || hasMembers(record, pods);
    const doServe = expected.every((name) => pods.some((pod) => pod.name === name && pod.ready));
    const isAsked = asks === "always" || (asks === "when all serve" && doServe);
    const isBlind = asks === "never";
    if (askers.length === 0 || !isReal || !isAsked) return { ...seen, isBlind };
    const listed = await this.listedBy(askers, record);
    return { ...seen, record: { ...record, ...(await this.unwritten(pods, listed, record)) }, listed, isBlind };
  }

  /** How much data a pod has received, and is to receive; undefined while the pod does not answer. */
  async received(pod: string): Promise<Pick<Streams, "received" | "toReceive"> | undefined> {
    return this.run(pod, "nodetool", "netstats").then(parseStreams, () => undefined);
  }

  /** Names, members and versions of the ring; undefined while no member serves. */
  async identity(): Promise<RingIdentity | undefined> {
    const ready = (await this.pods()).filter((pod) => pod.ready);
    if (ready.length === 0) return undefined;
    const [status, description, versions] = await Promise.all([
      this.runInAny(ready, "nodetool", "status"),
      this.runInAny(ready, "nodetool", "describecluster"),
      Promise.all(ready.map(({ name }) => this.run(name, "nodetool", "version"))),
    ]);
    return {
      clusterName: parseClusterName(description),
      members: parseStatus(status),
      versions: versions.map(parseVersion),
    };
  }

  /** The pods that the ring record still lists as members: one may have left the ring while the others were asked. */
  private async stillRecorded(pods: string[]): Promise<string[]> {
    if (pods.length === 0) return [];
    const now = this.membersIn(await this.record());
    return pods.filter((pod) => now.includes(pod));
  }

  /**
   * A pod as a member; undefined if the ring does not list it, and it does not decommission.
   * @param isWhole whether its disk and its repairs are read
   */
  private async view({ name, pod, member, isRecorded }: KnownPod, isWhole: boolean): Promise<Member | undefined> {
    const { running = false, keepsRecord = true, folder = "/" } = pod;
    const one = { pod: name, claim: this.claimOf(name), ringOrdinal: this.ringOrdinalOf(name) };
    if (!member) {
      // At the end of a decommission, the ring no longer lists the member, and the ring record still does.
      const isLeaving =
        running && keepsRecord && isRecorded && (await this.run(name, "sh", "-c", isDecommissioning)).trim() === "yes";
      return isLeaving ? { ...one, up: true, state: "leaving" } : undefined;
    }
    const { up, state, load } = member;
    // A member that is down prevents a decommission anyway. Its container may end at any moment.
    const said = isWhole && running && up ? await this.run(name, "sh", "-c", diskAndWork, folder) : "";
    const { ready = true, ending = true, trouble = "", lastingCause } = pod;
    const returns = !up && !ready && !ending && !lastingCause && (running || startsLater.includes(trouble));
    const known = { up, state, load, repairs: parseRepair(said), returns, repairsItself: keepsRecord };
    return { ...one, ...known, free: parseDiskSpace(said)?.free };
  }
}

/** Kubernetes' reasons of containers that do not run yet. */
const startsLater = ["CrashLoopBackOff", "ContainerCreating", "PodInitializing"];

/** A pod that exists or is in the ring record, and its member, if the ring lists one. */
interface KnownPod {
  name: string;
  pod: Partial<PodView>;
  member?: RingMember;
  isRecorded: boolean;
}

/** decommission.sh holds the lock for as long as it runs. */
const isDecommissioning = "flock -n /tmp/decommission.lock echo no || echo yes";
/** Without Cassandra, nodetool fails. The ring then lists the member as down. */
const diskAndWork = 'df -PB1 "$0"; nodetool tpstats || true';
