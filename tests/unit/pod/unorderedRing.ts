import * as assert from "node:assert/strict";
import type { Outcome, World } from "./podWorld";
import { run } from "./runScript";

/** A pod without ordinal as it starts: pod `b` of `a`, `b` and `c`, whose addresses end in 1, 2 and 3. */
export const start = (world: Partial<World>) =>
  run("entrypoint.sh", [], {
    pod: "b",
    env: { POD_IDENTITY: "none", RING_DISK: "pod" },
    view: pods("a", "b", "c"),
    record: {},
    ...world,
  });

export const address = (name: string) => `10.0.0.${name.charCodeAt(0) - 96}`;
export const pods = (...names: string[]) => [...names.map((name) => `pod ${name} ${address(name)} here`), ...asked(3)];
export const asked = (replicas: number, self = "here", successor = "yes") => [
  `replicas ${replicas}`,
  `self ${self}`,
  `successor ${successor}`,
];
export const idOf = (name: string) => `${String(name.charCodeAt(0) - 96).padStart(8, "0")}-aaaa-bbbb-cccc-dddddddddddd`;
export const member = (name: string) => `${idOf(name)} ${address(name)}`;
export const members = (...names: string[]) => Object.fromEntries(names.map((name) => [name, member(name)]));
export const formed = { formed: "2026-01-01T00:00:00Z" };
export const all = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
export const ofNode = { POD_IDENTITY: "none", RING_DISK: "node" };
export const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);
