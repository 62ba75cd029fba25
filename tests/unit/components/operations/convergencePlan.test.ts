import * as assert from "node:assert/strict";
import { describeStep } from "../../../../components/operations/convergenceMessages";
import { nextConvergenceStep, Wait } from "../../../../components/operations/convergencePlan";
import { hasMembers } from "../../../../components/operations/ringSurvey";
import { entries, four, id, last, listing, member, pod, ring, waits, whole, without } from "./surveys";

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

  it("follows the ring where the record is stale", () => {
    const replaced = member(3, { hostId: id(9) });
    assert.deepEqual(waits(ring({ listed: [...whole.listed!.slice(0, 3), replaced] })).updateRecord, {
      "cassandra-3": `${id(9)} 10.0.0.3`,
    });
    const record = { ...whole.record, "cassandra-3": "empty" };
    assert.deepEqual(waits(ring({ record })).updateRecord, { "cassandra-3": `${id(3)} 10.0.0.3` });
  });

  it("has one of too many that is on its way out go on, before it waits for another one to join", () => {
    const joins = { ...whole.pods[2], ready: false };
    const record = without(whole.record, "cassandra-2");
    const three = whole.expected.slice(0, 3);
    const pods = [...whole.pods.slice(0, 2), joins, whole.pods[3]];
    const seen = ring({ asked: 4, expected: three, pods, record });
    assert.match(waits(seen).waitFor, /cassandra-2 to join the ring/);
    assert.deepEqual(nextConvergenceStep({ ...seen, listed: listing({ state: "leaving" }) }), { scale: 3, from: 4 });
    // A ReplicationController deletes the pod that does not run, whichever leaves.
    const silent = {
      ...seen,
      listed: listing({ state: "leaving" }),
      pods: [pod(0, { ready: false }), ...seen.pods.slice(1)],
    };
    assert.deepEqual(nextConvergenceStep(silent), { scale: 3, from: 4 });
    assert.equal(waits({ ...silent, lostMember: "removedByRing" }).waitFor, "cassandra-0 to serve again");
  });

  it("has the record forget a surplus member that somebody removed by hand, and the others repaired", () => {
    const gone = {
      record: { ...whole.record, ...entries(4), "repair.cassandra-4": "T" },
      missing: [{ name: "cassandra-4", ringOrdinal: 4 }],
    };
    const { waitFor, updateRecord } = waits(ring(gone));
    assert.equal(waitFor, "the ring record to forget cassandra-4, which the ring does not list");
    const deleted = Object.keys(updateRecord!).filter((key) => updateRecord![key] === null);
    assert.deepEqual(deleted, ["cassandra-4", "repair.cassandra-4", "repaired.cassandra-4"]);
    assert.deepEqual(
      Object.keys(updateRecord!).filter((key) => updateRecord![key]),
      four.map((ringOrdinal) => `repair.cassandra-${ringOrdinal}`),
    );
    // Pods of the tutorials' template repair nothing by themselves.
    const pods = whole.pods.map((one) => ({ ...one, keepsRecord: false }));
    assert.deepEqual(Object.keys(waits(ring({ ...gone, pods })).updateRecord!), [
      "cassandra-4",
      "repair.cassandra-4",
      "repaired.cassandra-4",
    ]);
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
