import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { failUpdate } from "../engine/failUpdate";
import { withAnswerTimeout, errorMessage, retryWhileUnavailable, apiErrorKind } from "../kubernetes/apiClient";
import { stallLimitMinutes } from "./memberDecommission";
import { ProgressReporter } from "../engine/progressReporter";
import { Streams } from "../cassandra/nodetool";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import type { RingClient } from "../cassandra/ringClient";
import { isMocked } from "../engine/recorded";
import { decommissionMembers, DecommissioningRing } from "./topologyChanges";
import { size } from "./decommissionPlan";
import { describeStep, ConvergenceStep, nextConvergenceStep } from "./convergencePlan";

export interface RingCheckArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Members of the ring. @default as many as its DaemonSet asks for */
  replicas?: number;
  /** Minutes without progress after which a step is given up; it goes on by itself. @default 15 */
  stallTimeoutMinutes?: number;
  /** The way to the ring in a namespace. */
  client: (namespace: string) => ConvergingRing;
}

/**
 * Looks whether a ring is what the stack says, and mends what is not. Hooks do not run where nothing differs in the state, as where
 * an update was cut off and the edit then taken back, or somebody had a member leave by hand: this does, in every `pulumi up`.
 * In preview it only tells. A ring that is whole is nothing to be told of.
 * @param after resolves once all of the ring is registered, and updated
 * @param parent line of `pulumi up` that it writes to
 * @returns whether it is, or was looked at in preview, once that is known; where it is not, the update fails and says what is missing
 */
export function ringConverged(
  args: RingCheckArgs,
  after: pulumi.Input<unknown>[],
  parent: pulumi.Resource,
): pulumi.Output<boolean> {
  if (isMocked()) return pulumi.output(false);
  const isDryRun = pulumi.runtime.isDryRun();
  return pulumi.all([pulumi.output(args.namespace), ...after]).apply(async ([namespace]) => {
    const client = args.client(namespace);
    const report: ProgressReporter = (line, final = false) =>
      pulumi.log.info(`${args.name}: ${line}`, parent, undefined, !final);
    const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);
    try {
      if (isDryRun) await previewConvergence(client, args.replicas, report);
      else await converge(client, args, { report, warn });
    } catch (error) {
      failUpdate(`ring ${args.name}: ${errorMessage(error as Error)}`);
      return false;
    }
    return true;
  });
}

/** What is asked of a ring here, and done to it. */
export type ConvergingRing = Pick<
  RingClient,
  | "survey"
  | "cancelDecommission"
  | "rejoin"
  | "replaceAtNewAddress"
  | "updateRecord"
  | "received"
  | "scale"
  | "leavesByItself"
  | "repairOwners"
> &
  DecommissioningRing;

/** Of a ring with an edit still to come, whose sets ask for another count, the hooks tell. */
export async function previewConvergence(
  client: Pick<RingClient, "survey">,
  replicas: number | undefined,
  report: ProgressReporter,
): Promise<void> {
  try {
    const seen = await withAnswerTimeout(() =>
      client.survey(replicas).catch((error: Error) => {
        // An account that may only read sees pods and record. What it does not see, `pulumi up` looks at.
        if (apiErrorKind(error) === "forbidden") return client.survey(replicas, "never");
        throw error;
      }),
    );
    const line =
      seen.asked !== undefined && seen.asked === (replicas ?? seen.asked)
        ? describeStep(nextConvergenceStep(seen), seen)
        : "";
    if (line) await report(line, true);
  } catch (error) {
    await report(
      `whether the ring is complete could not be checked: ${errorMessage(error as Error)}. \`pulumi up\` checks again`,
      true,
    );
  }
}

/** Minutes for which something is waited for that a person may have to do. */
const adviceTimeoutMinutes = 1;

/** How often it is looked, in milliseconds. While a pod does not serve, each fifth look alone asks the ring, which costs a JVM. */
const pause = 3000;

/**
 * Has the ring be what the stack says, step by step, each decided on a new look.
 * @param pauses milliseconds between two looks @default 3000
 * @throws {Error} what is missing, when it has not come about for too long
 */
