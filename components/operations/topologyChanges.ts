import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilClear, errorMessage, retryWhileUnavailable, apiErrorKind } from "../kubernetes/apiClient";
import { formatBytes } from "../kubernetes/quantity";
import { stallLimitMinutes } from "./memberDecommission";
import { ProgressReporter } from "../engine/progressReporter";
import { entriesAfterRemoval, hasLeft } from "../cassandra/record";
import { RingClient } from "../cassandra/ringClient";
import { nextStep, RingView, Step } from "./decommissionPlan";
import { nextConvergenceStep } from "./convergencePlan";
import { podAtForeignAddress, ObservedPod, Survey } from "./ringSurvey";

/**
 * Restores members that have left or are leaving, though the stack asks for them. It runs before an update that waits until all pods
 * serve: such a pod would never serve.
 * @param replicas members that the stack asks for
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
      // The check at the end of the update reports what is missing. The account may not run commands in pods, or no member answers: this
      // update may be the repair.
      if (["absent", "conflict", "silent"].includes(apiErrorKind(error))) throw error;
      if (apiErrorKind(error) !== "forbidden")
        await report(`the members of the ring could not be listed: ${errorMessage(error)}`);
    });
    // A surplus member as well: it must serve before it can be decommissioned.
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
        `${step.cancelDecommission} is leaving the ring, though it is to be a member: its decommission is cancelled`,
        true,
      );
      await client.cancelDecommission(step.cancelDecommission);
    } else if (step && typeof step === "object" && "rejoin" in step) {
      await report(`${step.rejoin.name} has left the ring, though it is to be a member: it joins again`, true);
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
      // No other member may leave before: for a while there could be fewer members than the replication factor.
      await report("waiting for the restored members to serve");
    }
    if (step && typeof step === "object" && ("cancelDecommission" in step || "rejoin" in step)) waits = 0;
    // After a pod was deleted, the next one takes a moment to appear.
    known = Math.max(known, pods.length);
    await sleep(pause);
  }
}

/** Deletes a pod by whose address the ring knows another member, so that the next pod gets another address. */
async function replaceAtNewAddress(
  client: Pick<RingClient, "replaceAtNewAddress">,
  pod: ObservedPod,
  report: ProgressReporter,
): Promise<void> {
  await report(
    `the ring knows another member by the address of ${pod.name}: the pod is deleted, and the next pod gets another address`,
    true,
  );
  await client.replaceAtNewAddress(pod);
}

/**
 * Pods whose members are restored first. Surplus members are decommissioned afterwards. Which pods without ordinal are surplus is not
 * known yet.
 */
export function membersToKeep({
  expected,
  pods,
  lostMember,
}: Pick<Survey, "expected" | "pods" | "lostMember">): string[] {
  return lostMember ? pods.filter(({ ending }) => !ending).map(({ name }) => name) : expected;
}

/** Surveys within which restored members must serve: fifteen minutes. The check at the end of the update reports what is missing then. */
const mostWaits = 300;

/**
 * Runs `nodetool cleanup` before a decommission. A remaining member may still hold rows of token ranges that others have taken over, and
 * that it will own again. Rows that were deleted meanwhile would come back. Without such rows, cleanup takes a moment. Cassandra
 * refuses cleanup while a member joins or leaves.
 */
