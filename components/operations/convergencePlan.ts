import { RingMember } from "../cassandra/nodetool";
import { entriesAfterRemoval, hostIdIn, membersAwaitingRepair, topologyChangeIn, hasLeftIn } from "../cassandra/record";
import { memberOf, ObservedPod, podAtForeignAddress, podNameOf, Survey, unknownMembersIn } from "./ringSurvey";

/** The next step towards the ring that the stack asks for. */
export type ConvergenceStep =
  | "converged"
  /** Cancels a decommission that the stack does not ask for: the container restarts, and the member is NORMAL again. */
  | { cancelDecommission: string }
  /** Makes a member that has left join again: exactly this pod is deleted, and the next pod joins. */
  | { rejoin: ObservedPod }
  /**
   * Deletes a pod by whose address the ring knows another member. The pod waits until that member is back at another address, since the
   * ring would forget that member otherwise. The next pod has another address, and the same disk.
   */
  | { replaceAtNewAddress: ObservedPod }
  /**
   * Sets the replicas of the controllers to the number of the stack. They differ after somebody scaled by hand, or after an update was
   * interrupted and its edit reverted. Surplus members are decommissioned first.
   */
  | { scale: number; from: number }
  /** Recreates the pod of a member that is to be decommissioned, such as after somebody scaled the StatefulSet down by hand. */
  | { recreatePod: string; scale: number }
  | Wait;

export interface Wait {
  waitFor: string;
  /** Pod that receives its share of the data meanwhile. */
  joins?: string;
  /** What a person can do if waiting does not help. */
  advice?: string;
  /** Whether waiting hardly helps. */
  isForPersons?: boolean;
  /** Whether waiting cannot help: the update ends at once. */
  isInVain?: boolean;
  /** Entries of the ring record as the ring itself has them. */
  updateRecord?: Record<string, string | null>;
}

/** Decides by the present state of the ring alone. */
export function nextConvergenceStep(seen: Survey): ConvergenceStep {
  return (
    leavingOrLeft(seen) ??
    missingPods(seen) ??
    decommissionInProgress(seen) ??
    podAtWrongAddress(seen) ??
    notServing(seen) ??
    surplusPods(seen) ??
    recordDiffersFromRing(seen) ??
    memberWithoutPod(seen) ??
    pendingWork(seen) ??
    "converged"
  );
}

const here = ({ pods, expected }: Survey) => pods.filter(({ name }) => expected.includes(name));

/** Missing pods: those that the stack asks for, and those of members whose data would be missing. */
function missingPods(seen: Survey): ConvergenceStep | undefined {
  const { asked, expected, missing = [], record, listed } = seen;
  if (asked === undefined) return undefined;
  if (asked < expected.length) return { scale: expected.length, from: asked };
  const unknownMembers = unknownMembersIn(seen);
  // The ring record does not list a member that joined a moment ago.
  const isListed = (name: string) => (member: RingMember) =>
    hostIdIn(record[name]) === member.hostId ||
    ((topologyChangeIn(record)?.pod === name || record[name] === undefined) && unknownMembers.includes(member));
  // Kubernetes recreates a pod that its StatefulSet asks for.
  const gone = missing.filter(({ name, ringOrdinal }) => ringOrdinal >= asked && listed?.some(isListed(name)));
  const [last] = gone.sort((a, b) => b.ringOrdinal - a.ringOrdinal);
  return last && { recreatePod: last.name, scale: last.ringOrdinal + 1 };
}

/**
 * A surplus member that is being decommissioned. Pods that join may be waiting for the end of that. Which pods without ordinal leave is for
 * their controller to choose, which takes those first that do not run and stream nothing: all must serve before that one is scaled.
 */
function decommissionInProgress(seen: Survey): ConvergenceStep | undefined {
  const { asked, expected, pods, record, listed = [], lostMember } = seen;
  if (asked === undefined || asked <= expected.length || lostMember) return undefined;
  const leaves = pods.some(({ name, address }) => {
    const member = memberOf(listed, record[name], address);
    return !expected.includes(name) && member?.up && member.state === "leaving";
  });
  return leaves ? { scale: expected.length, from: asked } : undefined;
}

