import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilClear, errorMessage, retryWhileUnavailable, apiErrorKind } from "../kubernetes/apiClient";
import { stallLimitMinutes } from "./memberDecommission";
import { ProgressReporter } from "../engine/progressReporter";
import { hasLeft } from "../cassandra/record";
import { RingClient } from "../cassandra/ringClient";
import { nextStep, RingView, size, Step } from "./decommissionPlan";
import { nextConvergenceStep } from "./convergencePlan";
import { podAtForeignAddress, ObservedPod, Survey } from "./ringSurvey";

/**
 * Takes back members that have left, or are about to, though their pods are to be members. It comes before an update that waits for
 * all pods to serve: such a pod never would.
 * @param replicas members that the ring is to have
 */
export async function restoreMembers(
  client: Pick<RingClient, "survey" | "cancelDecommission" | "rejoin" | "replaceAtNewAddress">,
  replicas: number,
  report: ProgressReporter,
  pause = 3000,
): Promise<void> {
  let [waits, known] = [-1, 0];
  const moved: string[] = [];
  for (;;) {
    const seen = await retryWhileUnavailable(() => client.survey(replicas)).catch(async (error: Error) => {
      // What is missing is told at the end of the update. The account may not run commands in pods, or no member answers: the update may
      // be what mends them.
      if (["absent", "conflict", "silent"].includes(apiErrorKind(error))) throw error;
      if (apiErrorKind(error) !== "forbidden")
        await report(`who is in the ring could not be seen: ${errorMessage(error)}`);
    });
    // Also one that is too many: it comes back first, to hand its rows over.
    const misplaced = seen && podAtForeignAddress(seen, seen.pods);
    if (misplaced) {
      await replaceAtNewAddress(client, misplaced, report);
      moved.push(misplaced.name);
    }
    const expected = seen ? [...new Set([...membersToKeep(seen), ...moved])] : [];
    const pods = seen?.pods.filter(({ name }) => expected.includes(name)) ?? [];
    const step = seen && nextConvergenceStep({ ...seen, asked: expected.length, expected, pods });
    if (step && typeof step === "object" && "cancelDecommission" in step) {
      await report(
        `${step.cancelDecommission} was about to leave the ring, though it is to cancelDecommission: it comes back`,
        true,
      );
      await client.cancelDecommission(step.cancelDecommission);
    } else if (step && typeof step === "object" && "rejoin" in step) {
      await report(`${step.rejoin.name} has left the ring, though it is to be a member: it joins anew`, true);
      await client.rejoin(step.rejoin);
    } else if (misplaced) {
      waits = 0;
    } else if (
      waits < 0 ||
      waits++ > mostWaits ||
      (pods.length >= known && pods.every(({ ready, ending }) => ready && !ending))
    ) {
      return;
    } else {
      // Nobody else leaves before: there would be fewer members than rows have copies for a while.
      await report("waiting for members that come back to serve");
    }
    if (step && typeof step === "object" && ("cancelDecommission" in step || "rejoin" in step)) waits = 0;
    // A pod that was deleted is missing until the next one is made.
    known = Math.max(known, pods.length);
    await sleep(pause);
  }
}

/** Has a pod made again whose address is another member's to the ring. */
async function replaceAtNewAddress(
  client: Pick<RingClient, "replaceAtNewAddress">,
  pod: ObservedPod,
  report: ProgressReporter,
): Promise<void> {
  await report(`${pod.name} has an address by which the ring knows another member: it is made again`, true);
  await client.replaceAtNewAddress(pod);
}

/**
 * Pods whose members come back first. Those that are too many are asked to leave after that; of pods without ordinal, nobody knows yet
 * which ones these will be.
 */
export function membersToKeep({
  expected,
  pods,
  lostMember,
}: Pick<Survey, "expected" | "pods" | "lostMember">): string[] {
  return lostMember ? pods.filter(({ ending }) => !ending).map(({ name }) => name) : expected;
}

/** Looks for which members that come back are waited for: fifteen minutes. What is missing then is told at the end of the update. */
const mostWaits = 300;

/**
 * Whoever stays may still hold rows that it once handed over, and will own them again. Had they been deleted meanwhile, they
 * would come back: they go first. It takes a moment where there are none. Cassandra does not do it while a member moves.
 */
async function tidy(
  client: Pick<RingClient, "cleanup">,
  { members }: RingView,
  report: ProgressReporter,
): Promise<void> {
  if (members.some(({ state }) => state !== "normal")) return;
  for (const { pod } of members) {
    const what = `${pod} runs \`nodetool cleanup\`, for data that others have taken over earlier`;
    await report(what);
    await client.cleanup(pod, (said) => report(`${what}: ${said}`));
  }
}

