import * as assert from "node:assert/strict";
import { pageOf } from "../../../status/page";
import type { PodStatus, RingStatus } from "../../../status/ringStatus";

const now = new Date("2026-01-10T12:00:00Z");
const gibibyte = 2 ** 30;
const hostId = (i: number) => `00000000-0000-0000-0000-00000000000${i}`;

function pod(i: number, change: Partial<PodStatus> = {}): PodStatus {
  return {
    name: `cassandra-${i}`,
    node: `node${i + 1}`,
    isReady: true,
    isEnding: false,
    restarts: 0,
    created: new Date("2026-01-07T12:00:00Z"),
    revision: "r1",
    version: "5.0.9",
    member: {
      hostId: hostId(i),
      address: `10.0.0.${i}`,
      datacenter: "dc1",
      rack: "rack1",
      tokens: 16,
      up: true,
      state: "normal",
      load: 3 * gibibyte,
    },
    disk: { size: 10 * gibibyte, free: 7 * gibibyte },
    ...change,
  };
}

function status(change: Partial<RingStatus> = {}): RingStatus {
  const pods = [pod(0), pod(1), pod(2)];
  return {
    ring: {
      name: "cassandra",
      namespace: "db",
      topology: "persistent",
      controllers: [{ kind: "StatefulSet", name: "cassandra", replicas: 3 }],
      selector: {},
      revision: "r1",
      cleanedFor: 3,
    },
    pods,
    asked: 3,
    strangers: [],
    isListed: true,
    record: Object.fromEntries(pods.map(({ name }, i) => [name, `${hostId(i)} 10.0.0.${i}`])),
    repairs: [],
    unseen: [],
    ...change,
  };
}

const problems = (change: Partial<RingStatus>) => pageOf(status(change), now).problems;