/** Pods that the stack does not ask for. Members among them must serve, to stream their data to the others first. */
function surplusPods(seen: Survey): ConvergenceStep | undefined {
  const { asked, expected, pods, record } = seen;
  const more = pods.filter(({ name }) => !expected.includes(name));
  const silent = more.find(({ name, ready, ending }) => hostIdIn(record[name]) && !ready && !ending);
  if (asked !== undefined && asked > expected.length) {
    if (silent)
      return {
        waitFor: `${silent.name} to serve, since its data must be streamed to the others first`,
        advice: logsOf(seen, silent),
      };
    return { scale: expected.length, from: asked };
  }
  if (more.length === 0) return undefined;
  // While a member without a pod is down, no other member can be decommissioned.
  return memberWithoutPod({ ...seen, expected: pods.map(({ name }) => name) }) ?? { waitFor: `${more[0].name} to end` };
}

const logsOf = ({ namespace }: Survey, one: Pick<ObservedPod, "name" | "pod">) =>
  `\`kubectl logs -n ${namespace} ${podNameOf(one)}\` may tell why`;

/** Members that have left or are leaving, though the stack asks for them. */
function leavingOrLeft(seen: Survey): ConvergenceStep | undefined {
  const { record, listed } = seen;
  const pods = here(seen).filter(({ ending }) => !ending);
  const left = pods.find(({ name, uid }) => hasLeftIn(record[name], uid));
  if (left) return { rejoin: left };
  const leaving = pods.find(({ name, running, address }) => {
    const member = listed && memberOf(listed, record[name], address);
    return running && member?.up && member.state === "leaving";
  });
  return leaving && { cancelDecommission: leaving.name };
}

function podAtWrongAddress(seen: Survey): ConvergenceStep | undefined {
  const replaceAtNewAddress = podAtForeignAddress(seen, here(seen));
  return replaceAtNewAddress && { replaceAtNewAddress };
}

function notServing(seen: Survey): ConvergenceStep | undefined {
  const { expected, pods, record } = seen;
  const stuck = here(seen).find(({ ready, lastingCause }) => !ready && lastingCause !== undefined);
  if (stuck) return { waitFor: `${stuck.name} to run`, advice: stuck.lastingCause, isInVain: true };
  for (const name of expected) {
    const pod = pods.find((one) => one.name === name);
    if (!pod) return { waitFor: `pod ${name} to be created` };
    if (pod.ending) return { waitFor: `${name} to end, and the next pod to start` };
    if (pod.ready) continue;
    const why = pod.trouble ? ` (${pod.trouble})` : "";
    const advice = logsOf(seen, pod);
    if (hostIdIn(record[name])) return { waitFor: `${name} to serve again${why}`, advice };
    return { waitFor: `${name} to join the ring and serve${why}`, joins: name, advice };
  }
  return undefined;
}

/** What to do about a pod that serves, though the other members have removed it from the ring. */
function adviceForUnlistedPod({ namespace, lostMember }: Survey, pod: ObservedPod): string {
  if (lostMember === "removedByRing") {
    return (
      `if somebody removed it by hand, its data is deleted with its pod: before you delete the pod, run \`kubectl exec -n ${namespace} ` +
      `${podNameOf(pod)} -- nodetool snapshot\`, and copy the data that other members lack`
    );
  }
  return (
    `if somebody removed it by hand, run \`kubectl delete -n ${namespace} pod ${podNameOf(pod)}\`: the log of the next pod says what to do ` +
    "with the data"
  );
}

