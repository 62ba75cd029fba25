import { setTimeout as sleep } from "node:timers/promises";
import type { ProgressReporter } from "../engine/progressReporter";
import type { Holdup } from "./podHoldups";

/** A ring whose pods are watched. */
export interface WatchedRing {
  holdups: () => Promise<Holdup[]>;
  lastWords: () => Promise<string | undefined>;
}

/** How a watch goes on. */
export interface Watch {
  /** Whether the ring is whole, or the update has failed. */
  isOver: boolean;
  /** Whether something else says what members wait for. */
  isQuiet: boolean;
}

/**
 * Tells what holds the pods of a ring, while the provider waits for them and says no more than how many are ready. What holds a pod in two
 * looks, one after the other, is told once. What cannot be looked at is left out: the update itself reports that.
 * @param pause milliseconds between two looks @default 10 s
 */
export async function watchPods(
  ring: WatchedRing,
  report: ProgressReporter,
  watch: Watch,
  pause = 10_000,
): Promise<void> {
  let before: string[] = [];
  const told = new Set<string>();
  for (;;) {
    // First of all: an update that changes nothing is over by then. The timer keeps no program alive that has nothing else to do.
    await sleep(pause, undefined, { ref: false });
    if (watch.isOver) return;
    const found = await ring.holdups().catch(() => []);
    const lasting = found.filter(({ id }) => before.includes(id) && !told.has(id));
    before = found.map(({ id }) => id);
    for (const { id, line } of lasting) {
      told.add(id);
      await report(line, true);
    }
    if (watch.isQuiet) continue;
    const words = await ring.lastWords().catch(() => undefined);
    if (words) await report(words);
  }
}
