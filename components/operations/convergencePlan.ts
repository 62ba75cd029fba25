import { RingMember } from "../cassandra/nodetool";
import { addressIn, Entries, hasLeft, hostIdIn, moving, owing } from "../cassandra/record";

/** A pod of a ring's sets. */
export interface SeenPod {
  name: string;
  /** Its own name, where the one above is that of its node. @default the same */
  pod?: string;
  uid: string;
  /** Its place among the pods, counted over the sets in turn. */
  place: number;
  address?: string;
  /** Whether its container runs. */
  running: boolean;
  /** Whether it serves CQL. */
  ready: boolean;
  /** Whether it is being deleted. */
  ending: boolean;
  /** Why its container does not run, in Kubernetes' word: `ImagePullBackOff`. */
  trouble?: string;
  /** Whether it writes its part of the record itself, and empties the disk of a member that has left. */
  keepsRecord: boolean;
}

/** What can be seen of a ring at little cost. */
export interface Survey {
  namespace: string;
  /** Pods that the live sets ask for; undefined when there is none of them. */
  asked?: number;
  /** Names of the pods that there are to be, in order of their places. */
  expected: string[];
  pods: SeenPod[];
  record: Entries;
  /** Members that a serving one lists; undefined where none serves, or where pods are simulated and there is none to ask. */
  listed?: RingMember[];
  /** Whether nobody was asked, as by an account that may not run commands in pods. @default false */
  isBlind?: boolean;
  /**
   * Members on record, and the one whose turn it is, that have no pod, with their places; where the ring lists a member that nobody stands
   * for, also pods of which there is a volume alone. @default none
   */
  missing?: { name: string; place: number }[];
  /**
   * What comes of a member whose pod is gone, where pods have no ordinal: it is taken out of the ring by the others, or by hand, since
   * its folder is on a node still. @default a pod of its name comes back
   */
  dead?: "taken out" | "forgotten";
}

/** What comes next on the way to a ring that is what the stack says. */
export type Mend =
  | "whole"
  /** A decommission that nobody wants any more is undone: the member comes back as NORMAL when its container is started anew. */
  | { stay: string }
  /** A member that has left is taken back: its very pod is deleted, and the one that follows it joins anew. */
  | { takeBack: SeenPod }
  /**
   * A member whose pod has an address by which the ring knows another one waits for that one to be back elsewhere, since the ring would
   * forget it: the very pod is deleted, and the one that follows it has another address, and the disk.
   */
  | { readdress: SeenPod }
  /**
   * The sets ask for another number of pods, as when somebody has scaled them by hand, or an update was cut off and the edit taken
   * back: they get the one of the stack, and members that are too many leave first.
   */
  | { scale: number; from: number }
  /** A member whose pod is gone without its rows having moved, as where a set was made smaller by hand: it comes back, and leaves then. */
  | { handOver: string; scale: number }
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
  follow?: Record<string, string | null>;
}

/** Decides on what the ring is now, and on nothing remembered. */
export function nextMend(seen: Survey): Mend {
  return (
    notBack(seen) ??
    tooFew(seen) ??
    onItsWay(seen) ??
    misplaced(seen) ??
    notServing(seen) ??
    tooMany(seen) ??
    notListed(seen) ??
    ghost(seen) ??
    debt(seen) ??
    "whole"
  );
}

/**
 * Members that the record does not know; none while a pod starts that may be one of them under another address. One that joins is no member
 * yet.
 */
export function strangersIn({ listed = [], record, pods }: Survey): RingMember[] {
  const isUnknown = ({ hostId }: RingMember) => !Object.values(record).some((entry) => hostIdIn(entry) === hostId);
  const strangers = listed.filter(
    (member) =>
      member.state !== "joining" && isUnknown(member) && !pods.some(({ address }) => address === member.address),
  );
  const isClear = ({ name, address }: SeenPod) => memberOf(listed, record[name], address) ?? hasLeft(record[name]);
  return pods.every(isClear) ? strangers : [];
}

const here = ({ pods, expected }: Survey) => pods.filter(({ name }) => expected.includes(name));

/** Pods that are to be there: those that the stack asks for, and those of members whose rows would be missing otherwise. */
function tooFew(seen: Survey): Mend | undefined {
  const { asked, expected, missing = [], record, listed } = seen;
  if (asked === undefined) return undefined;
  if (asked < expected.length) return { scale: expected.length, from: asked };
  const strangers = strangersIn(seen);
  // One that has just joined is not on record yet.
  const isListed = (name: string) => (member: RingMember) =>
    hostIdIn(record[name]) === member.hostId ||
    ((moving(record)?.pod === name || record[name] === undefined) && strangers.includes(member));
  // A pod that its set asks for is made again without further ado.
  const gone = missing.filter(({ name, place }) => place >= asked && listed?.some(isListed(name)));
  const [last] = gone.sort((a, b) => b.place - a.place);
  return last && { handOver: last.name, scale: last.place + 1 };
}

