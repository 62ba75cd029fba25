import * as assert from "node:assert/strict";
import {
  cleanupRefusal,
  parseCleanup,
  parseKeyspaces,
  parseRepair,
  parseStatus,
  parseStreams,
} from "../../../../components/cassandra/nodetool";

const status = `Datacenter: DC1-K8Demo
======================
Status=Up/Down
|/ State=Normal/Leaving/Joining/Moving
--  Address     Load        Tokens  Owns (effective)  Host ID                               Rack 
UN  10.244.2.2  107.77 KiB  16      50.0%             7945cb77-e9fb-4e37-b2d2-d2660c0ef7fd  rack1
DN  10.244.3.3  1.5 GiB     16      50.0%             20de9801-09a2-4b11-8c15-d6c4bde46d48  rack1
UL  fd00:0:0:0:0:0:0:9  512 bytes   16      ?                 30de9801-09a2-4b11-8c15-d6c4bde46d48  rack1
UJ  10.244.3.4  ?           16      ?                 40de9801-09a2-4b11-8c15-d6c4bde46d48  rack1

Note: Non-system keyspaces don't have the same replication settings, effective ownership information is meaningless
`;

const cluster = `Cluster Information:
	Name: K8Demo
	Snitch: org.apache.cassandra.locator.GossipingPropertyFileSnitch
	Schema versions:
		bd2b1dc0-8952-3047-9382-3b91373657c8: [10.244.2.2, 10.244.3.3]

Data Centers: 
	DC1-K8Demo #Nodes: 2 #Down: 0

Keyspaces:
	system_distributed -> Replication class: SimpleStrategy {replication_factor=3}
	shop -> Replication class: NetworkTopologyStrategy {DC1-K8Demo=3, dc2=5/2}
	system -> Replication class: LocalStrategy {}
`;

const netstats = `Mode: LEAVING
Unbootstrap 6bfd7e30-e8aa-11f1-8f2c-9d1f5f6f1d0e
    /10.244.1.3
        Sending 12 files, 1000 bytes total. Already sent 3 files (25.00%), 400 bytes total (40.00%)
            /var/lib/cassandra/data/shop/orders-1/nb-1-big-Data.db 400/400 bytes (100%) sent to idx:0/10.244.1.3
    /10.244.2.3
        Sending 2 files, 500 bytes total. Already sent 0 files, 0 bytes total
Read Repair Statistics:
Attempted: 0
`;

describe("what nodetool says", () => {
  it("tells the members of the ring, with state and load", () => {
    const made = { datacenter: "DC1-K8Demo", rack: "rack1", tokens: 16 };
    assert.deepEqual(
      parseStatus(status).map(({ hostId, ...member }) => ({ id: hostId.slice(0, 2), ...member })),
      [
        { id: "79", address: "10.244.2.2", ...made, up: true, state: "normal", load: 110356 },
        { id: "20", address: "10.244.3.3", ...made, up: false, state: "normal", load: 1.5 * 2 ** 30 },
        { id: "30", address: "fd00::9", ...made, up: true, state: "leaving", load: 512 },
        { id: "40", address: "10.244.3.4", ...made, up: true, state: "joining" },
      ],
    );
  });

  it("tells keyspaces and their copies", () => {
    assert.deepEqual(parseKeyspaces(cluster), [
      { name: "system_distributed", replication: "SimpleStrategy", copies: { replication_factor: 3 } },
      { name: "shop", replication: "NetworkTopologyStrategy", copies: { "DC1-K8Demo": 3, dc2: 5 } },
      { name: "system", replication: "LocalStrategy", copies: {} },
    ]);
  });

  it("tells how far a member's streams are", () => {
    const nothing = { total: 0, sent: 0, toReceive: 0, received: 0 };
    assert.deepEqual(parseStreams(netstats), { ...nothing, mode: "LEAVING", total: 1500, sent: 400 });
    assert.deepEqual(parseStreams("Mode: NORMAL\nNot sending any streams.\n"), { ...nothing, mode: "NORMAL" });
    const joining = `Mode: JOINING
Bootstrap 8f5a2f10-0000-11f0-8000-000000000000
    /10.244.1.2
        Receiving 2 files, 900 bytes total. Already received 1 files (50.00%), 300 bytes total (33.33%)
            /var/lib/cassandra/data/shop/orders-1/nb-1-big-Data.db 200/800 bytes (25%) received from idx:0/10.244.1.2
    /10.244.1.3
        Receiving 0 files, 0 bytes total. Already received 0 files (NaN%), 0 bytes total (NaN%)
`;
    assert.deepEqual(parseStreams(joining), { ...nothing, mode: "JOINING", toReceive: 900, received: 300 });
  });

  it("tells by what a clean-up prints whether it has come through", () => {
    assert.equal(cleanupRefusal("", false), undefined);
    const moves =
      "error: Error occurred during cleanup\n-- StackTrace --\nCaused by: java.lang.RuntimeException: Node is involved in cluster " +
      "membership changes. Not safe to run cleanup.";
    assert.deepEqual(cleanupRefusal(moves, true), {
      why: "Node is involved in cluster membership changes. Not safe to run cleanup.",
      mayPass: true,
    });
    // Cassandra 5.0 ends with 0 all the same.
    const aborted =
      "Aborted cleaning up for at least one table in keyspace shop, check server logs for more information.";
    assert.deepEqual(cleanupRefusal(aborted, false), { why: aborted, mayPass: true });
    assert.deepEqual(cleanupRefusal("error: no space left", true), { why: "error: no space left", mayPass: false });
    assert.equal(cleanupRefusal("", true)?.mayPass, false);
  });

  it("tells how far a clean-up is", () => {
    const said = `concurrent compactors               2
pending tasks                       3
id                                   compaction type keyspace table  completed total  unit  progress
ac6f8a70-0000-11f0-8000-000000000000 Cleanup         shop     orders 1024      4096   bytes 25.00%
`;
    assert.equal(parseCleanup(said), "shop.orders 25.00%");
    assert.equal(parseCleanup("pending tasks: 0\n"), "");
  });

  it("tells of a repair by the pools that work for it", () => {
    const pools = (active: number) => `Pool Name                      Active Pending Completed Blocked All time blocked
RequestResponseStage           3      0       1735      0       0
ValidationExecutor             ${active}      0       12        0       0
Repair-Task                    0      0       1         0       0
`;
    assert.equal(parseRepair(pools(0)), false);
    assert.equal(parseRepair(pools(1)), true);
    assert.equal(
      parseRepair(pools(0).replace("Repair-Task                    0", "Repair#3                       1")),
      true,
    );
  });

  it("is no answer when what was asked for is not in it", () => {
    const no = "nodetool: Failed to connect to '127.0.0.1:7199'";
    for (const parse of [parseStatus, parseKeyspaces, parseStreams])
      assert.throws(() => parse(no), /Failed to connect/);
  });

  it("takes a member that is neither up nor down for one that is down, and no member without a host ID for none", () => {
    const id = (i: number) => `7000000${i}-0000-4000-8000-000000000000`;
    const lines = [
      "Datacenter: dc1",
      `UN 10.0.0.1 1 KiB 16 100.0% ${id(1)} rack1`,
      `?N 10.0.0.2 ? 16 ? ${id(2)} rack1`,
    ];
    assert.deepEqual(
      parseStatus(lines.join("\n")).map(({ up }) => up),
      [true, false],
    );
    const nameless = [...lines, "DN 10.0.0.3 1 KiB 16 100.0% null rack1"].join("\n");
    assert.throws(() => parseStatus(nameless), /lists a member without a host ID:\nDN 10.0.0.3/);
  });
});
