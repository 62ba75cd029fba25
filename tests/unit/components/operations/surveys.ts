/** Surveys of a ring, and what follows from them. */
import * as assert from "node:assert/strict";
import { RingMember } from "../../../../components/cassandra/nodetool";
import { nextConvergenceStep } from "../../../../components/operations/convergencePlan";
import { ObservedPod, Survey } from "../../../../components/operations/ringSurvey";

/** Host ID of the member of this place. */
export const id = (ringOrdinal: number) => `${ringOrdinal}0000000-0000-4000-8000-000000000000`;

/** A pod that serves. @param change what is different */
export const pod = (ringOrdinal: number, change: Partial<ObservedPod> = {}): ObservedPod => ({
  name: `cassandra-${ringOrdinal}`,
  uid: `uid-${ringOrdinal}`,
  ringOrdinal,
  address: `10.0.0.${ringOrdinal}`,
  running: true,
  ready: true,
  ending: false,
  keepsRecord: true,
  ...change,
});

/** A member as the ring lists it, up and NORMAL. @param change what is different */
export const member = (ringOrdinal: number, change: Partial<RingMember> = {}): RingMember => ({
  hostId: id(ringOrdinal),
  address: `10.0.0.${ringOrdinal}`,
  datacenter: "dc1",
  rack: "rack1",
  tokens: 16,
  up: true,
  state: "normal",
  ...change,
});

/** Entries of the ring record for the members of these places. */
export const entries = (...places: number[]) =>
  Object.fromEntries(
    places.map((ringOrdinal) => [`cassandra-${ringOrdinal}`, `${id(ringOrdinal)} 10.0.0.${ringOrdinal}`]),
  );

/** Places of the members of a ring of four. */
export const four = [0, 1, 2, 3];

/** A ring of four that is what the stack says. */
export const whole: Survey = {
  namespace: "db",
  asked: 4,
  expected: four.map((ringOrdinal) => `cassandra-${ringOrdinal}`),
  pods: four.map((ringOrdinal) => pod(ringOrdinal)),
  record: { formed: "2026-01-01T00:00:00Z", forming: "4", superuser: "admin", ...entries(...four) },
  listed: four.map((ringOrdinal) => member(ringOrdinal)),
};

/** That ring, but for what is different. */
export const ring = (change: Partial<Survey>): Survey => ({ ...whole, ...change });

/** Pods of that ring, of which the last one is different. */
export const last = (change: Partial<ObservedPod>) => [...whole.pods.slice(0, 3), pod(3, change)];

/** Members of that ring, of which the last one is different. */
export const listing = (change: Partial<RingMember>) => [...whole.listed!.slice(0, 3), member(3, change)];

/** A ring record without one of its entries. */
export const without = (record: Survey["record"], name: string) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** The step towards the ring that the stack asks for, which must be a wait. */
export const waits = (seen: Survey) => {
  const step = nextConvergenceStep(seen);
  assert.ok(typeof step === "object" && "waitFor" in step, JSON.stringify(step));
  return step;
};