/** None may leave now, and why, a line each. */
export class DecommissionBlocked extends Error {}

/** What is asked of a ring that is made smaller, and done to it. */
export type DecommissioningRing = Pick<
  RingClient,
  | "isUnformed"
  | "recordTutorialPods"
  | "inspect"
  | "survey"
  | "replaceAtNewAddress"
  | "scale"
  | "received"
  | "decommission"
  | "cleanup"
  | "stallTimeoutMinutes"
>;

/**
 * Has all members leave that go, one at a time, each step decided on a new look.
 * @param wanted members that the ring is to have
 * @param inspect what makes a look at the ring, and says so where that fails @default the look itself
 * @param pause milliseconds between two looks while something else is waited for @default 3000
 * @throws {DecommissionBlocked} why none may leave now
 * @throws {Error} why one could not
 */
export async function decommissionMembers(
  client: DecommissioningRing,
  wanted: number,
  report: ProgressReporter,
  { inspect = <T>(at: () => Promise<T>): Promise<T> => at(), pause = 3000 } = {},
): Promise<void> {
  // Of a first ring that does not fit its cluster, no member is there to leave.
  if (await inspect(() => client.isUnformed())) return;
  await inspect(() => client.recordTutorialPods());
  for (let round = 0; ; round++) {
    const { ring, step } = await movable(client, wanted, report, pause, () =>
      inspect(() => client.inspect(round === 0 ? undefined : wanted)),
    );
    if (step === "done") return;
    if ("refuse" in step) throw new DecommissionBlocked(step.refuse.join("\n"));
    if ("recreatePods" in step) {
      const pods = step.recreatePods.join(" and ");
      await report(
        `${pods} is on record as a member and has no pod: its pod is recreated first, since it may have data`,
        true,
      );
      await client.scale(step.pods);
      await serve(client, step.recreatePods, report);
      continue;
    }
    if (round === 0) await tidy(client, ring, report);
    await client.decommission(step.decommission, report);
  }
}

/** Waits until pods are there and serve, or have noted that they had left. @throws {DecommissionBlocked} */
async function serve(
  client: Pick<RingClient, "survey" | "replaceAtNewAddress" | "stallTimeoutMinutes">,
  names: string[],
  report: ProgressReporter,
): Promise<void> {
  const silent = async () => {
    const seen = await client.survey(undefined, "never");
    const { pods, record } = seen;
    const misplaced = podAtForeignAddress(seen, pods);
    if (misplaced) await replaceAtNewAddress(client, misplaced, report);
    const serves = (name: string) => pods.some((pod) => pod.name === name && pod.ready && !pod.ending);
    const missing = names.filter((name) => !serves(name) && !hasLeft(record[name]));
    if (missing.length === 0) return undefined;
    await report(`waiting for ${missing.join(" and ")} to serve`);
    return `${missing.join(" and ")} must serve first`;
  };
  await waitUntilClear(silent, client.stallTimeoutMinutes).catch((error: Error) => {
    throw new DecommissionBlocked(error.message);
  });
}

/** Waits until no other move of data goes on. @returns what the ring is then, and what comes next */
async function movable(
  client: Pick<RingClient, "received" | "stallTimeoutMinutes">,
  wanted: number,
  report: ProgressReporter,
  pause: number,
  inspect: () => Promise<RingView>,
): Promise<{ ring: RingView; step: Exclude<Step, { waitFor: string[] }> }> {
  for (let [said, since] = ["", Date.now()]; ; await sleep(pause)) {
    const ring = await inspect();
    const step = nextStep(ring, wanted);
    if (step === "done" || !("waitFor" in step)) return { ring, step };
    const streams = step.joins ? await client.received(step.joins) : undefined;
    const { received, toReceive } = streams ?? { received: 0, toReceive: 0 };
    const line = `waiting: ${step.waitFor.join("; ")}${toReceive ? ` (${size(received)} of ${size(toReceive)} received)` : ""}`;
    if (line !== said) {
      await report(line);
      [said, since] = [line, Date.now()];
    }
    const limit = step.minutes ?? stallLimitMinutes(client.stallTimeoutMinutes, toReceive - received);
    if (Date.now() - since > limit * 60_000) {
      throw new DecommissionBlocked(`${line}, for ${Math.round(limit)} minutes`);
    }
  }
}
