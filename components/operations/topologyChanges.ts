import { setTimeout as sleep } from "node:timers/promises";
import { clearOf, explain, patiently, refusalOf } from "../kubernetes/apiClient";
import { allowedSilence, Tell } from "./memberDecommission";
import { hasLeft } from "../cassandra/record";
import { RingClient } from "../cassandra/ringClient";
import { nextStep, RingView, size, Step } from "./decommissionPlan";
import { atAnothersAddress, nextMend, SeenPod, Survey } from "./convergencePlan";

/**
 * Takes back members that have left, or are about to, though their pods are to be members. It comes before an update that waits for
 * all pods to serve: such a pod never would.
 * @param replicas members that the ring is to have
 */
export async function bringBack(
  client: Pick<RingClient, "survey" | "stay" | "takeBack" | "readdress">,
  replicas: number,
  tell: Tell,
  pause = 3000,
): Promise<void> {
  let [waits, known] = [-1, 0];
  const moved: string[] = [];
  for (;;) {
    const seen = await patiently(() => client.survey(replicas)).catch(async (error: Error) => {
      // What is missing is told at the end of the update. The account may not run commands in pods, or no member answers: the update may
      // be what mends them.
      if (["absent", "conflict", "silent"].includes(refusalOf(error))) throw error;
      if (refusalOf(error) !== "forbidden") await tell(`who is in the ring could not be seen: ${explain(error)}`);
    });
    // Also one that is too many: it comes back first, to hand its rows over.
    const misplaced = seen && atAnothersAddress(seen, seen.pods);
    if (misplaced) {
      await readdress(client, misplaced, tell);
      moved.push(misplaced.name);
    }
    const expected = seen ? [...new Set([...staying(seen), ...moved])] : [];
    const pods = seen?.pods.filter(({ name }) => expected.includes(name)) ?? [];
    const mend = seen && nextMend({ ...seen, asked: expected.length, expected, pods });
    if (mend && typeof mend === "object" && "stay" in mend) {
      await tell(`${mend.stay} was about to leave the ring, though it is to stay: it comes back`, true);
      await client.stay(mend.stay);
    } else if (mend && typeof mend === "object" && "takeBack" in mend) {
      await tell(`${mend.takeBack.name} has left the ring, though it is to be a member: it joins anew`, true);
      await client.takeBack(mend.takeBack);
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
      await tell("waiting for members that come back to serve");
    }
    if (mend && typeof mend === "object" && ("stay" in mend || "takeBack" in mend)) waits = 0;
    // A pod that was deleted is missing until the next one is made.
    known = Math.max(known, pods.length);
    await sleep(pause);
  }
}

/** Has a pod made again whose address is another member's to the ring. */
async function readdress(client: Pick<RingClient, "readdress">, pod: SeenPod, tell: Tell): Promise<void> {
  await tell(`${pod.name} has an address by which the ring knows another member: it is made again`, true);
  await client.readdress(pod);
}

/**
 * Pods whose members come back first. Those that are too many are asked to leave after that; of pods without ordinal, nobody knows yet
 * which ones these will be.
 */
export function staying({ expected, pods, dead }: Pick<Survey, "expected" | "pods" | "dead">): string[] {
  return dead ? pods.filter(({ ending }) => !ending).map(({ name }) => name) : expected;
}

/** Looks for which members that come back are waited for: fifteen minutes. What is missing then is told at the end of the update. */
const mostWaits = 300;

/**
 * Whoever stays may still hold rows that it once handed over, and will own them again. Had they been deleted meanwhile, they
 * would come back: they go first. It takes a moment where there are none. Cassandra does not do it while a member moves.
 */
async function tidy(client: Pick<RingClient, "cleanUp">, { members }: RingView, tell: Tell): Promise<void> {
  if (members.some(({ state }) => state !== "normal")) return;
  for (const { pod } of members) {
    const what = `${pod} drops rows that others have taken over earlier, if it has any left`;
    await tell(what);
    await client.cleanUp(pod, (said) => tell(`${what}: ${said}`));
  }
}

