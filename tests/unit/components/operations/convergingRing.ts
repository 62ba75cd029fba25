/** Rings of one member and of two, as the check at the end of an update meets them. */
import { converge, ConvergingRing } from "../../../../components/operations/convergence";
import { Survey } from "../../../../components/operations/ringSurvey";
import { member as memberOf, ring as ringViewOf } from "./ringView";
import { id as idOf, member as listedMember, pod as podOf } from "./surveys";

/** Host ID of the only member. */
export const id = idOf(1);

/** The only pod, which serves. */
export const pod = podOf(0, { uid: "new", address: "10.0.0.1" });

/** The only member as the ring lists it. */
export const member = listedMember(1);

/** A ring of one that is what the stack says. */
export const whole: Survey = {
  namespace: "db",
  asked: 1,
  expected: ["cassandra-0"],
  pods: [pod],
  record: { "cassandra-0": `${id} 10.0.0.1` },
  listed: [member],
};

/** That ring after its member was decommissioned by hand. */
export const left: Survey = {
  ...whole,
  pods: [{ ...pod, uid: "old", ready: false }],
  record: { "cassandra-0": "left old" },
  listed: undefined,
};

/** That ring while its next pod joins. */
export const joining: Survey = { ...left, pods: [{ ...pod, ready: false }] };

/** A ring of two, of which one is to go. */
const ofTwo = ringViewOf([memberOf(0), memberOf(1)]);

/**
 * A ring that is seen as this, look after look, and then as the last of it; the clock goes on by a minute with each.
 * @param repairs looks for which a member is repaired while others are to leave
 * @param missing members that have no pod until the set is scaled
 */
export function sceneOf(seen: Survey[], repairs = 0, missing: string[] = []) {
  let inspections = 0;
  const [said, done]: [string[], string[]] = [[], []];
  let looks = 0;
  const client: ConvergingRing = {
    recordTutorialPods: () => Promise.resolve(),
    survey: () => Promise.resolve(seen[Math.min(looks++, seen.length - 1)]),
    cancelDecommission: (pod) => Promise.resolve(void done.push(`cancelDecommission ${pod}`)),
    rejoin: ({ uid }) => Promise.resolve(!!done.push(`delete ${uid}`)),
    replaceAtNewAddress: ({ uid }) => Promise.resolve(void done.push(`delete ${uid}`)),
    updateRecord: (entries) => Promise.resolve(void done.push(`updateRecord ${JSON.stringify(entries)}`)),
    received: () => Promise.resolve({ received: looks * 2 ** 20, toReceive: 100 * 2 ** 20 }),
    cleanup: (pod) => Promise.resolve(void done.push(`clean ${pod}`)),
    scale: (replicas) => Promise.resolve(void done.push(`scale ${replicas}`)),
    isUnformed: () => Promise.resolve(false),
    inspect: () => {
      const isMissing = (name: string) => missing.includes(name) && !done.includes("scale 2");
      const staying = ofTwo.members
        .filter((one) => !done.includes(`decommission ${one.pod}`))
        .map((one) => ({ ...one, up: !isMissing(one.pod) }));
      const gone = staying.filter(({ pod }) => isMissing(pod));
      return Promise.resolve({
        ...ofTwo,
        membersAwaitingRepair: inspections++ < repairs ? ["cassandra-0"] : [],
        members: staying,
        missing: gone,
      });
    },
    stallTimeoutMinutes: 7,
    leavesByItself: false,
    decommission: (pod) => Promise.resolve(void done.push(`decommission ${pod}`)),
    repairOwners: () => Promise.resolve([]),
    disks: () => Promise.resolve({}),
  };
  const run = (stallTimeoutMinutes?: number) =>
    converge(
      client,
      { replicas: seen[0].expected.length, stallTimeoutMinutes },
      {
        report: (line) => Promise.resolve(void said.push(line)),
        warn: (line) => Promise.resolve(void said.push(`warning: ${line}`)),
        pauses: 0,
        now: () => looks * 60_000,
      },
    );
  return { client, run, said, done };
}

/** The same without repairs and missing pods. */
export const scene = (...seen: Survey[]) => sceneOf(seen);
