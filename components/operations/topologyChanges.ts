import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilClear } from "../kubernetes/apiClient";
import { formatBytes } from "../kubernetes/quantity";
import { stallLimitMinutes } from "./memberDecommission";
import { countOf, TimeLeft } from "../engine/progress";
import { ProgressReporter } from "../engine/progressReporter";
import { entriesAfterRemoval, hasLeft, repairsPausedUntil } from "../cassandra/record";
import { RingClient } from "../cassandra/ringClient";
import { NoMemberServesError } from "../cassandra/ringQueries";
import { minutesToReturn, nextStep, Step } from "./decommissionPlan";
import type { RingView } from "./ringView";
import { replaceAtNewAddress } from "./memberRestore";
import { podAtForeignAddress } from "./ringSurvey";

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
  for (const [i, { pod }] of members.entries()) {
    const count = countOf(i + 1, members.length);
    const what = `${pod} runs \`nodetool cleanup\`, for data that others have taken over earlier${count}`;
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
  const forgotten = new Set<string>();
  for (let round = 0; ; round++) {
    const { ring, step } = await waitForNextStep(client, wanted, report, { pause, now }, () =>
      inspect(() => client.inspect(round === 0 ? undefined : wanted)),
    );
    if (step === "done") return;
    if ("refuse" in step) throw new DecommissionBlocked(step.refuse.join("\n"));
    if ("removed" in step) {
      await followRemoval(client, ring, step.removed, forgotten, report);
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
 * Has the ring record follow the ring, from which somebody has removed members by hand. Pods of the tutorials' template do not repair
 * themselves.
 * @param forgotten members that the record has forgotten in this update
 * @throws {DecommissionBlocked} if one of them is on record again
 */
async function followRemoval(
  client: Pick<RingClient, "updateRecord">,
  { members }: RingView,
  removed: string[],
  forgotten: Set<string>,
  report: ProgressReporter,
): Promise<void> {
  const pods = removed.join(" and ");
  if (removed.some((pod) => forgotten.has(pod))) {
    throw new DecommissionBlocked(
      `the ring does not list ${pods}, which writes its entry into the ring record again: its log says why it does not serve`,
    );
  }
  for (const pod of removed) forgotten.add(pod);
  const [repairing, others] = [true, false].map((does) =>
    members.filter(({ repairsItself = true }) => repairsItself === does).map(({ pod }) => pod),
  );
  const repairs =
    others.length === 0
      ? "the other members are repaired"
      : `you must run \`nodetool repair --full\` on ${others.join(" and ")}, one after another`;
  await report(
    `the ring has not listed ${pods} for minutes, as after \`nodetool removenode\`: the ring record follows the ring, the ` +
      `PersistentVolumeClaim stays, and ${repairs}`,
    true,
  );
  await client.updateRecord(entriesAfterRemoval(removed, repairing));
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
    const stuck = pods.find(({ name, ready, lastingCause }) => names.includes(name) && !ready && lastingCause);
    if (stuck) throw new Error(`${stuck.lastingCause}`);
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

/** Inspects a ring. While no member serves and containers run, as after a power cut, waits for one that does. */
async function untilOneServes(
  inspect: () => Promise<RingView>,
  report: ProgressReporter,
  { pause, now }: { pause: number; now: () => number },
): Promise<RingView> {
  for (const since = now(); ; await sleep(pause)) {
    try {
      return await inspect();
    } catch (error) {
      const isStarting = error instanceof NoMemberServesError && error.isStarting;
      if (!isStarting || now() - since > minutesToReturn * 60_000) throw error;
      await report("waiting for a member to serve: it lists the members");
    }
  }
}

/** Minutes for which members begin no scheduled repair after `pulumi up` has had them end. */
const pauseMinutes = 10;

/** Waits until no other topology change is in progress, and has scheduled repairs end. @returns the ring then, and the next step */
async function waitForNextStep(
  client: Pick<RingClient, "received" | "stallTimeoutMinutes" | "updateRecord">,
  wanted: number,
  report: ProgressReporter,
  { pause, now }: { pause: number; now: () => number },
  inspect: () => Promise<RingView>,
): Promise<{ ring: RingView; step: Exclude<Step, { waitFor: string[] }> | { removed: string[] } }> {
  const timeLeft = new TimeLeft(now);
  let pausedUntil = 0;
  for (let [said, since] = ["", now()]; ; await sleep(pause)) {
    const ring = await untilOneServes(inspect, report, { pause, now });
    const step = nextStep(ring, wanted);
    if (step === "done" || !("waitFor" in step)) return { ring, step };
    if (ring.members.some(({ repairs }) => repairs) && pausedUntil - now() < (pauseMinutes / 2) * 60_000) {
      pausedUntil = now() + pauseMinutes * 60_000;
      await client.updateRecord(repairsPausedUntil(new Date(pausedUntil)));
    }
    const streams = step.joins ? await client.received(step.joins) : undefined;
    const { received, toReceive } = streams ?? { received: 0, toReceive: 0 };
    const share = toReceive ? ` (${formatBytes(received)} of ${formatBytes(toReceive)} received)` : "";
    const line = `waiting: ${step.waitFor.join("; ")}${share}`;
    if (line !== said) {
      await report(`${line}${timeLeft.describe(received, toReceive)}`);
      [said, since] = [line, now()];
    }
    const limit = step.minutes ?? stallLimitMinutes(client.stallTimeoutMinutes, toReceive - received);
    if (now() - since > limit * 60_000) {
      if (step.removed) return { ring, step: { removed: step.removed } };
      throw new DecommissionBlocked(`${line}, for ${Math.round(limit)} minutes`);
    }
  }
}