/** None may leave now, and why, a line each. */
export class NotNow extends Error {}

/** What is asked of a ring that is made smaller, and done to it. */
export type ShrinkingRing = Pick<
  RingClient,
  | "isUnformed"
  | "note"
  | "look"
  | "survey"
  | "readdress"
  | "scale"
  | "received"
  | "decommission"
  | "cleanUp"
  | "stallTimeoutMinutes"
>;

/**
 * Has all members leave that go, one at a time, each step decided on a new look.
 * @param wanted members that the ring is to have
 * @param look what makes a look at the ring, and says so where that fails @default the look itself
 * @param pause milliseconds between two looks while something else is waited for @default 3000
 * @throws {NotNow} why none may leave now
 * @throws {Error} why one could not
 */
export async function shrink(
  client: ShrinkingRing,
  wanted: number,
  tell: Tell,
  { look = <T>(at: () => Promise<T>): Promise<T> => at(), pause = 3000 } = {},
): Promise<void> {
  // Of a first ring that does not fit its cluster, no member is there to leave.
  if (await look(() => client.isUnformed())) return;
  await look(() => client.note());
  for (let turn = 0; ; turn++) {
    const { ring, step } = await movable(client, wanted, tell, pause, () =>
      look(() => client.look(turn === 0 ? undefined : wanted)),
    );
    if (step === "done") return;
    if ("refuse" in step) throw new NotNow(step.refuse.join("\n"));
    if ("bringBack" in step) {
      const pods = step.bringBack.join(" and ");
      await tell(`${pods} is on record as a member and has no pod: it comes back first, since it may have rows`, true);
      await client.scale(step.pods);
      await serve(client, step.bringBack, tell);
      continue;
    }
    if (turn === 0) await tidy(client, ring, tell);
    await client.decommission(step.decommission, tell);
  }
}

/** Waits until pods are there and serve, or have noted that they had left. @throws {NotNow} */
async function serve(
  client: Pick<RingClient, "survey" | "readdress" | "stallTimeoutMinutes">,
  names: string[],
  tell: Tell,
): Promise<void> {
  const silent = async () => {
    const seen = await client.survey(undefined, "never");
    const { pods, record } = seen;
    const misplaced = atAnothersAddress(seen, pods);
    if (misplaced) await readdress(client, misplaced, tell);
    const serves = (name: string) => pods.some((pod) => pod.name === name && pod.ready && !pod.ending);
    const missing = names.filter((name) => !serves(name) && !hasLeft(record[name]));
    if (missing.length === 0) return undefined;
    await tell(`waiting for ${missing.join(" and ")} to serve`);
    return `${missing.join(" and ")} must serve first`;
  };
  await clearOf(silent, client.stallTimeoutMinutes).catch((error: Error) => {
    throw new NotNow(error.message);
  });
}

/** Waits until no other move of data goes on. @returns what the ring is then, and what comes next */
async function movable(
  client: Pick<RingClient, "received" | "stallTimeoutMinutes">,
  wanted: number,
  tell: Tell,
  pause: number,
  look: () => Promise<RingView>,
): Promise<{ ring: RingView; step: Exclude<Step, { waitFor: string[] }> }> {
  for (let [said, since] = ["", Date.now()]; ; await sleep(pause)) {
    const ring = await look();
    const step = nextStep(ring, wanted);
    if (step === "done" || !("waitFor" in step)) return { ring, step };
    const streams = step.joins ? await client.received(step.joins) : undefined;
    const { received, toReceive } = streams ?? { received: 0, toReceive: 0 };
    const line = `waiting: ${step.waitFor.join("; ")}${toReceive ? ` (${size(received)} of ${size(toReceive)} received)` : ""}`;
    if (line !== said) {
      await tell(line);
      [said, since] = [line, Date.now()];
    }
    const limit = step.minutes ?? allowedSilence(client.stallTimeoutMinutes, toReceive - received);
    if (Date.now() - since > limit * 60_000) {
      throw new NotNow(`${line}, for ${Math.round(limit)} minutes`);
    }
  }
}