export async function converge(
  client: ConvergingRing,
  {
    replicas,
    stallTimeoutMinutes = defaultStallTimeoutMinutes,
  }: Pick<RingCheckArgs, "replicas" | "stallTimeoutMinutes">,
  {
    report,
    warn = () => Promise.resolve(),
    pauses = pause,
    now = Date.now,
  }: { report: ProgressReporter; warn?: (line: string) => Promise<void>; pauses?: number; now?: () => number },
): Promise<void> {
  await client.recordTutorialPods();
  let [said, since, hasRejoined] = ["", now(), false];
  let streams: Received | undefined;
  let isBlind = false;
  let expected: string[] = [];
  for (let round = 0; ; round++, await sleep(pauses)) {
    const isBrief = round % 5 !== 0;
    const asks = isBlind ? "never" : isBrief ? "when all serve" : "always";
    const seen = await retryWhileUnavailable(() => client.survey(replicas, asks)).catch((error: Error) => {
      if (isBlind && apiErrorKind(error) === "forbidden") throw error;
      return error;
    });
    if (seen instanceof Error && apiErrorKind(seen) === "forbidden") {
      isBlind = true;
      await report(`the ring is judged by its pods and its record alone: ${errorMessage(seen)}`, true);
      continue;
    }
    if (!(seen instanceof Error)) ({ expected } = seen);
    // A pod may end just as it is asked.
    const step =
      seen instanceof Error ? { waitFor: `an answer of the ring: ${errorMessage(seen)}` } : nextConvergenceStep(seen);
    if (step === "converged") break;
    if (!isBrief) streams = "waitFor" in step && step.joins ? await client.received(step.joins) : undefined;
    const { line, remaining } = progress(step, streams);
    if (line !== said) {
      await report(line);
      [said, since] = [line, now()];
    }
    const waited = (now() - since) / 60_000;
    if ("cancelDecommission" in step) {
      await client.cancelDecommission(step.cancelDecommission);
    } else if ("rejoin" in step) {
      hasRejoined = true;
      await report(`${step.rejoin.name} has left the ring, though replicas is ${expected.length}: it joins anew`, true);
      await client.rejoin(step.rejoin);
    } else if ("replaceAtNewAddress" in step) {
      await client.replaceAtNewAddress(step.replaceAtNewAddress);
    } else if ("recreatePod" in step) {
      await report(
        `${step.recreatePod} is a member and has no pod: its pod is recreated, so that it can stream its data to the others`,
        true,
      );
      await client.scale(step.scale);
    } else if ("scale" in step) {
      if (step.from > step.scale && !client.leavesByItself)
        await decommissionMembers(client, step.scale, report, { pause: pauses });
      await client.scale(step.scale);
    } else if (step.updateRecord && waited > recordAfterMinutes) {
      await client.updateRecord(step.updateRecord);
    }
    const advised = "waitFor" in step && step.isForPersons;
    const limit = advised ? adviceTimeoutMinutes : stallLimitMinutes(stallTimeoutMinutes, remaining);
    if (waited > limit) {
      const advice = "waitFor" in step && step.advice ? `: ${step.advice}` : "";
      throw new Error(
        `the ring is not complete: for ${Math.round(limit)} minutes, ${line}${advice}. The next \`pulumi up\` checks again`,
      );
    }
  }
  // Each member has made its claim an owner before it went on record.
  const setRight = await retryWhileUnavailable(() => client.repairOwners()).catch((error: Error) => {
    // An account that may not look at Secrets leaves it to one that may; where a pod has written owners meanwhile (the API server calls
    // that 422), it is left to the next update.
    if (apiErrorKind(error) !== "forbidden" && (error as { code?: unknown }).code !== 422) throw error;
    return [];
  });
  for (const line of setRight) await warn(line);
  // Before a member leaves the next time, it is done as well.
  if (!hasRejoined || isBlind) return;
  await client.recordTutorialPods();
  for (const pod of expected.length > 1 ? expected : []) {
    const what = `${pod} runs \`nodetool cleanup\`, since others hold part of its data now`;
    await report(what);
    await client.cleanup(pod, (said) => report(`${what}: ${said}`));
  }
}

/** Minutes after which what pods have not put on record themselves is put there for them. */
const recordAfterMinutes = 0.5;

type Received = Pick<Streams, "received" | "toReceive">;

/** What it is at, for whoever watches `pulumi up`, and the bytes that are still to come. */
function progress(
  step: Exclude<ConvergenceStep, "converged">,
  streams?: Received,
): { line: string; remaining: number } {
  if ("cancelDecommission" in step)
    return { line: `having ${step.cancelDecommission} stay: it was about to leave the ring`, remaining: 0 };
  if ("recreatePod" in step)
    return { line: `bringing ${step.recreatePod} back, whose data must be streamed to the others`, remaining: 0 };
  if ("scale" in step) return { line: `scaling its controllers from ${step.from} pods to ${step.scale}`, remaining: 0 };
  if ("replaceAtNewAddress" in step) {
    const line = `having ${step.replaceAtNewAddress.name} made again, at another address: the ring knows another member by the one that it has`;
    return { line, remaining: 0 };
  }
  if ("rejoin" in step) return { line: `taking ${step.rejoin.name} back`, remaining: 0 };
  const line = `waiting for ${step.waitFor}`;
  if (!streams?.toReceive || !step.joins) return { line, remaining: 0 };
  const { received, toReceive } = streams;
  return { line: `${line}: ${size(received)} of ${size(toReceive)} received`, remaining: toReceive - received };
}
