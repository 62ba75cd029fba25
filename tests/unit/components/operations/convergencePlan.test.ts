import * as assert from "node:assert/strict";
import { RingMember } from "../../../../components/cassandra/nodetool";
import { describeStep } from "../../../../components/operations/convergenceMessages";
import { nextConvergenceStep, Wait } from "../../../../components/operations/convergencePlan";
import { hasMembers, ObservedPod, Survey } from "../../../../components/operations/ringSurvey";

const id = (ringOrdinal: number) => `${ringOrdinal}0000000-0000-4000-8000-000000000000`;
const pod = (ringOrdinal: number, change: Partial<ObservedPod> = {}): ObservedPod => ({
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
const member = (ringOrdinal: number, change: Partial<RingMember> = {}): RingMember => ({
  hostId: id(ringOrdinal),
  address: `10.0.0.${ringOrdinal}`,
  datacenter: "dc1",
  rack: "rack1",
  tokens: 16,
  up: true,
  state: "normal",
  ...change,
});
const entries = (...places: number[]) =>
  Object.fromEntries(
    places.map((ringOrdinal) => [`cassandra-${ringOrdinal}`, `${id(ringOrdinal)} 10.0.0.${ringOrdinal}`]),
  );

const four = [0, 1, 2, 3];
const whole: Survey = {
  namespace: "db",
  asked: 4,
  expected: four.map((ringOrdinal) => `cassandra-${ringOrdinal}`),
  pods: four.map((ringOrdinal) => pod(ringOrdinal)),
  record: { formed: "2026-01-01T00:00:00Z", forming: "4", superuser: "admin", ...entries(...four) },
  listed: four.map((ringOrdinal) => member(ringOrdinal)),
};
const ring = (change: Partial<Survey>): Survey => ({ ...whole, ...change });
const last = (change: Partial<ObservedPod>) => [...whole.pods.slice(0, 3), pod(3, change)];
const listing = (change: Partial<RingMember>) => [...whole.listed!.slice(0, 3), member(3, change)];
const without = (record: Survey["record"], name: string) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
const waits = (seen: Survey) => {
  const step = nextConvergenceStep(seen);
  assert.ok(typeof step === "object" && "waitFor" in step, JSON.stringify(step));
  return step;
};

describe("a ring that is what the stack says", () => {
  it("is one whose members are all there, serve, and are on record as the ring has them", () => {
    assert.equal(nextConvergenceStep(whole), "converged");
    assert.equal(describeStep("converged", whole), "");
  });

  it("may have other addresses than those on record, which pods write later", () => {
    const listed = whole.listed!.map((one, i) => ({ ...one, address: `10.9.9.${i}` }));
    assert.equal(nextConvergenceStep(ring({ listed })), "converged");
  });

  it("is one of simulated pods that serve: they put nothing on record, and nobody is asked", () => {
    const record = { formed: "2026-01-01T00:00:00Z" };
    assert.equal(nextConvergenceStep(ring({ record, listed: undefined })), "converged");
    assert.equal(hasMembers(record, whole.pods), false);
    assert.equal(hasMembers({ "cassandra-0": "empty" }, whole.pods), false);
    assert.equal(hasMembers(entries(0), whole.pods), true);
    assert.equal(hasMembers({ "cassandra-3": "left some-pod" }, whole.pods), true);
  });
});

describe("the way to a ring that is what the stack says", () => {
  it("takes back a member that has left, by its very pod", () => {
    const seen = ring({
      record: { ...whole.record, "cassandra-3": "left uid-3" },
      pods: last({ ready: false }),
      listed: whole.listed!.slice(0, 3),
    });
    assert.deepEqual(nextConvergenceStep(seen), { rejoin: pod(3, { ready: false }) });
    assert.equal(
      describeStep(nextConvergenceStep(seen), seen),
      "cassandra-3 has left the ring, though replicas is 4: `pulumi up` makes it join again",
    );
    // The pod that follows it empties the disk and joins by itself.
    const next = waits({ ...seen, pods: last({ ready: false, uid: "another" }) });
    assert.deepEqual([next.waitFor, next.joins], ["cassandra-3 to join the ring and serve", "cassandra-3"]);
    assert.match(waits({ ...seen, pods: last({ ready: false, ending: true }) }).waitFor, /cassandra-3 to end/);
  });

  it("deletes a pod that waits at an address by which the ring knows another member", () => {
    const at2 = last({ ready: false, address: "10.0.0.2" });
    const seen = ring({ pods: at2 });
    assert.deepEqual(nextConvergenceStep(seen), { replaceAtNewAddress: at2[3] });
    assert.match(
      describeStep(nextConvergenceStep(seen), seen),
      /^cassandra-3 waits, since the ring knows another member by its address/,
    );
    // Those that have got each other's, one after the other.
    const swapped = ring({ pods: [...at2.slice(0, 2), pod(2, { ready: false, address: "10.0.0.3" }), at2[3]] });
    assert.deepEqual(nextConvergenceStep(swapped), { replaceAtNewAddress: at2[3] });
    // One that serves has it by right, and is about to say so; one that is no member loses nothing by waiting.
    assert.equal(nextConvergenceStep(ring({ pods: last({ address: "10.0.0.2" }) })), "converged");
    const slow = { ...whole.record, "cassandra-3": `${id(3)} 10.0.0.2` };
    assert.equal(waits(ring({ pods: at2, record: slow })).waitFor, "cassandra-3 to serve again");
    const joins = ring({ pods: at2, record: without(whole.record, "cassandra-3"), listed: whole.listed!.slice(0, 3) });
    assert.match(waits(joins).waitFor, /cassandra-3 to join/);
    // Deleted before it has started, a pod with its rows in itself could not hand them over.
    assert.equal(waits(ring({ pods: at2, lostMember: "removedByRing" })).waitFor, "cassandra-3 to serve again");
    assert.deepEqual(nextConvergenceStep(ring({ pods: at2, lostMember: "removedByHand" })), {
      replaceAtNewAddress: at2[3],
    });
  });

  it("undoes a decommission that nobody wants any more, whether Cassandra still serves CQL or not", () => {
    for (const ready of [true, false]) {
      const seen = ring({ listed: listing({ state: "leaving" }), pods: last({ ready }) });
      assert.deepEqual(nextConvergenceStep(seen), { cancelDecommission: "cassandra-3" });
      assert.equal(
        describeStep(nextConvergenceStep(seen), seen),
        "cassandra-3 is leaving the ring, though replicas is 4: `pulumi up` cancels the decommission",
      );
    }
    // Its container ends already.
    const down = ring({ listed: listing({ state: "leaving", up: false }), pods: last({ ready: false }) });
    assert.equal(waits(down).waitFor, "cassandra-3 to serve again");
  });

  it("has sets that ask for another count ask for that of the stack, before anything else", () => {
    const seen = ring({ asked: 3, pods: whole.pods.slice(0, 3), listed: listing({ up: false }) });
    assert.deepEqual(nextConvergenceStep(seen), { scale: 4, from: 3 });
    assert.match(
      describeStep({ scale: 4, from: 3 }, seen),
      /the controllers ask for 3 pods, though replicas is 4: `pulumi up` scales/,
    );
  });

  it("takes the turn from a pod that there is not to be, and from no other", () => {
    const turn = (pod: string) => nextConvergenceStep(ring({ record: { ...whole.record, moving: `${pod} joins` } }));
    assert.deepEqual((turn("cassandra-7") as Wait).updateRecord, { moving: null });
    assert.equal((turn("cassandra-3") as Wait).updateRecord, undefined);
  });

  it("waits for pods, and says why their containers do not run", () => {
    assert.match(waits(ring({ pods: whole.pods.slice(0, 3) })).waitFor, /pod cassandra-3 to be created/);
    assert.match(
      waits(ring({ pods: last({ ready: false, running: false, trouble: "ImagePullBackOff" }) })).waitFor,
      /cassandra-3 to serve again \(ImagePullBackOff\)/,
    );
    assert.match(waits(ring({ pods: [...whole.pods, pod(4)] })).waitFor, /cassandra-4 to end/);
  });

  it("waits for a member that joins, moves or is down in the eyes of the others", () => {
    assert.match(waits(ring({ listed: listing({ state: "joining" }) })).waitFor, /cassandra-3, which is joining,/);
    assert.match(waits(ring({ listed: listing({ up: false }) })).waitFor, /cassandra-3, which is down,/);
  });

  it("does not end before the members of a ring that forms can be asked", () => {
    const record = { "cassandra-0": "empty" };
    assert.match(waits(ring({ record, listed: undefined })).waitFor, /a member to serve and to list the ring/);
  });

  it("follows the ring where the record is stale", () => {
    const replaced = member(3, { hostId: id(9) });
    assert.deepEqual(waits(ring({ listed: [...whole.listed!.slice(0, 3), replaced] })).updateRecord, {
      "cassandra-3": `${id(9)} 10.0.0.3`,
    });
    const record = { ...whole.record, "cassandra-3": "empty" };
    assert.deepEqual(waits(ring({ record })).updateRecord, { "cassandra-3": `${id(3)} 10.0.0.3` });
  });

  it("names a member that serves and that the ring does not list", () => {
    const { waitFor, advice, isForPersons } = waits(ring({ listed: whole.listed!.slice(0, 3) }));
    assert.equal(waitFor, "the ring to list cassandra-3");
    assert.match(advice!, /removed it by hand/);
    assert.equal(isForPersons, true);
  });

  it("names pods in what is to be typed, and no nodes; nobody is told to delete a pod that has its rows in itself", () => {
    const onNodes = whole.pods.map((one) => ({ ...one, pod: `pod-of-${one.name}` }));
    const unlisted = { ...whole, pods: onNodes, listed: whole.listed!.slice(0, 3) };
    assert.match(
      waits({ ...unlisted, lostMember: "removedByHand" }).advice!,
      /kubectl delete -n \S+ pod pod-of-cassandra-3/,
    );
    const inPods = waits({ ...unlisted, lostMember: "removedByRing" }).advice!;
    assert.match(
      inPods,
      /its data is deleted with its pod: before you delete the pod, run `kubectl exec -n \S+ pod-of-cassandra-3 -- nodetool snapshot`/,
    );
    const stranger = member(9, { up: false });
    const ghost = waits({ ...whole, pods: onNodes, listed: [...whole.listed!, stranger], lostMember: "removedByHand" });
    assert.match(ghost.advice!, /kubectl exec -n \S+ pod-of-cassandra-0 -- nodetool removenode/);
    const silent = onNodes.map((one, i) => ({ ...one, ready: i > 0 }));
    assert.match(waits({ ...whole, pods: silent }).advice!, /kubectl logs -n db pod-of-cassandra-0/);
  });

  it("names a member that has no pod", () => {
    const stranger = member(9, { up: false });
    const told = waits(ring({ listed: [...whole.listed!, stranger] }));
    assert.match(told.waitFor, /the member at 10.0.0.9 \(host ID 90000000-.*, down\), which has no pod/);
    assert.match(told.advice!, /nodetool removenode 90000000-/);

    // No member: the ring forgets it by itself.
    const joiner = waits(ring({ listed: [...whole.listed!, { ...stranger, state: "joining" }] }));
    assert.equal(joiner.waitFor, "the ring to forget the node at 10.0.0.9, which began to join and is gone");
    assert.deepEqual([joiner.advice, joiner.isForPersons], [undefined, undefined]);

    // A set that was scaled by hand, refreshed, and then edited to that count.
    const three = whole.expected.slice(0, 3);
    const cut = ring({ asked: 3, expected: three, pods: whole.pods.slice(0, 3), listed: listing({ up: false }) });
    const missing = { ...cut, missing: [{ name: "cassandra-3", ringOrdinal: 3 }] };
    assert.deepEqual(nextConvergenceStep(missing), { recreatePod: "cassandra-3", scale: 4 });
    const joined = { ...missing, record: { ...without(cut.record, "cassandra-3"), moving: "cassandra-3 joins" } };
    assert.deepEqual(nextConvergenceStep(joined), { recreatePod: "cassandra-3", scale: 4 });
    // One that ended before it was on record at all: its volume is there.
    const record = without(cut.record, "cassandra-3");
    const unrecorded = { ...missing, record };
    assert.deepEqual(nextConvergenceStep(unrecorded), { recreatePod: "cassandra-3", scale: 4 });
    // Not while a pod starts that may be it, nor for a member that joins, nor for a volume whose member has left.
    const starting = { ...cut.pods[2], address: "10.0.0.12", ready: false };
    const unclear = {
      ...unrecorded,
      pods: [...cut.pods.slice(0, 2), starting],
      record: without(record, "cassandra-2"),
    };
    assert.match(waits(unclear).waitFor, /cassandra-2 to join the ring/);
    const joins = { ...unrecorded, listed: listing({ up: false, state: "joining" }) };
    assert.match(waits(joins).waitFor, /to forget the node at .*, which began to join/);
    assert.match(waits({ ...unrecorded, record: { ...record, "cassandra-3": "left u" } }).waitFor, /which has no pod/);
    assert.match(
      describeStep(nextConvergenceStep(missing), missing),
      /cassandra-3 is a member, though replicas is 3, and has no pod: `pulumi up` recreates its pod/,
    );
  });

  it("has one of too many that is on its way out go on, before it waits for another one to join", () => {
    const joins = { ...whole.pods[2], ready: false };
    const record = without(whole.record, "cassandra-2");
    const three = whole.expected.slice(0, 3);
    const pods = [...whole.pods.slice(0, 2), joins, whole.pods[3]];
    const seen = ring({ asked: 4, expected: three, pods, record });
    assert.match(waits(seen).waitFor, /cassandra-2 to join the ring/);
    assert.deepEqual(nextConvergenceStep({ ...seen, listed: listing({ state: "leaving" }) }), { scale: 3, from: 4 });
  });

  it("ends with no repair owed and nobody's turn open", () => {
    const owed = { ...whole.record, "repair.cassandra-1": "2026-01-01T00:00:00Z" };
    assert.match(waits(ring({ record: owed })).waitFor, /the repair of cassandra-1 to end/);
    const turn = { ...whole.record, moving: "cassandra-3 joins" };
    const { waitFor, advice } = waits(ring({ record: turn }));
    assert.match(waitFor, /cassandra-3 to release the topology lock \(joins\)/);
    assert.match(
      advice!,
      /^`kubectl logs -n db cassandra-3` may tell why; a pod whose container restarts releases the lock$/,
    );
    assert.equal(nextConvergenceStep(ring({ record: { ...whole.record, moving: "" } })), "converged");
  });

  it("has the record forget a surplus member that somebody removed by hand, and the others repaired", () => {
    const gone = {
      record: { ...whole.record, ...entries(4), "repair.cassandra-4": "T" },
      missing: [{ name: "cassandra-4", ringOrdinal: 4 }],
    };
    const { waitFor, updateRecord } = waits(ring(gone));
    assert.equal(waitFor, "the ring record to forget cassandra-4, which the ring does not list");
    const deleted = Object.keys(updateRecord!).filter((key) => updateRecord![key] === null);
    assert.deepEqual(deleted, ["cassandra-4", "repair.cassandra-4"]);
    assert.deepEqual(
      Object.keys(updateRecord!).filter((key) => updateRecord![key]),
      four.map((ringOrdinal) => `repair.cassandra-${ringOrdinal}`),
    );
    // A member without a pod that the ring lists is brought back instead.
    const listed = [...whole.listed!, member(4, { up: false })];
    assert.deepEqual(nextConvergenceStep(ring({ ...gone, listed })), { recreatePod: "cassandra-4", scale: 5 });
  });

  it("counts the members of several sets", () => {
    const sets = ["cassandra-a", "cassandra-b"];
    const names = [0, 1].flatMap((ordinal) => sets.map((set) => `${set}-${ordinal}`));
    const seen = ring({
      expected: names,
      pods: names.map((name, ringOrdinal) => pod(ringOrdinal, { name })),
      record: Object.fromEntries(names.map((name, ringOrdinal) => [name, `${id(ringOrdinal)} 10.0.0.${ringOrdinal}`])),
    });
    assert.equal(nextConvergenceStep(seen), "converged");
    assert.deepEqual(nextConvergenceStep({ ...seen, listed: listing({ state: "leaving" }) }), {
      cancelDecommission: "cassandra-b-1",
    });
  });
});
