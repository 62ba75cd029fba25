import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";

const idOf = (ordinal: number) => `${String(ordinal).padStart(8, "0")}-aaaa-bbbb-cccc-dddddddddddd`;
const memberOf = (ordinal: number) => `${idOf(ordinal)} 10.0.0.${ordinal}`;
const ring = {
  "cassandra-0": `${idOf(0)} 10.0.0.99`,
  "cassandra-1": memberOf(1),
  "cassandra-2": memberOf(2),
  formed: "2020-01-01T00:00:00Z",
};
const hostOf = (ordinal: number) => `cassandra-${ordinal}.cassandra`;

/** What `nodetool describecluster` prints of two keyspaces that members share, and of one that each has to itself. */
const cluster = (...versions: string[]) =>
  [
    "Keyspaces:",
    "\\tsystem -> Replication class: LocalStrategy {}",
    "\\tsystem_auth -> Replication class: NetworkTopologyStrategy {dc1=3}",
    "\\trows -> Replication class: NetworkTopologyStrategy {dc1=3}",
    "Database versions:",
    ...versions.map((version) => `\\t${version}: [10.0.0.1:7000]`),
  ].join("\\n");

/** A member that has run for long, whose repair is due. @param repair shell code of `nodetool repair`; `$4` is the keyspace */
const member = (world: Partial<World> = {}, repair = ":", versions = ["5.0.9"]) =>
  run("post-start.sh", ["restart"], {
    pod: "cassandra-0",
    env: { POD_IDENTITY: "ordinal", RING_REPAIR_INTERVAL: "3600" },
    files: { "ring-member": idOf(0) },
    record: ring,
    serving: ["10.0.0.99", hostOf(1), hostOf(2)],
    nodetool: `case "$1" in describecluster) printf '${cluster(...versions)}\\n' ;; repair) ${repair} ;; esac`,
    ...world,
  });
const repairs = ({ nodetool }: { nodetool: string[] }) => nodetool.filter((line) => line.startsWith("repair"));
const both = ["repair -full -pr system_auth", "repair -full -pr rows"];

describe("a repair on schedule", function () {
  this.timeout(60_000);

  it("compares the member's own ranges of every keyspace that members share, and puts on record since when they are repaired", async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const outcome = await member();
    assert.deepEqual(repairs(outcome), both);
    const since = Date.parse(outcome.record["repaired.cassandra-0"]);
    assert.ok(since >= before && since <= Date.now(), outcome.record["repaired.cassandra-0"]);
    assert.deepEqual(outcome.record, { ...ring, "repaired.cassandra-0": outcome.record["repaired.cassandra-0"] });
    assert.match(outcome.said, /the scheduled repair has ended: .* \(2 keyspaces\)/);
  });

  it("does not begin before its time, nor without an interval", async () => {
    const now = new Date().toISOString().replace(/\.\d+/, "");
    assert.deepEqual(repairs(await member({ record: { ...ring, "repaired.cassandra-0": now } })), []);
    assert.deepEqual(repairs(await member({ record: { ...ring, formed: now } })), []);
    assert.deepEqual(repairs(await member({ env: { POD_IDENTITY: "ordinal" } })), []);
    assert.deepEqual(repairs(await member({ record: { ...ring, "repaired.cassandra-1": now } })), both);
  });

  const obstacles: [string, Record<string, string>][] = [
    ["a member joins", { moving: "cassandra-3 joins" }],
    ["a member owes a repair", { "repair.cassandra-1": "2026-01-01T00:00:00Z" }],
    ["an update waits for repairs to end", { repairs: "paused until 2999-01-01T00:00:00Z" }],
    ["another member repairs", { repairing: "cassandra-2 2026-01-01T00:00:00Z" }],
  ];
  for (const [what, entries] of obstacles)
    it(`does not begin while ${what}`, async () => {
      const outcome = await member({ record: { ...ring, ...entries } });
      assert.deepEqual(repairs(outcome), []);
      assert.equal(outcome.said.match(/a scheduled repair is due, and waits: /g)?.length, 1, outcome.said);
    });

  it("does not begin while a member does not serve, nor between two versions", async () => {
    assert.deepEqual(repairs(await member({ serving: ["10.0.0.99", hostOf(1)] })), []);
    assert.deepEqual(repairs(await member({}, ":", ["5.0.9", "4.1.9"])), []);
  });

  it("is not held up by a pause that has ended, by the turn of one that has left, nor by its own of an earlier start", async () => {
    const harmless: Record<string, string>[] = [
      { repairs: "paused until 2026-01-01T00:00:00Z" },
      { repairing: "cassandra-7 2026-01-01T00:00:00Z" },
      { repairing: "cassandra-0 2026-01-01T00:00:00Z" },
    ];
    for (const entries of harmless) assert.deepEqual(repairs(await member({ record: { ...ring, ...entries } })), both);
  });

  it("needs another member", async () => {
    const alone = { "cassandra-0": ring["cassandra-0"], formed: ring.formed };
    assert.deepEqual(repairs(await member({ record: alone })), []);
  });

  /** Shell code of a repair that does not end, and of what happens meanwhile: again and again, since others write the record as well. */
  const goesOn = (code: string) => `for _ in $(seq 150); do ${code}; sleep 0.2; done`;
  const begins = {
    "a member leaves": `echo "moving=cassandra-2 leaves" >>"$world/record"`,
    "a member comes to owe a repair": `echo "repair.cassandra-2=2026-01-01T00:00:00Z" >>"$world/record"`,
    "an update waits": `echo "repairs=paused until 2999-01-01T00:00:00Z" >>"$world/record"`,
    "the pod is to end": `touch "$world/stopping.note"`,
  };
  for (const [what, code] of Object.entries(begins))
    it(`ends when ${what}, and has Cassandra end it`, async () => {
      const outcome = await member({}, goesOn(code));
      assert.deepEqual(repairs(outcome), both.slice(0, 1));
      const end = "sjk mx -b org.apache.cassandra.db:type=StorageService -mc -op forceTerminateAllRepairSessions";
      assert.ok(outcome.nodetool.includes(end), outcome.nodetool.join("\n"));
      assert.equal(outcome.record.repairing, undefined);
      assert.equal(outcome.record["repaired.cassandra-0"], undefined);
      assert.match(outcome.said, /the scheduled repair of keyspace system_auth was ended, and goes on later/);
    });

  it("goes on with the keyspaces that are left, and counts from its beginning", async () => {
    const interrupted = `if [ $4 = rows ] && [ ! -e "$world/once" ]; then touch "$world/once"; ${goesOn('echo "moving=cassandra-3 joins" >>"$world/record"')}; fi`;
    const ends = `! grep -q sjk "$world/nodetool.log" || sed -i /^moving=/d "$world/record"`;
    const outcome = await member({ nap: ends }, interrupted);
    assert.deepEqual(repairs(outcome), [...both, "repair -full -pr rows"]);
    assert.match(outcome.record["repaired.cassandra-0"], /^20/);
  });

  it("says why Cassandra could not repair, and tries again", async () => {
    const fails = `if [ ! -e "$world/once" ]; then touch "$world/once"; echo 'Endpoint not alive: /10.0.0.2:7000'; exit 2; fi`;
    const outcome = await member({}, fails);
    assert.deepEqual(repairs(outcome), [both[0], ...both]);
    assert.match(
      outcome.said,
      /keyspace system_auth was ended, and goes on later: Endpoint not alive: \/10\.0\.0\.2:7000/,
    );
    assert.match(outcome.record["repaired.cassandra-0"], /^20/);
  });
});
