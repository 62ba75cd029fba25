import * as assert from "node:assert/strict";
import fc from "fast-check";
import { nextStep } from "../../../../components/operations/decommissionPlan";
import type { Member } from "../../../../components/operations/ringView";
import { five, keyspace, member, ring, unlisted } from "./ringView";

describe("the way to a smaller ring", () => {
  it("takes the highest place first, one at a time", () => {
    assert.deepEqual(nextStep(ring(five, keyspace("shop", 3)), 3), { decommission: "cassandra-4" });
    assert.deepEqual(nextStep(ring(five.slice(0, 4), keyspace("shop", 3)), 3), { decommission: "cassandra-3" });
    assert.equal(nextStep(ring(five.slice(0, 3), keyspace("shop", 3)), 3), "done");
  });

  it("goes on with a member that is leaving already", () => {
    const cut = [...five.slice(0, 3), member(3, { state: "leaving" }), five[4]];
    assert.deepEqual(nextStep(ring(cut), 3), { decommission: "cassandra-3" });
  });

  it("brings a member back whose set was made smaller by hand, and that has rows on its volume", () => {
    const missing = [{ pod: "cassandra-3", ringOrdinal: 3 }];
    const cut = [...five.slice(0, 3), member(3, { up: false })];
    assert.deepEqual(nextStep({ ...ring(cut), missing }, 3), { recreatePods: ["cassandra-3"], pods: 4 });
    assert.deepEqual(nextStep({ ...ring([...cut, five[4]]), missing }, 3), { recreatePods: ["cassandra-3"], pods: 5 });
    // One that has left, and ended before that was on record, comes back to note it.
    const left = { ...ring(five.slice(0, 3)), missing, unlisted: [unlisted(3)] };
    assert.deepEqual(nextStep(left, 3), { recreatePods: ["cassandra-3"], pods: 4 });
    // Also where another one is down, which may have lost its disk, and need what is on that volume.
    const down = [member(0, { up: false }), ...cut.slice(1)];
    assert.deepEqual(nextStep({ ...ring(down), missing }, 3), { recreatePods: ["cassandra-3"], pods: 4 });
  });

  it("goes on with one whose turn it is", () => {
    const topologyChange = { pod: "cassandra-4", what: "leaves" };
    assert.deepEqual(nextStep({ ...ring(five), topologyChange }, 3), { decommission: "cassandra-4" });
  });

  it("waits for members that are to stay and are not there, so that no fewer are left", () => {
    assert.deepEqual(nextStep(ring([...five.slice(0, 2), ...five.slice(3)]), 3), {
      waitFor: ["1 of the 3 members that are to stay are not in the ring yet"],
      joins: undefined,
    });
  });

  it("has one that leaves already go on, whoever else is to come: that one may be waiting for it", () => {
    const topologyChange = { pod: "cassandra-2", what: "joins" };
    const view = { ...ring([...five.slice(0, 2), member(3, { state: "leaving" })]), topologyChange };
    assert.deepEqual(nextStep(view, 3), { decommission: "cassandra-3" });
  });

  it("waits for a member that joins, though it is one of those that go", () => {
    assert.deepEqual(nextStep(ring([...five, member(5, { state: "joining" })]), 3), {
      waitFor: ["cassandra-5 is joining: one member joins or leaves at a time"],
      joins: "cassandra-5",
    });
  });

  it("does not take a ring for small enough while a member might be of a pod that goes", () => {
    const stranger = nextStep({ ...ring(five.slice(0, 3)), unknownMembers: ["10.0.0.9"] }, 3);
    assert.ok(typeof stranger === "object" && "refuse" in stranger, JSON.stringify(stranger));
    // It may have left, and have yet to note it; of one that was removed, the wait ends soon.
    assert.deepEqual(nextStep({ ...ring(five.slice(0, 3)), unlisted: [unlisted(3, true)] }, 3), {
      waitFor: [
        "the ring record lists cassandra-3 as a member, and the ring does not: `kubectl logs -n db cassandra-3` may tell why",
      ],
      minutes: 3,
    });
  });

  it("takes a surplus member that the ring does not list, and that does not serve, for one that was removed by hand", () => {
    const removedIn = (...seen: ReturnType<typeof unlisted>[]) => {
      const step = nextStep({ ...ring(five.slice(0, 3)), unlisted: seen }, 3);
      assert.ok(typeof step === "object" && "waitFor" in step, JSON.stringify(step));
      return step.removed;
    };
    assert.deepEqual(removedIn(unlisted(3)), ["cassandra-3"]);
    assert.deepEqual(removedIn(unlisted(3), unlisted(4)), ["cassandra-3", "cassandra-4"]);
    // One that serves has rows that the others may lack, and one that is to stay is wanted back.
    assert.equal(removedIn(unlisted(3, true)), undefined);
    assert.equal(removedIn(unlisted(2)), undefined);
    assert.equal(removedIn(unlisted(2), unlisted(3)), undefined);
  });

  it("waits until the ring has forgotten a pod that ended as it joined, and advises nobody to remove it", () => {
    const waitFor = ["the node at 10.0.0.9 began to join and is gone; the ring forgets it within a minute or two"];
    for (const members of [five.slice(0, 3), five])
      assert.deepEqual(nextStep({ ...ring(members), failedJoins: ["10.0.0.9"] }, 3), { waitFor, minutes: 3 });
  });

  it("waits for a pod that starts where a member is nobody's yet: it may be that one", () => {
    const waitFor = [
      "a member at 10.0.0.9 belongs to no pod yet, and may be cassandra-3, which starts (`kubectl logs -n db cassandra-3`); if it is none of " +
        "these and gone for good, remove it with `nodetool removenode`",
    ];
    const unclear = { ...ring(five.slice(0, 3)), unknownMembers: ["10.0.0.9"], starting: ["cassandra-3"] };
    assert.deepEqual(nextStep(unclear, 3), { waitFor, minutes: 8 });
    // Without a stranger, a pod of which the ring lists nobody has not begun to join.
    assert.equal(nextStep({ ...unclear, unknownMembers: [] }, 3), "done");
  });

  /** A ring and its set as edits and failures come over them; rows are where members say that they are. */
  class Model {
    pods: number;
    members: Member[];
    /** Rows, each on as many members as the keyspace has copies. */
    rows: Set<number>[];

    constructor(
      count: number,
      readonly copies: number,
    ) {
      this.pods = count;
      this.members = Array.from({ length: count }, (_, ringOrdinal) => member(ringOrdinal));
      this.rows = Array.from({ length: 20 }, (_, row) => new Set(this.places(row)));
    }

    private places(row: number): number[] {
      const all = this.members.map(({ ringOrdinal }) => ringOrdinal);
      return Array.from({ length: this.copies }, (_, i) => all[(row + i) % all.length]);
    }

    /** One `pulumi up`: the hook, step by step, and the update of the set if the hook lets it through. */
    update(wanted: number, event: { fails: boolean; down?: number }): void {
      for (const one of this.members) one.up = one.ringOrdinal !== event.down;
      for (let steps = 0; steps < 20; steps++) {
        const step = nextStep(ring(this.members, keyspace("shop", this.copies)), wanted);
        if (step === "done") break;
        if ("refuse" in step || "waitFor" in step || "recreatePods" in step) return;
        const leaver = this.members.find(({ pod }) => pod === step.decommission)!;
        // Cut off half-way: it stays a member, and is seen as leaving.
        if (event.fails) return void (leaver.state = "leaving");
        assert.ok(
          this.members.every(({ up }) => up),
          "rows cannot be moved from or to a member that is down",
        );
        this.members = this.members.filter((one) => one !== leaver);
        this.rows.forEach((_, row) => (this.rows[row] = new Set(this.places(row))));
      }
      const joining = Array.from({ length: Math.max(0, wanted - this.pods) }, (_, i) => member(this.pods + i));
      this.pods = wanted;
      this.members.push(...joining);
    }
  }

  it("from any edits and failures, removes no pod that is a member, and keeps every copy of every row", () => {
    const edit = fc.record({
      wanted: fc.integer({ min: 1, max: 7 }),
      fails: fc.boolean(),
      down: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(edit, { maxLength: 12 }), (copies, edits) => {
        const model = new Model(3, copies);
        for (const { wanted, ...event } of edits) {
          model.update(wanted, event);
          for (const { pod, ringOrdinal } of model.members) assert.ok(ringOrdinal < model.pods, `${pod} lost its pod`);
          assert.ok(model.members.length >= copies, "fewer members than copies");
          for (const row of model.rows) assert.equal(row.size, copies, "a copy is lost");
        }
      }),
      { numRuns: 500 },
    );
  });
});
