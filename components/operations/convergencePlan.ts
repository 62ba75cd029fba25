import { RingMember } from "../cassandra/nodetool";
import { hostIdIn, membersAwaitingRepair, topologyChangeIn } from "../cassandra/record";
import { memberOf, ObservedPod, podAtForeignAddress, Survey, unknownMembersIn } from "./ringSurvey";

/** What comes next on the way to a ring that is what the stack says. */
export type ConvergenceStep =
  | "converged"
  /** A decommission that nobody wants any more is undone: the member comes back as NORMAL when its container is started anew. */
  | { cancelDecommission: string }
  /** A member that has left is taken back: its very pod is deleted, and the one that follows it joins anew. */
  | { rejoin: ObservedPod }
  /**
   * A member whose pod has an address by which the ring knows another one waits for that one to be back elsewhere, since the ring would
   * forget it: the very pod is deleted, and the one that follows it has another address, and the disk.
   */
  | { replaceAtNewAddress: ObservedPod }
  /**
   * The sets ask for another number of pods, as when somebody has scaled them by hand, or an update was cut off and the edit taken
   * back: they get the one of the stack, and members that are too many leave first.
   */
  | { scale: number; from: number }
  /** A member whose pod is gone without its rows having moved, as where a set was made smaller by hand: it comes back, and leaves then. */
  | { recreatePod: string; scale: number }
  | Wait;

export interface Wait {
  waitFor: string;
  /** Pod that receives its share of the rows meanwhile. */
  joins?: string;
  /** What a person can do where it does not come about by itself. */
  advice?: string;
  /** Whether it hardly comes about by itself. */
  isForPersons?: boolean;
  /** What the ring itself has in place of what is on record. */
  updateRecord?: Record<string, string | null>;
}

/** Decides on what the ring is now, and on nothing remembered. */
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

/** Pods that are to be there: those that the stack asks for, and those of members whose rows would be missing otherwise. */
function missingPods(seen: Survey): ConvergenceStep | undefined {
  const { asked, expected, missing = [], record, listed } = seen;
  if (asked === undefined) return undefined;
  if (asked < expected.length) return { scale: expected.length, from: asked };
  const unknownMembers = unknownMembersIn(seen);
  // One that has just joined is not on record yet.
  const isListed = (name: string) => (member: RingMember) =>
    hostIdIn(record[name]) === member.hostId ||
    ((topologyChangeIn(record)?.pod === name || record[name] === undefined) && unknownMembers.includes(member));
  // A pod that its set asks for is made again without further ado.
  const gone = missing.filter(({ name, ringOrdinal }) => ringOrdinal >= asked && listed?.some(isListed(name)));
  const [last] = gone.sort((a, b) => b.ringOrdinal - a.ringOrdinal);
  return last && { recreatePod: last.name, scale: last.ringOrdinal + 1 };
}

/** One of too many that is on its way out, for which others that join may be waiting. */
function decommissionInProgress({ asked, expected, pods, record, listed = [] }: Survey): ConvergenceStep | undefined {
  if (asked === undefined || asked <= expected.length) return undefined;
  const leaves = pods.some(({ name, address }) => {
    const member = memberOf(listed, record[name], address);
    return !expected.includes(name) && member?.up && member.state === "leaving";
  });
  return leaves ? { scale: expected.length, from: asked } : undefined;
}

/** Pods that the stack does not ask for. Those that are members hand their rows over first, for which they are to serve. */
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
  // A member that is down, and that no pod stands for, keeps all others from handing their rows over.
  return memberWithoutPod({ ...seen, expected: pods.map(({ name }) => name) }) ?? { waitFor: `${more[0].name} to end` };
}

const podOf = ({ pod, name }: Pick<ObservedPod, "name" | "pod">) => pod ?? name;
const logsOf = ({ namespace }: Survey, one: Pick<ObservedPod, "name" | "pod">) =>
  `\`kubectl logs -n ${namespace} ${podOf(one)}\` may tell why`;

/** Members that have left, or are about to, though their pods are to be members. */
function leavingOrLeft(seen: Survey): ConvergenceStep | undefined {
  const { record, listed } = seen;
  const pods = here(seen).filter(({ ending }) => !ending);
  const left = pods.find(({ name, uid }) => record[name] === `left ${uid}`);
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
  for (const name of expected) {
    const pod = pods.find((one) => one.name === name);
    if (!pod) return { waitFor: `pod ${name} to be made` };
    if (pod.ending) return { waitFor: `${name} to end, and another pod to follow it` };
    if (pod.ready) continue;
    const why = pod.trouble ? ` (${pod.trouble})` : "";
    const advice = logsOf(seen, pod);
    if (hostIdIn(record[name])) return { waitFor: `${name} to serve again${why}`, advice };
    return { waitFor: `${name} to join the ring and serve${why}`, joins: name, advice };
  }
  return undefined;
}

/** What to do about a pod that serves, and that others have removed from the ring. */
function adviceForUnlistedPod({ namespace, lostMember }: Survey, pod: ObservedPod): string {
  if (lostMember === "removedByRing") {
    return (
      `if somebody has removed it by hand, its rows go with its pod: before you delete that, \`kubectl exec -n ${namespace} ${podOf(pod)} ` +
      "-- nodetool snapshot`, and copy what others lack out of it"
    );
  }
  return (
    `if somebody has removed it by hand, \`kubectl delete -n ${namespace} pod ${podOf(pod)}\` has it tell in its log what can be done ` +
    "with its rows"
  );
}