/** One of too many that is on its way out, for which others that join may be waiting. */
function onItsWay({ asked, expected, pods, record, listed = [] }: Survey): Mend | undefined {
  if (asked === undefined || asked <= expected.length) return undefined;
  const leaves = pods.some(({ name, address }) => {
    const member = memberOf(listed, record[name], address);
    return !expected.includes(name) && member?.up && member.state === "leaving";
  });
  return leaves ? { scale: expected.length, from: asked } : undefined;
}

/** Pods that the stack does not ask for. Those that are members hand their rows over first, for which they are to serve. */
function tooMany(seen: Survey): Mend | undefined {
  const { asked, expected, pods, record } = seen;
  const more = pods.filter(({ name }) => !expected.includes(name));
  const silent = more.find(({ name, ready, ending }) => hostIdIn(record[name]) && !ready && !ending);
  if (asked !== undefined && asked > expected.length) {
    if (silent) return { waitFor: `${silent.name} to serve, since it has rows to hand over`, advice: logsOf(silent) };
    return { scale: expected.length, from: asked };
  }
  if (more.length === 0) return undefined;
  // A member that is down, and that no pod stands for, keeps all others from handing their rows over.
  return ghost({ ...seen, expected: pods.map(({ name }) => name) }) ?? { waitFor: `${more[0].name} to end` };
}

const podOf = ({ pod, name }: Pick<SeenPod, "name" | "pod">) => pod ?? name;
const logsOf = (one: Pick<SeenPod, "name" | "pod">) => `\`kubectl logs ${podOf(one)}\` may tell why`;

/** Members that have left, or are about to, though their pods are to be members. */
function notBack(seen: Survey): Mend | undefined {
  const { record, listed } = seen;
  const pods = here(seen).filter(({ ending }) => !ending);
  const left = pods.find(({ name, uid }) => record[name] === `left ${uid}`);
  if (left) return { takeBack: left };
  const leaving = pods.find(({ name, running, address }) => {
    const member = listed && memberOf(listed, record[name], address);
    return running && member?.up && member.state === "leaving";
  });
  return leaving && { stay: leaving.name };
}

/**
 * Pod of a member that waits, since it has an address by which the ring knows another one; none of a ring whose rows go with their pods.
 * @param pods among which it is looked for
 */
export function atAnothersAddress({ record, dead }: Survey, pods: SeenPod[]): SeenPod | undefined {
  if (dead === "taken out") return undefined;
  const isAtAnothers = ({ name, address }: SeenPod) =>
    address !== undefined &&
    Object.entries(record).some(([other, entry]) => other !== name && addressIn(entry) === address);
  // One that is on record at its address has started there, and is slow.
  const waits = ({ name, address, running, ready, ending }: SeenPod) =>
    running && !ready && !ending && hostIdIn(record[name]) && addressIn(record[name]) !== address;
  return pods.filter((pod) => waits(pod) && isAtAnothers(pod)).at(-1);
}

function misplaced(seen: Survey): Mend | undefined {
  const readdress = atAnothersAddress(seen, here(seen));
  return readdress && { readdress };
}

function notServing({ expected, pods, record }: Survey): Mend | undefined {
  for (const name of expected) {
    const pod = pods.find((one) => one.name === name);
    if (!pod) return { waitFor: `pod ${name} to be made` };
    if (pod.ending) return { waitFor: `${name} to end, and another pod to follow it` };
    if (pod.ready) continue;
    const why = pod.trouble ? ` (${pod.trouble})` : "";
    const advice = logsOf(pod);
    if (hostIdIn(record[name])) return { waitFor: `${name} to serve again${why}`, advice };
    return { waitFor: `${name} to join the ring and serve${why}`, joins: name, advice };
  }
  return undefined;
}

/** By the host ID on record, which stays when the address changes; else by the address. */
function memberOf(listed: RingMember[], entry: string | undefined, address?: string): RingMember | undefined {
  const id = hostIdIn(entry);
  return listed.find(({ hostId }) => hostId === id) ?? listed.find((one) => one.address === address);
}

