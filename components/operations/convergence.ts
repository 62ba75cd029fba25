import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { failUpdate } from "../engine/failUpdate";
import { answered, explain, patiently, refusalOf } from "../kubernetes/apiClient";
import { allowedSilence, Tell } from "./memberDecommission";
import { Streams } from "../cassandra/nodetool";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import type { RingClient } from "../cassandra/ringClient";
import { isMocked } from "../engine/recorded";
import { shrink, ShrinkingRing } from "./topologyChanges";
import { size } from "./decommissionPlan";
import { foretold, Mend, nextMend } from "./convergencePlan";

export interface RingCheckArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Members of the ring. @default as many as its DaemonSet asks for */
  replicas?: number;
  /** Minutes without progress after which a step is given up; it goes on by itself. @default 15 */
  stallTimeoutMinutes?: number;
  /** The way to the ring in a namespace. */
  client: (namespace: string) => MendableRing;
}

/**
 * Looks whether a ring is what the stack says, and mends what is not. Hooks do not run where nothing differs in the state, as where
 * an update was cut off and the edit then taken back, or somebody had a member leave by hand: this does, in every `pulumi up`.
 * In preview it only tells. A ring that is whole is nothing to be told of.
 * @param after resolves once all of the ring is registered, and updated
 * @param parent line of `pulumi up` that it writes to
 * @returns whether it is, or was looked at in preview, once that is known; where it is not, the update fails and says what is missing
 */
export function whenWhole(
  args: RingCheckArgs,
  after: pulumi.Input<unknown>[],
  parent: pulumi.Resource,
): pulumi.Output<boolean> {
  if (isMocked()) return pulumi.output(false);
  const isDryRun = pulumi.runtime.isDryRun();
  return pulumi.all([pulumi.output(args.namespace), ...after]).apply(async ([namespace]) => {
    const client = args.client(namespace);
    const tell: Tell = (line, final = false) => pulumi.log.info(`${args.name}: ${line}`, parent, undefined, !final);
    const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);
    try {
      if (isDryRun) await foretell(client, args.replicas, tell);
      else await makeWhole(client, args, { tell, warn });
    } catch (error) {
      failUpdate(`ring ${args.name}: ${explain(error as Error)}`);
      return false;
    }
    return true;
  });
}

/** What is asked of a ring here, and done to it. */
export type MendableRing = Pick<
  RingClient,
  "survey" | "stay" | "takeBack" | "readdress" | "follow" | "received" | "scale" | "handsOver" | "setOwnersRight"
> &
  ShrinkingRing;

/** Of a ring with an edit still to come, whose sets ask for another count, the hooks tell. */
export async function foretell(
  client: Pick<RingClient, "survey">,
  replicas: number | undefined,
  tell: Tell,
): Promise<void> {
  try {
    const seen = await answered(() =>
      client.survey(replicas).catch((error: Error) => {
        // An account that may only read sees pods and record. What it does not see, `pulumi up` looks at.
        if (refusalOf(error) === "forbidden") return client.survey(replicas, "never");
        throw error;
      }),
    );
    const line =
      seen.asked !== undefined && seen.asked === (replicas ?? seen.asked) ? foretold(nextMend(seen), seen) : "";
    if (line) await tell(line, true);
  } catch (error) {
    await tell(
      `whether the ring is whole could not be looked at: ${explain(error as Error)}. \`pulumi up\` looks again`,
      true,
    );
  }
}

/** Minutes for which something is waited for that a person may have to do. */
const patienceWithAdvice = 1;

/** How often it is looked, in milliseconds. While a pod does not serve, each fifth look alone asks the ring, which costs a JVM. */
const pause = 3000;

/**
 * Has the ring be what the stack says, step by step, each decided on a new look.
 * @param pauses milliseconds between two looks @default 3000
 * @throws {Error} what is missing, when it has not come about for too long
 */
