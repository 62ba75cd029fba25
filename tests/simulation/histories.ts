import * as fc from "fast-check";
import { Event, History, Kind } from "./simulator";

const upTo = (most: number) => fc.integer({ min: 0, max: most });
const anyOf = (...values: number[]) => fc.constantFrom(...values);
const event = (name: string, first: fc.Arbitrary<number> = upTo(9)): fc.Arbitrary<Event> =>
  fc.tuple(fc.constant(name), first, upTo(9));

/** Things that happen to rings, with time and writes in between. */
const events = fc.oneof(
  { weight: 10, arbitrary: event("wait", anyOf(1, 3, 8, 15, 40, 90)) },
  { weight: 6, arbitrary: event("write", anyOf(3, 8)) },
  { weight: 3, arbitrary: event("up", fc.integer({ min: 1, max: 5 })) },
  { weight: 1, arbitrary: event("scale", fc.integer({ min: 1, max: 5 })) },
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

/** Histories of rings of these topologies. */
export const histories = (...kinds: Kind[]): fc.Arbitrary<History> =>
  fc
    .record({
      seed: fc.nat(),
      kind: fc.constantFrom(...kinds),
      copies: fc.constantFrom<1 | 3>(1, 3),
      replicas: fc.integer({ min: 2, max: 4 }),
      events: fc.array(events, { minLength: 20, maxLength: 80, size: "max" }),
    })
    .map((history) => (history.copies === 3 ? { ...history, replicas: Math.max(3, history.replicas) } : history));