/** What to do about a pod that serves, and that others have removed from the ring. */
function unlistedAdvice({ namespace, dead }: Survey, pod: SeenPod): string {
  if (dead === "taken out") {
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
function notListed(seen: Survey): Mend | undefined {
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
    if (!member) return { waitFor: `the ring to list ${name}`, advice: unlistedAdvice(seen, pod), isForPersons: true };
    const { hostId, state, up } = member;
    if (!up || state !== "normal") return { waitFor: `${name}, which is ${up ? state : "down"}, to be NORMAL` };
    if (hostIdIn(record[name]) !== hostId) {
      return { waitFor: `${name} to be on record`, follow: { [name]: `${hostId} ${address}` } };
    }
  }
  return undefined;
}

/** Members that no pod stands for. */
function ghost(seen: Survey): Mend | undefined {
  const { record, listed = [], expected, namespace, dead } = seen;
  const known = here(seen).map(({ name, address }) => memberOf(listed, record[name], address));
  const other = listed.find((member) => !known.includes(member));
  if (!other) return undefined;
  const { hostId, address, up, state } = other;
  // Whose pod ended in the middle: no member yet.
  if (state === "joining") return { waitFor: `the ring to forget whoever began to join at ${address}, and is gone` };
  const pod = Object.keys(record).find((name) => hostIdIn(record[name]) === hostId && !expected.includes(name));
  if (pod && dead === "taken out")
    return { waitFor: `the member of ${pod} to be taken out of the ring: its disk is gone` };
  if (pod && dead) {
    return {
      waitFor: `the member of node ${pod} to come back, or to be taken out of the ring`,
      advice: `if the node is gone for good, \`/ring/remove-node.sh ${pod}\` in any of the ring's pods takes it out (\`/ring/forget.sh ${pod}\` in pods that an earlier version made)`,
      isForPersons: true,
    };
  }
  // Its pod, which had been missing, has just been made.
  if (pod) return { waitFor: `${pod} to serve, since it has rows to hand over`, advice: logsOf({ name: pod }) };
  const asker = podOf(here(seen)[0] ?? { name: expected[0] });
  const folder = "if its node has lost its label, give that back, since its folder has its rows; ";
  const advice = `${dead === "forgotten" ? folder : ""}if it is gone for good, \`kubectl exec -n ${namespace} ${asker} -- nodetool removenode ${hostId}\` takes it out of the ring`;
  const waitFor = `the member at ${address} (host ID ${hostId}, ${up ? "up" : "down"}), which no pod stands for, to be gone`;
  return { waitFor, advice, isForPersons: true };
}

/** What a ring that looks whole still owes. */
function debt({ record, expected, listed }: Survey): Mend | undefined {
  if (!listed) return undefined;
  const owed = owing(record).find((name) => expected.includes(name));
  if (owed) {
    return {
      waitFor: `the repair of ${owed} to end: it has taken a lost member's place, and does not have every row yet`,
      advice: "it goes on by itself",
    };
  }
  const turn = moving(record);
  if (!turn) return undefined;
  const waitFor = `${turn.pod} to end its turn at moving data (${turn.what})`;
  // A pod that is gone for good, as of an edit that was taken back, gives no turn back itself.
  return expected.includes(turn.pod) ? { waitFor } : { waitFor, follow: { moving: null } };
}

/** The mend in a sentence, for whoever reads the preview; empty where there is none. */
export function foretold(mend: Mend, { expected }: Survey): string {
  if (mend === "whole") return "";
  const replicas = `though replicas is ${expected.length}`;
  if ("stay" in mend) return `${mend.stay} is about to leave the ring, ${replicas}: \`pulumi up\` has it stay`;
  if ("handOver" in mend)
    return `${mend.handOver} is a member, ${replicas}, and has no pod: \`pulumi up\` brings it back, to hand its rows over`;
  if ("scale" in mend) return `its sets ask for ${mend.from} pods, ${replicas}: \`pulumi up\` scales them`;
  if ("readdress" in mend)
    return `${podOf(mend.readdress)} has an address by which the ring knows another member, and waits: \`pulumi up\` has it made again`;
  if ("takeBack" in mend) return `${mend.takeBack.name} has left the ring, ${replicas}: \`pulumi up\` has it join anew`;
  if (mend.follow) return "";
  return `the ring is not whole: \`pulumi up\` waits for ${mend.waitFor}${mend.advice ? `; ${mend.advice}` : ""}`;
}

/** Whether there is a member to ask who is in the ring. Simulated pods, of which none is on record, have nothing to run. */
export function hasMembers(record: Entries, pods: Pick<SeenPod, "name">[]): boolean {
  return pods.some(({ name }) => hostIdIn(record[name]) ?? hasLeft(record[name]));
}
