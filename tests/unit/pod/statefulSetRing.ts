import * as assert from "node:assert/strict";
import type { Outcome, World } from "./podWorld";
import { run } from "./runScript";

/** A pod of a StatefulSet as it starts. */
export interface Start extends Pick<World, "record" | "replicas" | "data"> {
  ordinal: number;
  /** Ordinals that serve CQL. */
  serving?: number[];
  /** Host ID in the marker file of the volume. */
  marker?: string;
}

export const start = ({ ordinal, serving = [], marker, ...world }: Start) =>
  run("entrypoint.sh", [], {
    ...world,
    pod: `cassandra-${ordinal}`,
    env: { POD_IDENTITY: "ordinal" },
    serving: serving.map((i) => `cassandra-${i}.cassandra`),
    files: marker ? { "ring-member": marker } : {},
  });

export const id = (i: number) => `0000000${i}-aaaa-bbbb-cccc-dddddddddddd`;
export const member = (i: number) => `${id(i)} 10.0.0.${i}`;
export const formed = { formed: "2026-01-01T00:00:00Z" };
export const three = { "cassandra-0": member(0), "cassandra-1": member(1), "cassandra-2": member(2) };
export const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);