export async function makeWhole(
  client: MendableRing,
  {
    replicas,
    stallTimeoutMinutes = defaultStallTimeoutMinutes,
  }: Pick<RingCheckArgs, "replicas" | "stallTimeoutMinutes">,
  {
    tell,
    warn = () => Promise.resolve(),
    pauses = pause,
    now = Date.now,
  }: { tell: Tell; warn?: (line: string) => Promise<void>; pauses?: number; now?: () => number },
): Promise<void> {
  await client.note();
  let [said, since, hasRejoined] = ["", now(), false];
  let streams: Received | undefined;
  let isBlind = false;
  let expected: string[] = [];
  for (let looks = 0; ; looks++, await sleep(pauses)) {
    const isBrief = looks % 5 !== 0;
    const asks = isBlind ? "never" : isBrief ? "when all serve" : "always";
    const seen = await patiently(() => client.survey(replicas, asks)).catch((error: Error) => {
      if (isBlind && refusalOf(error) === "forbidden") throw error;
      return error;
    });
    if (seen instanceof Error && refusalOf(seen) === "forbidden") {
      isBlind = true;
      await tell(`the ring is judged by its pods and its record alone: ${explain(seen)}`, true);
      continue;
    }
    if (!(seen instanceof Error)) ({ expected } = seen);
    // A pod may end just as it is asked.
    const mend = seen instanceof Error ? { waitFor: `an answer of the ring: ${explain(seen)}` } : nextMend(seen);
    if (mend === "whole") break;
    if (!isBrief) streams = "waitFor" in mend && mend.joins ? await client.received(mend.joins) : undefined;
    const { line, remaining } = progress(mend, streams);
    if (line !== said) {
      await tell(line);
      [said, since] = [line, now()];
    }
    const waited = (now() - since) / 60_000;
    if ("stay" in mend) {
      await client.stay(mend.stay);
    } else if ("takeBack" in mend) {
      hasRejoined = true;
      await tell(`${mend.takeBack.name} has left the ring, though replicas is ${expected.length}: it joins anew`, true);
      await client.takeBack(mend.takeBack);
    } else if ("readdress" in mend) {
      await client.readdress(mend.readdress);
    } else if ("handOver" in mend) {
      await tell(`${mend.handOver} is a member and has no pod: it comes back, to hand its rows over`, true);
      await client.scale(mend.scale);
    } else if ("scale" in mend) {
      if (mend.from > mend.scale && !client.handsOver) await shrink(client, mend.scale, tell, { pause: pauses });
      await client.scale(mend.scale);
    } else if (mend.follow && waited > followAfter) {
      await client.follow(mend.follow);
    }
    const advised = "waitFor" in mend && mend.isForPersons;
    const limit = advised ? patienceWithAdvice : allowedSilence(stallTimeoutMinutes, remaining);
    if (waited > limit) {
      const advice = "waitFor" in mend && mend.advice ? `: ${mend.advice}` : "";
      throw new Error(
        `it is not whole: ${Math.round(limit)} minutes ${line}${advice}. The next \`pulumi up\` looks again`,
      );
    }
  }
  // Each member has made its claim an owner before it went on record.
  const setRight = await patiently(() => client.setOwnersRight()).catch((error: Error) => {
    // An account that may not look at Secrets leaves it to one that may; where a pod has written owners meanwhile (the API server calls
    // that 422), it is left to the next update.
    if (refusalOf(error) !== "forbidden" && (error as { code?: unknown }).code !== 422) throw error;
    return [];
  });
  for (const line of setRight) await warn(line);
  // Before a member leaves the next time, it is done as well.
  if (!hasRejoined || isBlind) return;
  await client.note();
  for (const pod of expected.length > 1 ? expected : []) {
    const what = `${pod} drops the rows that others have taken over`;
    await tell(what);
    await client.cleanUp(pod, (said) => tell(`${what}: ${said}`));
  }
}

/** Minutes after which what pods have not put on record themselves is put there for them. */
const followAfter = 0.5;

type Received = Pick<Streams, "received" | "toReceive">;

/** What it is at, for whoever watches `pulumi up`, and the bytes that are still to come. */
function progress(mend: Exclude<Mend, "whole">, streams?: Received): { line: string; remaining: number } {
  if ("stay" in mend) return { line: `having ${mend.stay} stay: it was about to leave the ring`, remaining: 0 };
  if ("handOver" in mend) return { line: `bringing ${mend.handOver} back, which has rows to hand over`, remaining: 0 };
  if ("scale" in mend) return { line: `scaling its sets from ${mend.from} pods to ${mend.scale}`, remaining: 0 };
  if ("readdress" in mend) {
    const line = `having ${mend.readdress.name} made again, at another address: the ring knows another member by the one that it has`;
    return { line, remaining: 0 };
  }
  if ("takeBack" in mend) return { line: `taking ${mend.takeBack.name} back`, remaining: 0 };
  const line = `waiting for ${mend.waitFor}`;
  if (!streams?.toReceive || !mend.joins) return { line, remaining: 0 };
  const { received, toReceive } = streams;
  return { line: `${line}: ${size(received)} of ${size(toReceive)} received`, remaining: toReceive - received };
}
