import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { failUpdate } from "../engine/failUpdate";
import { withAnswerTimeout, retryWhileUnavailable } from "../kubernetes/apiClient";
import { errorMessage, apiErrorKind } from "../kubernetes/apiErrors";
import { stallLimitMinutes } from "./memberDecommission";
import { countOf, TimeLeft } from "../engine/progress";
import { progressReporter, type ProgressReporter } from "../engine/progressReporter";
import { Streams } from "../cassandra/nodetool";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import type { RingClient } from "../cassandra/ringClient";
import { MissingRecordError } from "../cassandra/ringPods";
import { isMocked } from "../engine/recorded";
import { fillingDisks } from "./diskRoom";
import { watchPods, WatchedRing } from "./podWatch";
import { decommissionMembers, DecommissioningRing } from "./topologyChanges";
import type { Survey } from "./ringSurvey";
import { isCountEdited } from "./countEdits";
import { announceStep, describeProgress, describeStep } from "./convergenceMessages";
import { nextConvergenceStep } from "./convergencePlan";

export interface RingCheckArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Members of the ring. @default as many as its DaemonSet asks for */
  replicas?: number;
  /** Minutes without progress after which `pulumi up` gives a step up. The pods go on with the step. @default 15 */
  stallTimeoutMinutes?: number;
  /** Client of the ring in a namespace. */
  client: (namespace: string) => ConvergingRing & WatchedRing;
}

/**
 * Checks whether a ring is what the stack says, and repairs what is not. Hooks run only where the state differs: not after an update was
 * interrupted and its edit reverted, and not after somebody decommissioned a member by hand. This check runs in every `pulumi up`. In
 * preview it only reports. Of a complete ring it reports nothing.
 * @param after resolves once the whole ring is registered and updated
 * @param parent line of `pulumi up` that the check writes to
 * @returns true once the ring is complete, or was checked in preview; false if the update fails, with a message of what is missing
 */
export function ringConverged(
  args: RingCheckArgs,
  after: pulumi.Input<unknown>[],
  parent: pulumi.Resource,
): pulumi.Output<boolean> {
  if (isMocked()) return pulumi.output(false);
  const isDryRun = pulumi.runtime.isDryRun();
  const watch = { isOver: isDryRun, isQuiet: false };
  const report = progressReporter(args.name, parent);
  // Nothing waits for this: it tells what the provider waits for meanwhile. Pulumi holds back all lines of a program behind one for a
  // resource that is not registered yet, so that the watch begins once the ring is.
  pulumi.all([args.namespace, parent.urn]).apply(([namespace]) => {
    // Where the update has failed, the engine may take no more lines.
    void watchPods(args.client(namespace), report, watch).catch(() => undefined);
  });
  return pulumi.all([pulumi.output(args.namespace), ...after]).apply(async ([namespace]) => {
    const client = args.client(namespace);
    // From here on, the check's own line says what it waits for.
    watch.isQuiet = true;
    const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);
    try {
      if (isDryRun) await previewConvergence(client, args.replicas, report, isCountEdited(parent));
      else await converge(client, args, { report, warn });
      for (const line of await fillingDisks(client)) await warn(line);
    } catch (error) {
      failUpdate(`ring ${args.name}: ${errorMessage(error as Error)}`);
      return false;
    } finally {
      watch.isOver = true;
    }
    return true;
  });
}

/** What the check reads from a ring, and does to it. */
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
  | "disks"
> &
  DecommissioningRing;

/**
 * Reports what `pulumi up` would repair.
 * @param isEdited whether a hook has told of the number of members @default false
 */