describe("the page of a ring", () => {
  it("tells for how long ranges have not been repaired, where members repair themselves, and complains after five days", () => {
    const record = {
      ...status().record,
      formed: "2026-01-01T00:00:00Z",
      "repaired.cassandra-0": "2026-01-08T12:00:00Z",
    };
    const of = (more: Record<string, string>) => status({ record: { ...record, ...more }, repairInterval: 345_600 });
    const recent = { "repaired.cassandra-1": "2026-01-07T12:00:00Z", "repaired.cassandra-2": "2026-01-09T12:00:00Z" };
    const { text, problems } = pageOf(of(recent), now);
    assert.match(text, /^unrepaired +for 3d at the most \(cassandra-1\)$/m);
    assert.deepEqual(problems, []);
    // It has never repaired: the ring's first day counts.
    const late = pageOf(of({ "repaired.cassandra-1": recent["repaired.cassandra-1"] }), now);
    assert.match(late.text, /^unrepaired +for 9d at the most \(cassandra-2\)$/m);
    assert.match(late.problems.join(), /^the ranges of cassandra-2 have not been repaired on schedule for 9d: /);
    assert.doesNotMatch(pageOf(status({ record }), now).text, /unrepaired/);
  });

  it("shows each member in a row, and that all is well", () => {
    const { text, problems } = pageOf(
      status({
        pods: [
          pod(0, { certificateEnds: new Date("2026-03-01T00:00:00Z") }),
          pod(1, { certificateEnds: new Date("2026-02-10T12:00:00Z") }),
          pod(2),
        ],
        repairs: [{ keyspace: "shop", ended: new Date("2026-01-10T10:30:00Z") }],
      }),
      now,
    );
    assert.deepEqual(problems, []);
    assert.equal(
      text,
      [
        "Ring cassandra (persistent) in namespace db: 3 of 3 members serve",
        "",
        "MEMBER        STATE   LOAD      FREE          TOKENS   VERSION   RESTARTS   AGE   NODE",
        "cassandra-0   UN      3.0 GiB   7.0 GiB 70%   16       5.0.9     0          3d    node1",
        "cassandra-1   UN      3.0 GiB   7.0 GiB 70%   16       5.0.9     0          3d    node2",
        "cassandra-2   UN      3.0 GiB   7.0 GiB 70%   16       5.0.9     0          3d    node3",
        "",
        "repairs       shop 90m ago",
        "certificate   ends 2026-02-10, in 31 days",
        "",
        "All is as the stack says.",
      ].join("\n"),
    );
  });

  it("tells which member is not what it should be", () => {
    const down = { ...pod(1).member!, up: false };
    assert.deepEqual(
      problems({ pods: [pod(0), pod(1, { isReady: false, trouble: "CrashLoopBackOff", member: down }), pod(2)] }),
      ["cassandra-1 does not serve: CrashLoopBackOff", "the ring lists cassandra-1 as DN, and not as UN"],
    );
    const leaving = { ...pod(2).member!, state: "leaving" as const };
    assert.deepEqual(problems({ pods: [pod(0), pod(1), pod(2, { member: leaving })] }), [
      "the ring lists cassandra-2 as UL, and not as UN",
    ]);
    assert.deepEqual(problems({ strangers: [{ ...down, address: "10.0.0.9", hostId: hostId(9) }] }), [
      `the ring lists DN 10.0.0.9 (host ID ${hostId(9)}), which has no pod`,
    ]);
    assert.deepEqual(problems({ pods: [pod(0), pod(1, { version: "4.1.9" }), pod(2)] }), [
      "members run different versions: 5.0.9, 4.1.9",
    ]);
    assert.deepEqual(problems({ isListed: false, pods: status().pods.map((one) => ({ ...one, member: undefined })) }), [
      "no member serves, or none could be asked who is in the ring",
    ]);
  });

  it("tells what fills up, ends, and is owed", () => {
    const ends = new Date("2026-01-20T00:00:00Z");
    assert.deepEqual(
      problems({
        pods: [pod(0, { disk: { size: 10 * gibibyte, free: gibibyte } }), pod(1, { certificateEnds: ends }), pod(2)],
      }),
      [
        "the disk of cassandra-0 has 1.0 GiB of 10.0 GiB free: let the volumes grow (docs/operations/grow-volumes.md)",
        "the certificate of cassandra-1 ends 2026-01-20, in 9 days (docs/operations/renew-certificates.md)",
      ],
    );
    const { record, ring } = status();
    assert.deepEqual(problems({ record: { ...record, "repair.cassandra-2": "since", moving: "cassandra-2 leaves" } }), [
      "cassandra-2 owes a repair, and may lack data until it has ended",
      "cassandra-2 holds the topology lock: it leaves",
    ]);
    assert.match(problems({ ring: { ...ring, cleanedFor: 2 } })[0], /owe `nodetool cleanup`/);
  });

  it("tells where the cluster differs from the stack, and the record from the ring", () => {
    assert.deepEqual(problems({ asked: 2, ring: { ...status().ring, cleanedFor: undefined } }), [
      "the controllers ask for 2 pods, and the stack for 3: run `pulumi up`",
    ]);
    assert.deepEqual(problems({ pods: [pod(0), pod(1, { revision: "r0" }), pod(2)] }), [
      "cassandra-1: made from another template than the last update's; run `pulumi up`",
    ]);
    const { record } = status();
    assert.deepEqual(
      problems({
        record: { ...record, "cassandra-1": `${hostId(1)} 10.0.0.7`, "cassandra-3": `${hostId(3)} 10.0.0.3` },
      }),
      [
        "the ring record lists cassandra-3, which has no pod",
        "the ring record does not have cassandra-1 as the ring lists it",
      ],
    );
    // Folders of nodes are on record by the names of the nodes.
    const byNode = Object.fromEntries(Object.values(record).map((entry, i) => [`node${i + 1}`, entry]));
    assert.deepEqual(problems({ record: byNode }), []);
  });

  it("says what could not be looked at", () => {
    const { text } = pageOf(status({ unseen: ["its repairs: pods/exec is forbidden"] }), now);
    assert.match(text, /^not seen +its repairs: pods\/exec is forbidden$/m);
  });
});