/** Members that the ring and the ring record list differently, or that are not NORMAL. */
function recordDiffersFromRing(seen: Survey): ConvergenceStep | undefined {
  const { record, listed, expected } = seen;
  const pods = here(seen);
  if (!listed) {
    // Pods that are simulated write no record.
    const known = !seen.isBlind && pods.find(({ name }) => record[name] !== undefined);
    if (!known) return undefined;
    return { waitFor: "a member to serve and to list the ring" };
  }
  for (const pod of pods) {
    const { name, address } = pod;
    const member = memberOf(listed, record[name], address);
    if (!member)
      return { waitFor: `the ring to list ${name}`, advice: adviceForUnlistedPod(seen, pod), isForPersons: true };
    const { hostId, state, up } = member;
    if (!up || state !== "normal") return { waitFor: `${name}, which is ${up ? state : "down"}, to be NORMAL` };
    if (hostIdIn(record[name]) !== hostId) {
      return { waitFor: `the ring record to list ${name}`, updateRecord: { [name]: `${hostId} ${address}` } };
    }
  }
  // Somebody removed a surplus member by hand, and no pod will come that changes its entry.
  const gone = seen.missing?.find(
    ({ name }) => hostIdIn(record[name]) && !expected.includes(name) && !memberOf(listed, record[name]),
  );
  if (!gone) return undefined;
  const repairing = pods.filter(({ keepsRecord }) => keepsRecord).map(({ name }) => name);
  const updateRecord = entriesAfterRemoval([gone.name], repairing);
  return { waitFor: `the ring record to forget ${gone.name}, which the ring does not list`, updateRecord };
}

/** Members without a pod. */
function memberWithoutPod(seen: Survey): ConvergenceStep | undefined {
  const { record, listed = [], expected, namespace, lostMember } = seen;
  const known = here(seen).map(({ name, address }) => memberOf(listed, record[name], address));
  const other = listed.find((member) => !known.includes(member));
  if (!other) return undefined;
  const { hostId, address, up, state } = other;
  // A pod that ended during its bootstrap is no member.
  if (state === "joining")
    return { waitFor: `the ring to forget the node at ${address}, which began to join and is gone` };
  const pod = Object.keys(record).find((name) => hostIdIn(record[name]) === hostId && !expected.includes(name));
  if (pod && lostMember === "removedByRing")
    return { waitFor: `the member of ${pod} to be removed from the ring: its disk is gone` };
  if (pod && lostMember) {
    return {
      waitFor: `the member of node ${pod} to come back, or to be removed from the ring`,
      advice:
        `if the node is gone for good, \`/ring/remove-node.sh ${pod}\` in any of the ring's pods removes its member ` +
        `(\`/ring/forget.sh ${pod}\` in pods that an earlier version made)`,
      isForPersons: true,
    };
  }
  // The missing pod was recreated a moment ago.
  if (pod)
    return {
      waitFor: `${pod} to serve, since its data must be streamed to the others first`,
      advice: logsOf(seen, { name: pod }),
    };
  const asker = podNameOf(here(seen)[0] ?? { name: expected[0] });
  const folder = "if its node has lost the label, set the label again, since the folder of the node holds the data; ";
  const advice =
    `${lostMember === "removedByHand" ? folder : ""}if the member is gone for good, \`kubectl exec -n ${namespace} ${asker} -- ` +
    `nodetool removenode ${hostId}\` removes it from the ring`;
  const waitFor = `the member at ${address} (host ID ${hostId}, ${up ? "up" : "down"}), which has no pod, to leave the ring`;
  return { waitFor, advice, isForPersons: true };
}

/** What a complete ring still has to do. */
function pendingWork(seen: Survey): ConvergenceStep | undefined {
  const { record, expected, listed } = seen;
  if (!listed) return undefined;
  const owed = membersAwaitingRepair(record).find((name) => expected.includes(name));
  if (owed) {
    return {
      waitFor: `the repair of ${owed} to end: until then it may lack data that other replicas have`,
      advice: "the repair goes on by itself",
    };
  }
  const topologyChange = topologyChangeIn(record);
  if (!topologyChange) return undefined;
  const waitFor = `${topologyChange.pod} to release the topology lock (${topologyChange.what})`;
  // A pod that is gone for good, such as after a reverted edit, does not release the lock.
  const advice = `${logsOf(seen, { name: topologyChange.pod })}; a pod whose container restarts releases the lock`;
  return expected.includes(topologyChange.pod) ? { waitFor, advice } : { waitFor, updateRecord: { moving: null } };
}
