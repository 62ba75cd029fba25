import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { found } from "./found";
import { Event, History, Simulator } from "./simulator";

const minutes = 60_000;

const upTo = (most: number) => fc.integer({ min: 0, max: most });
const anyOf = (...values: number[]) => fc.constantFrom(...values);
const event = (name: string, first: fc.Arbitrary<number> = upTo(9)): fc.Arbitrary<Event> =>
  fc.tuple(fc.constant(name), first, upTo(9));

/** Things that happen to rings, with time and writes in between. */
const events = fc.oneof(
  { weight: 10, arbitrary: event("wait", anyOf(1, 3, 8, 15, 40, 90)) },
  { weight: 6, arbitrary: event("write", anyOf(3, 8)) },
  { weight: 3, arbitrary: event("up", fc.integer({ min: 1, max: 5 })) },
  { weight: 1, arbitrary: event("up_to_end", fc.integer({ min: 1, max: 5 })) },
  ...[
    "kill_engine",
    "kill_container",
    "kill_cassandra",
    "delete_pod",
    "lose_node",
    "lose_disk",
    "cut",
    "decommission",
  ].map((name) => ({ weight: 1, arbitrary: event(name) })),
  { weight: 1, arbitrary: event("api", anyOf(5, 20, 60)) },
);

const histories: fc.Arbitrary<History> = fc
  .record({
    seed: fc.nat(),
    copies: fc.constantFrom<1 | 3>(1, 3),
    replicas: fc.integer({ min: 2, max: 4 }),
    events: fc.array(events, { minLength: 20, maxLength: 80, size: "max" }),
  })
  .map((history) => (history.copies === 3 ? { ...history, replicas: Math.max(3, history.replicas) } : history));

/** Histories run on both cores. */
const atOnce = 2;
/** How many histories are looked at, each of some fifty steps. */
const count = Number(process.env.HISTORIES ?? 3_000);
const seed = Number(process.env.SEED ?? 17);

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
            fc.asyncProperty(histories, (history) => passes(simulator, history)),
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
        assert.notEqual((await simulator.run(history)).failure, null);
      } finally {
        await simulator.end();
      }
    });
  }
});