export async function previewConvergence(
  client: Pick<RingClient, "survey">,
  replicas: number | undefined,
  report: ProgressReporter,
  isEdited = false,
): Promise<void> {
  try {
    const seen = await withAnswerTimeout(() =>
      client.survey(replicas).catch((error: Error) => {
        // An account that may only read sees the pods and the ring record. `pulumi up` checks the rest.
        if (apiErrorKind(error) === "forbidden") return client.survey(replicas, "never");
        throw error;
      }),
    );
    const line =
      seen.asked !== undefined && (!isEdited || seen.isUneven || seen.asked === (replicas ?? seen.asked))
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

/** Minutes to wait for what a person may have to do. */
const adviceTimeoutMinutes = 1;

/** Milliseconds between two surveys. While a pod does not serve, only each fifth survey asks a member, which costs a JVM. */
const pause = 3000;

/**
 * Makes the ring what the stack says, step by step. A new survey decides on each step.
 * @param pauses milliseconds between two surveys @default 3000
 * @throws {Error} what is missing, after the time-out
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
  let streams: Pick<Streams, "received" | "toReceive"> | undefined;
  const timeLeft = new TimeLeft(now);
  let isBlind = false;
  let expected: string[] = [];
  for (let round = 0; ; round++, await sleep(pauses)) {
    const isBrief = round % 5 !== 0;
    const asks = isBlind ? "never" : isBrief ? "when all serve" : "always";
    const seen = await retryWhileUnavailable(() => client.survey(replicas, asks)).catch((error: Error) => {
      if ((isBlind && apiErrorKind(error) === "forbidden") || error instanceof MissingRecordError) throw error;
      return error;
    });
    if (seen instanceof Error && apiErrorKind(seen) === "forbidden") {
      isBlind = true;
      await report(`only the pods and the ring record can be checked: ${errorMessage(seen)}`, true);
      continue;
    }
    if (!(seen instanceof Error)) {
      refuseWithoutControllers(seen);
      ({ expected } = seen);
    }
    // The pod that is asked may end meanwhile.
    const step =
      seen instanceof Error ? { waitFor: `an answer of the ring: ${errorMessage(seen)}` } : nextConvergenceStep(seen);
    if (step === "converged") break;
    if (!isBrief) streams = "waitFor" in step && step.joins ? await client.received(step.joins) : undefined;
    const share = "waitFor" in step && step.joins && streams?.toReceive ? streams : undefined;
    if ("waitFor" in step && step.isInVain)
      throw new Error(`the ring is not complete: ${step.advice}. Run \`pulumi up\` again after the edit`);
    const line = describeProgress(step, share);
    if (line !== said) {
      const left = share && "waitFor" in step ? timeLeft.describe(share.received, share.toReceive, step.joins) : "";
      await report(`${line}${left}${servingOf(seen)}`);
      [said, since] = [line, now()];
    }
    const waited = (now() - since) / 60_000;
    const announcement = announceStep(step, expected.length);
    if (announcement) await report(announcement, true);
    if ("cancelDecommission" in step) {
      await client.cancelDecommission(step.cancelDecommission);
    } else if ("rejoin" in step) {
      hasRejoined = true;
      await client.rejoin(step.rejoin);
    } else if ("replaceAtNewAddress" in step) {
      await client.replaceAtNewAddress(step.replaceAtNewAddress);
    } else if ("recreatePod" in step) {
      await client.scale(step.scale);
    } else if ("scale" in step) {
      if (step.from > step.scale && !client.leavesByItself)
        await decommissionMembers(client, step.scale, report, { pause: pauses });
      await client.scale(step.scale);
    } else if (step.updateRecord && waited > recordAfterMinutes) {
      await client.updateRecord(step.updateRecord);
    }
    const advised = "waitFor" in step && step.isForPersons;
    const limit = advised
      ? adviceTimeoutMinutes
      : stallLimitMinutes(stallTimeoutMinutes, share ? share.toReceive - share.received : 0);
    if (waited > limit) {
      const advice = "waitFor" in step && step.advice ? `: ${step.advice}` : "";
      throw new Error(
        `the ring is not complete: for ${Math.round(limit)} minutes, ${line}${advice}. The next \`pulumi up\` checks again`,
      );
    }
  }
  // A member makes its PersistentVolumeClaim an owner before the ring record lists the member.
  const corrections = await retryWhileUnavailable(() => client.repairOwners()).catch((error: Error) => {
    // An account that may not read Secrets leaves this to one that may. If a pod has changed the owners meanwhile, the API server answers
    // 422, and the next update corrects them.
    if (apiErrorKind(error) !== "forbidden" && (error as { code?: unknown }).code !== 422) throw error;
    return [];
  });
  for (const line of corrections) await warn(line);
  // Otherwise the next decommission runs `nodetool cleanup` first.
  if (!hasRejoined || isBlind) return;
  await client.recordTutorialPods();
  for (const pod of expected.length > 1 ? expected : []) {
    const what = `${pod} runs \`nodetool cleanup\`, since others hold part of its data now`;
    await report(what);
    await client.cleanup(pod, (said) => report(`${what}: ${said}`));
  }
}

/** How many members serve, to end a line. */
function servingOf(seen: Survey | Error): string {
  if (seen instanceof Error) return "";
  const { expected, pods } = seen;
  return countOf(pods.filter(({ name, ready }) => ready && expected.includes(name)).length, expected.length, "serve");
}

/** Nobody makes a controller while the check waits: the check runs after the engine has made all of them. */
function refuseWithoutControllers({ absent = [], namespace }: Survey): void {
  if (absent.length === 0) return;
  throw new Error(
    `there is no ${absent.join(" and no ")} in namespace ${namespace}. If somebody has deleted it, \`pulumi up --refresh\` makes it again, with ` +
      "the data that is there. If this update has left it out (`--target`, `--exclude`), the next `pulumi up` makes it",
  );
}

/** Minutes after which `pulumi up` writes what a pod has not written into the ring record itself. */
const recordAfterMinutes = 0.5;