/** Members that the ring has otherwise than the record, or not as whole ones. */
function recordDiffersFromRing(seen: Survey): ConvergenceStep | undefined {
  const { record, listed } = seen;
  const pods = here(seen);
  if (!listed) {
    // Pods that are simulated write no record.
    const known = !seen.isBlind && pods.find(({ name }) => record[name] !== undefined);
    if (!known) return undefined;
    return { waitFor: "a member that serves, to tell who is in the ring" };
  }
  for (const pod of pods) {
    const { name, address } = pod;
    const member = memberOf(listed, record[name], address);
    if (!member)
      return { waitFor: `the ring to list ${name}`, advice: adviceForUnlistedPod(seen, pod), isForPersons: true };
    const { hostId, state, up } = member;
    if (!up || state !== "normal") return { waitFor: `${name}, which is ${up ? state : "down"}, to be NORMAL` };
    if (hostIdIn(record[name]) !== hostId) {
      return { waitFor: `${name} to be on record`, updateRecord: { [name]: `${hostId} ${address}` } };
    }
  }
  return undefined;
}

/** Members that no pod stands for. */
function memberWithoutPod(seen: Survey): ConvergenceStep | undefined {
  const { record, listed = [], expected, namespace, lostMember } = seen;
  const known = here(seen).map(({ name, address }) => memberOf(listed, record[name], address));
  const other = listed.find((member) => !known.includes(member));
  if (!other) return undefined;
  const { hostId, address, up, state } = other;
  // Whose pod ended in the middle: no member yet.
  if (state === "joining")
    return { waitFor: `the ring to forget the node at ${address}, which began to join and is gone` };
  const pod = Object.keys(record).find((name) => hostIdIn(record[name]) === hostId && !expected.includes(name));
  if (pod && lostMember === "removedByRing")
    return { waitFor: `the member of ${pod} to be removed from the ring: its disk is gone` };
  if (pod && lostMember) {
    return {
      waitFor: `the member of node ${pod} to come back, or to be removed from the ring`,
      advice: `if the node is gone for good, \`/ring/remove-node.sh ${pod}\` in any of the ring's pods removes it (\`/ring/forget.sh ${pod}\` in pods that an earlier version made)`,
      isForPersons: true,
    };
  }
  // Its pod, which had been missing, has just been made.
  if (pod)
    return {
      waitFor: `${pod} to serve, since its data must be streamed to the others first`,
      advice: logsOf(seen, { name: pod }),
    };
  const asker = podOf(here(seen)[0] ?? { name: expected[0] });
  const folder = "if its node has lost its label, give that back, since its folder has its rows; ";
  const advice = `${lostMember === "removedByHand" ? folder : ""}if it is gone for good, \`kubectl exec -n ${namespace} ${asker} -- nodetool removenode ${hostId}\` removes it from the ring`;
  const waitFor = `the member at ${address} (host ID ${hostId}, ${up ? "up" : "down"}), which has no pod, to be gone`;
  return { waitFor, advice, isForPersons: true };
}

/** What a ring that looks whole still owes. */
function pendingWork({ record, expected, listed }: Survey): ConvergenceStep | undefined {
  if (!listed) return undefined;
  const owed = membersAwaitingRepair(record).find((name) => expected.includes(name));
  if (owed) {
    return {
      waitFor: `the repair of ${owed} to end: until then it may lack data that other replicas have`,
      advice: "it goes on by itself",
    };
  }
  const topologyChange = topologyChangeIn(record);
  if (!topologyChange) return undefined;
  const waitFor = `${topologyChange.pod} to release the topology lock (${topologyChange.what})`;
  // A pod that is gone for good, as of an edit that was taken back, gives no turn back itself.
  return expected.includes(topologyChange.pod) ? { waitFor } : { waitFor, updateRecord: { moving: null } };
}

/** The mend in a sentence, for whoever reads the preview; empty where there is none. */
export function describeStep(step: ConvergenceStep, { expected }: Survey): string {
  if (step === "converged") return "";
  const replicas = `though replicas is ${expected.length}`;
  if ("cancelDecommission" in step)
    return `${step.cancelDecommission} is about to leave the ring, ${replicas}: \`pulumi up\` has it stay`;
  if ("recreatePod" in step)
    return `${step.recreatePod} is a member, ${replicas}, and has no pod: \`pulumi up\` recreates its pod, so that it can stream its data to the others`;
  if ("scale" in step) return `its controllers ask for ${step.from} pods, ${replicas}: \`pulumi up\` scales them`;
  if ("replaceAtNewAddress" in step)
    return `${podOf(step.replaceAtNewAddress)} has an address by which the ring knows another member, and waits: \`pulumi up\` has it made again`;
  if ("rejoin" in step) return `${step.rejoin.name} has left the ring, ${replicas}: \`pulumi up\` has it join anew`;
  if (step.updateRecord) return "";
  return `the ring is not complete: \`pulumi up\` waits for ${step.waitFor}${step.advice ? `; ${step.advice}` : ""}`;
}