async function cleanUpFirst(
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

/** No member may leave now. The message has a line for each reason. */
export class DecommissionBlocked extends Error {}

/** What a decommission reads from a ring, and does to it. */
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
  | "updateRecord"
  | "stallTimeoutMinutes"
>;

/**
 * Decommissions the surplus members, one at a time. A new inspection decides on each step.
 * @param wanted members that the ring is to have
 * @param inspect runs an inspection of the ring, and says so if that fails @default runs the inspection
 * @param pause milliseconds between two inspections while the decommission has to wait @default 3000
 * @param now milliseconds since the epoch @default the system's clock
 * @throws {DecommissionBlocked} why no member may leave now
 * @throws {Error} why a decommission failed
 */
export async function decommissionMembers(
  client: DecommissioningRing,
  wanted: number,
  report: ProgressReporter,
  { inspect = <T>(at: () => Promise<T>): Promise<T> => at(), pause = 3000, now = Date.now } = {},
): Promise<void> {
  // A first ring that does not fit the Kubernetes cluster has no member.
  if (await inspect(() => client.isUnformed())) return;
  await inspect(() => client.recordTutorialPods());
  for (let round = 0; ; round++) {
    const { ring, step } = await waitForNextStep(client, wanted, report, { pause, now }, () =>
      inspect(() => client.inspect(round === 0 ? undefined : wanted)),
    );
    if (step === "done") return;
    if ("refuse" in step) throw new DecommissionBlocked(step.refuse.join("\n"));
    if ("removed" in step) {
      const pods = step.removed.join(" and ");
      await report(
        `the ring has not listed ${pods} for minutes, as after \`nodetool removenode\`: the ring record follows the ring, the ` +
          "PersistentVolumeClaim stays, and the other members are repaired",
        true,
      );
      await client.updateRecord(
        entriesAfterRemoval(
          step.removed,
          ring.members.map(({ pod }) => pod),
        ),
      );
      continue;
    }
    if ("recreatePods" in step) {
      const pods = step.recreatePods.join(" and ");
      await report(
        `the ring record lists ${pods}, which has no pod: its pod is recreated first, since it may have data`,
        true,
      );
      await client.scale(step.pods);
      await waitUntilServing(client, step.recreatePods, ring, report);
      continue;
    }
    if (round === 0) await cleanUpFirst(client, ring, report);
    await client.decommission(step.decommission, report);
  }
}

/**
 * Waits until pods serve, or the ring record says that their members have left. A pod whose member the ring does not list need only exist.
 * @throws {DecommissionBlocked}
 */
async function waitUntilServing(
  client: Pick<RingClient, "survey" | "replaceAtNewAddress" | "stallTimeoutMinutes">,
  names: string[],
  { unlisted }: Pick<RingView, "unlisted">,
  report: ProgressReporter,
): Promise<void> {
  const silent = async () => {
    const seen = await client.survey(undefined, "never");
    const { pods, record } = seen;
    const misplaced = podAtForeignAddress(seen, pods);
    if (misplaced) await replaceAtNewAddress(client, misplaced, report);
    const isUnlisted = (name: string) => unlisted.some(({ pod }) => pod === name);
    const serves = (name: string) =>
      pods.some((pod) => pod.name === name && (pod.ready || isUnlisted(name)) && !pod.ending);
    const missing = names.filter((name) => !serves(name) && !hasLeft(record[name]));
    if (missing.length === 0) return undefined;
    await report(`waiting for ${missing.join(" and ")} to serve`);
    return `${missing.join(" and ")} must serve first`;
  };
  await waitUntilClear(silent, client.stallTimeoutMinutes).catch((error: Error) => {
    throw new DecommissionBlocked(error.message);
  });
}

/** Waits until no other topology change is in progress. @returns the ring then, and the next step */
async function waitForNextStep(
  client: Pick<RingClient, "received" | "stallTimeoutMinutes">,
  wanted: number,
  report: ProgressReporter,
  { pause, now }: { pause: number; now: () => number },
  inspect: () => Promise<RingView>,
): Promise<{ ring: RingView; step: Exclude<Step, { waitFor: string[] }> | { removed: string[] } }> {
  for (let [said, since] = ["", now()]; ; await sleep(pause)) {
    const ring = await inspect();
    const step = nextStep(ring, wanted);
    if (step === "done" || !("waitFor" in step)) return { ring, step };
    const streams = step.joins ? await client.received(step.joins) : undefined;
    const { received, toReceive } = streams ?? { received: 0, toReceive: 0 };
    const share = toReceive ? ` (${formatBytes(received)} of ${formatBytes(toReceive)} received)` : "";
    const line = `waiting: ${step.waitFor.join("; ")}${share}`;
    if (line !== said) {
      await report(line);
      [said, since] = [line, now()];
    }
    const limit = step.minutes ?? stallLimitMinutes(client.stallTimeoutMinutes, toReceive - received);
    if (now() - since > limit * 60_000) {
      if (step.removed) return { ring, step: { removed: step.removed } };
      throw new DecommissionBlocked(`${line}, for ${Math.round(limit)} minutes`);
    }
  }
}
