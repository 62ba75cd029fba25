import * as assert from "node:assert/strict";
import {
  describeDecommission,
  nextStep,
  obstacles,
  violations,
} from "../../../../components/operations/decommissionPlan";
import type { RingView } from "../../../../components/operations/ringView";
import { five, keyspace, member, ring } from "./ringView";

describe("the way to a smaller ring", () => {
  it("refuses fewer members than a keyspace of the user has copies, and no keyspace of Cassandra's own", () => {
    const simple = { name: "old", replication: "SimpleStrategy", copies: { replication_factor: 4 } };
    assert.deepEqual(violations(ring(five, keyspace("shop", 3), simple), 3), [
      "keyspace old has replication factor 4, which needs at least 4 members, not 3; allowed is 4 or more, or a lower replication factor " +
        "first: `nodetool repair --full old` on every member, one after another, since the remaining replicas may lack rows; then " +
        "ALTER KEYSPACE old WITH replication = ...",
    ]);
    assert.deepEqual(violations(ring(five, keyspace("shop", 1)), 1), []);
    assert.deepEqual(violations(ring(five, { ...keyspace("afar", 0), copies: { dc2: 3 } }), 1), []);
  });

  const standing: [string, RingView, RegExp][] = [
    ["a member that is down", ring([member(0, { up: false }), ...five.slice(1)]), /cassandra-0 is down: bring it back/],
    ["a member that leaves and is down", ring([...five.slice(0, 4), member(4, { up: false })]), /cassandra-4 is down/],
    [
      "a member whose disk may be gone",
      ring([member(0, { up: false }), ...five.slice(1)]),
      /`kubectl delete -n db pvc\/data-cassandra-0 pod\/cassandra-0` lets the next pod take its place/,
    ],
    [
      "a stranger",
      { ...ring(five), unknownMembers: ["10.0.0.9"] },
      /a member at 10.0.0.9 belongs to no pod of the StatefulSet/,
    ],
    [
      "too little disk",
      ring([member(0, { free: 2 ** 30 }), ...five.slice(1)]),
      /cassandra-0 has 1.0 GiB free on its disk, and needs 1.3 GiB to receive about 682.7 MiB/,
    ],
  ];
  for (const [what, view, message] of standing) {
    it(`touches nothing while there is ${what}`, () => {
      const step = nextStep(view, 3);
      assert.ok(typeof step === "object" && "refuse" in step, JSON.stringify(step));
      assert.match(step.refuse.join("\n"), message);
    });
  }

  it("lets nobody delete a disk while another member does not serve", () => {
    for (const change of [{ up: false }, { up: false, returns: true }]) {
      const lines = obstacles(ring([member(0, { up: false }), member(1, change), ...five.slice(2)]), 3).join("\n");
      assert.match(lines, /cassandra-0 is down: .*; keep its disk as long as cassandra-1 does not serve/);
      assert.doesNotMatch(lines, /kubectl delete/);
    }
  });

  const ending: [string, RingView, RegExp][] = [
    ["a repair", ring([member(0, { repairs: true }), ...five.slice(1)]), /cassandra-0 takes part in a repair/],
    [
      "a member whose repair is owed",
      { ...ring(five), membersAwaitingRepair: ["cassandra-1"] },
      /cassandra-1 is being repaired/,
    ],
    [
      "the turn of a pod that the ring does not list yet",
      { ...ring(five), topologyChange: { pod: "cassandra-5", what: "joins" } },
      /cassandra-5 holds the topology lock \(joins\)/,
    ],
    [
      "the start of one that is down, and that others are told to wait for",
      ring([member(0, { up: false, returns: true }), ...five.slice(1)]),
      /cassandra-0 is down, and its pod starts/,
    ],
    ["one that stays and leaves", ring([member(0, { state: "leaving" }), ...five.slice(1)]), /cassandra-0 is leaving/],
  ];
  for (const [what, view, message] of ending) {
    it(`waits for the end of ${what}`, () => {
      const step = nextStep(view, 3);
      assert.ok(typeof step === "object" && "waitFor" in step, JSON.stringify(step));
      assert.match(step.waitFor.join("\n"), message);
    });
  }

  it("does not wait where something else stands in the way that does not pass", () => {
    const step = nextStep(
      { ...ring([member(0, { up: false }), ...five.slice(1)]), membersAwaitingRepair: ["cassandra-1"] },
      3,
    );
    assert.ok(typeof step === "object" && "refuse" in step, JSON.stringify(step));
  });

  it("does not advise to give up a disk that a member's repair needs", () => {
    const down = ring([member(0, { up: false }), ...five.slice(1)]);
    const advice = /kubectl delete/;
    assert.match(obstacles(down, 3).join("\n"), advice);
    const told = obstacles({ ...down, membersAwaitingRepair: ["cassandra-1"] }, 3).join("\n");
    assert.doesNotMatch(told, advice);
    assert.match(told, /cassandra-0 is down: .*keep its disk, which cassandra-1 needs for its repair/);
    // One that is itself the one to be repaired may be given another disk.
    assert.match(obstacles({ ...down, membersAwaitingRepair: ["cassandra-0"] }, 3).join("\n"), advice);
  });

  it("does not count a disk that could not be checked as a full one", () => {
    assert.deepEqual(obstacles(ring([member(0, { free: undefined }), ...five.slice(1)]), 3), []);
  });

  it("tells a reviewer in a sentence", () => {
    assert.equal(
      describeDecommission(ring(five, keyspace("shop", 3)), 5, 3),
      "replicas 5 -> 3: cassandra-4 and cassandra-3 will be decommissioned, about 2.0 GiB to stream; replication factors " +
        "stay (shop: 3)",
    );
  });
});
