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
import { RecordEntries, hasLeft, isUnformed, topologyChangeIn, membersAwaitingRepair } from "./record";
import { PodView } from "./ringPods";
import { RingQueries } from "./ringQueries";
import { Member, RingView } from "../operations/decommissionPlan";
import { hasMembers, unknownMembersIn, Survey } from "../operations/ringSurvey";

/** What a ring says of itself. */
export interface RingIdentity {
  clusterName: string;
  members: RingMember[];
  /** Of the members that serve. */
  versions: { major: number; minor: number }[];
}

/** When a member is asked who is in the ring, which costs a JVM and the permission to run commands in pods. */
export type AskPolicy = "always" | "when all serve" | "never";

/** What a ring of StatefulSets says of itself, through its pods: nodetool, and the ring record. */
export class RingViews extends RingQueries {
  /** Places of members whose claims exist, and that have not left the ring. */
  async keptMembers(): Promise<number[]> {
    const [claims, record] = await Promise.all([this.claims(), this.record()]);
    // A ring of which nothing has formed has no member: its pods have said that their disks are empty.
    const isEmpty = isUnformed(record) && Object.values(record).includes("empty");
    if (isEmpty && !this.ring.isAdopted) return [];
    const pods = claims.flatMap(({ metadata }) => this.podOf(metadata!.name!) ?? []);
    return pods.filter((pod) => !hasLeft(record[pod])).map((pod) => this.ringOrdinalOf(pod));
  }

  /** Pods before a place that are members, as the record has them. */
  async recordedMembers(before: number): Promise<string[]> {
    return this.membersIn(await this.recordToRelyOn()).filter((pod) => this.ringOrdinalOf(pod) < before);
  }

