import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { found } from "./found";
import { histories } from "./histories";
import { History, Kind, Simulator } from "./simulator";

const minutes = 60_000;

/** Topologies of the rings; `KIND` has it be one of them. */
const kinds: Kind[] = process.env.KIND ? [process.env.KIND as Kind] : ["persistent", "racks", "ephemeral", "daemon"];
/** Histories run on both cores. */
const atOnce = 2;
/** How many histories are looked at, each of some fifty steps. */
const count = Number(process.env.HISTORIES ?? 10_000);
const seed = Number(process.env.SEED ?? 17);
/** With how many seeds a history is run until it fails. */
const seeds = 300;

async function passes(simulator: Simulator, history: History): Promise<void> {
  const { failure, log } = await simulator.run(history);
  if (failure) throw new Error(`${failure}\n${log.join("\n")}`);
}

describe("histories of a simulated ring", function () {
  this.timeout(30 * minutes);

  it(`lose no row and end in the ring that the stack asks for, ${count} of them`, async () => {
    const simulators = await Promise.all(Array.from({ length: atOnce }, () => Simulator.start()));
    try {
      const outcomes = await Promise.allSettled(
        simulators.map((simulator, i) =>
          fc.assert(
            fc.asyncProperty(histories(...kinds), (history) => passes(simulator, history)),
            { numRuns: count / atOnce, seed: seed + i, includeErrorInReport: true },
          ),
        ),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    } finally {
      await Promise.all(simulators.map((simulator) => simulator.end()));
    }
  });

  for (const { name, history, breaks } of found) {
    it(`that were found: ${name}`, async () => {
      const simulator = await Simulator.start();
      try {
        await passes(simulator, history);
      } finally {
        await simulator.end();
      }
    });

    if (breaks.length === 0) continue;
    it(`fail where the mending is taken out: ${name}`, async () => {
      const simulator = await Simulator.start(breaks);
      try {
        // The same deeds come at other instants with each change of the scripts: some of the seeds hit the one that matters.
        let failures = 0;
        for (let i = 0; i < seeds && failures === 0; i++) {
          if ((await simulator.run({ ...history, seed: history.seed + i })).failure) failures++;
        }
        assert.ok(failures > 0, `none of ${seeds} seeds fails`);
      } finally {
        await simulator.end();
      }
    });
  }
});
