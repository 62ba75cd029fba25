import * as assert from "node:assert/strict";
import { describeStep } from "../../../../components/operations/convergenceMessages";
import { nextConvergenceStep } from "../../../../components/operations/convergencePlan";
import { last, listing, member, pod, ring, waits, whole, without } from "./surveys";

describe("the way to a ring that is what the stack says", () => {
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
});