  /**
   * @param stay number of the first places that stay: as long as a member beyond them is in the ring, it is asked as well how rows
   *   are kept, and what each member's disk and work is. Each answer costs a JVM. @default none
   * @throws {Error} when no member answers
   */
  async inspect(stay = 0): Promise<RingView> {
    const pods = await this.pods();
    const asked = this.serving(pods);
    const written = await this.recordToRelyOn();
    const listed = parseStatus(await this.runInAny(asked, "nodetool", "status"));
    const record = { ...written, ...(await this.unwritten(pods, listed, written)) };
    const recorded = this.membersIn(record);
    // Those on record have a pod to come, though there may be none now, as when somebody scaled the set by hand.
    const known = [...new Set([...pods.map(({ name }) => name), ...recorded])].map((name) => {
      const pod: Partial<PodView> = pods.find((one) => one.name === name) ?? {};
      const id = record[name]?.split(" ")[0];
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
      // A pod that is gone makes no use of its turn, and the others take it.
      topologyChange: pods.some(({ name }) => name === topologyChangeIn(record)?.pod)
        ? topologyChangeIn(record)
        : undefined,
      namespace: this.ring.namespace,
      members,
      unknownMembers,
      failedJoins,
      starting,
      unlisted: await this.stillRecorded(recorded.filter((name) => !members.some(({ pod }) => pod === name))),
      missing: missing.map((name) => ({ pod: name, ringOrdinal: this.ringOrdinalOf(name) })),
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
   * @param replicas members that there are to be @default as many as a DaemonSet asks for
   * @param asks whether a member is asked: `always`, where it can be; `when all serve`; or `never`
   */
  async survey(replicas?: number, asks: AskPolicy = "always"): Promise<Survey> {
    const [asked, pods, record] = await Promise.all([this.replicas(), this.pods(), this.record()]);
    const expected = Array.from({ length: replicas ?? 0 }, (_, ringOrdinal) => podAt(this.ring.sets, ringOrdinal));
    const missing = this.without(pods, record).map((name) => ({ name, ringOrdinal: this.ringOrdinalOf(name) }));
    const seen = await this.ask({ namespace: this.ring.namespace, asked, expected, pods, record, missing }, asks);
    if (unknownMembersIn(seen).length === 0) return seen;
    const unrecorded = await this.unrecorded(pods, record);
    return {
      ...seen,
      missing: [...missing, ...unrecorded.map((name) => ({ name, ringOrdinal: this.ringOrdinalOf(name) }))],
    };
  }

  /**
   * Pods that have a volume, and neither are there nor on record: whoever joined and ended at once, before that went on record, lies on one
   * of these.
   */
  private async unrecorded(pods: PodView[], record: RecordEntries): Promise<string[]> {
    if (this.ring.isAdopted) return [];
    const names = (await this.claims()).flatMap(({ metadata }) => this.podOf(metadata!.name!) ?? []);
    const without = this.without(pods, record);
    return names.filter(
      (name) => record[name] === undefined && !without.includes(name) && !pods.some((pod) => pod.name === name),
    );
  }

  /** Members on record that have no pod, and the one whose turn it is, which may have joined before that went on record. */
  private without(pods: PodView[], record: RecordEntries): string[] {
    const holder = topologyChangeIn(record)?.pod;
    const known = [
      ...this.membersIn(record),
      ...(holder !== undefined && !Number.isNaN(this.ringOrdinalOf(holder)) ? [holder] : []),
    ];
    return [...new Set(known)].filter((member) => !pods.some(({ name }) => name === member));
  }

  /** Adds to what Kubernetes tells what a member tells, where there is one and it is to be asked. */
  protected async ask(seen: Survey, asks: AskPolicy): Promise<Survey> {
    const { expected, pods, record } = seen;
    const askers = pods.filter(({ ready, ending }) => ready && !ending);
    const isReal = this.ring.isAdopted || hasMembers(record, pods);
    const doServe = expected.every((name) => pods.some((pod) => pod.name === name && pod.ready));
    const isAsked = asks === "always" || (asks === "when all serve" && doServe);
    const isBlind = asks === "never";
    if (askers.length === 0 || !isReal || !isAsked) return { ...seen, isBlind };
    const listed = parseStatus(await this.runInAny(askers, "nodetool", "status"));
    return { ...seen, record: { ...record, ...(await this.unwritten(pods, listed, record)) }, listed, isBlind };
  }

  /** What a pod has received of what it is to; undefined while it tells nothing. */
  async received(pod: string): Promise<Pick<Streams, "received" | "toReceive"> | undefined> {
    return this.run(pod, "nodetool", "netstats").then(parseStreams, () => undefined);
  }

  /** What its members are made of; undefined while none serves. */
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

  /** Those of some pods that are members on record now: one may have left the ring while the others told who is in it. */
  private async stillRecorded(pods: string[]): Promise<string[]> {
    if (pods.length === 0) return [];
    const now = this.membersIn(await this.record());
    return pods.filter((pod) => now.includes(pod));
  }

  /**
   * A pod as a member; undefined when it is none, by what the ring lists and what goes on in it.
   * @param isWhole whether its disk and its work are asked for
   */
  private async view({ name, pod, member, isRecorded }: KnownPod, isWhole: boolean): Promise<Member | undefined> {
    const { running = false, keepsRecord = true, folder = "/" } = pod;
    const one = { pod: name, claim: this.claimOf(name), ringOrdinal: this.ringOrdinalOf(name) };
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
    const { ready = true, ending = true, trouble = "" } = pod;
    const returns = !up && !ready && !ending && (running || startsLater.includes(trouble));
    const known = { up, state, load, repairs: parseRepair(said), returns };
    return { ...one, ...known, free: free === undefined ? free : Number(free) };
  }
}

/** Why a container does not run that will: in Kubernetes' words. */
const startsLater = ["CrashLoopBackOff", "ContainerCreating", "PodInitializing"];

/** A pod that there is or that is on record, beside what the ring lists for it. */
interface KnownPod {
  name: string;
  pod: Partial<PodView>;
  member?: RingMember;
  isRecorded: boolean;
}

/** Its lock is held for as long as decommission.sh runs. */
const isDecommissioning = "flock -n /tmp/decommission.lock echo no || echo yes";
/** Where Cassandra itself does not run, nodetool has no answer, and the ring says so as well. */
const diskAndWork = 'df -PB1 "$0"; nodetool tpstats || true';
