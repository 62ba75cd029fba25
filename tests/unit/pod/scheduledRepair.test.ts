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
  this.timeout(120_000);

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
    ["another member repairs", { repairing: `cassandra-2 ${new Date().toISOString()}` }],
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

  it("is held up for a while by a pause, whatever clock has set it, and takes it off the record", async () => {
    const outcome = await member({ record: { ...ring, repairs: "paused until 2999-01-01T00:00:00Z" } });
    assert.deepEqual(repairs(outcome), both, outcome.said);
    assert.match(outcome.said, /waits: `pulumi up` must end/);
    assert.equal(outcome.record.repairs, undefined);
  });

  it("is not held up by the turn of one that has left or stands still, nor by its own of an earlier start", async () => {
    const harmless: Record<string, string>[] = [
      { repairing: "cassandra-2 2026-01-01T00:00:00Z" },
      { repairing: "cassandra-7 2026-01-01T00:00:00Z" },
      { repairing: "cassandra-0 2026-01-01T00:00:00Z" },
    ];
    for (const entries of harmless) assert.deepEqual(repairs(await member({ record: { ...ring, ...entries } })), both);
    // Cassandra may still be at what it was told before an error cut the thread off.
    const own = await member({ record: { ...ring, ...harmless.at(-1) } });
    assert.ok(
      own.nodetool.some((line) => line.startsWith("sjk ")),
      own.nodetool.join("\n"),
    );
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
    "an update waits": `touch "$world/asks"; echo "repairs=paused until 2999-01-01T00:00:00Z" >>"$world/record"`,
    "the pod is to end": `touch "$world/stopping.note"`,
  };
  for (const [what, code] of Object.entries(begins))
    it(`ends when ${what}, and has Cassandra end it`, async () => {
      // An update that still waits asks again, each time until another moment.
      const nap = `[ ! -e "$world/asks" ] || echo "repairs=paused until $naps" >>"$world/record"`;
      const outcome = await member({ nap }, goesOn(code));
      assert.deepEqual(repairs(outcome), both.slice(0, 1));
      const end = "sjk mx -b org.apache.cassandra.db:type=StorageService -mc -op forceTerminateAllRepairSessions";
      assert.ok(outcome.nodetool.includes(end), outcome.nodetool.join("\n"));
      assert.equal(outcome.record.repairing, undefined);
      assert.equal(outcome.record["repaired.cassandra-0"], undefined);
      assert.match(outcome.said, /the scheduled repair was ended, and goes on later: /);
    });

  it("goes on with the keyspaces that are left, and counts from its beginning", async () => {
    const interrupted = `if [ $4 = rows ] && [ ! -e "$world/once" ]; then touch "$world/once"; ${goesOn('echo "moving=cassandra-3 joins" >>"$world/record"')}; fi`;
    const ends = `! grep -q sjk "$world/nodetool.log" || sed -i /^moving=/d "$world/record"`;
    const outcome = await member({ nap: ends }, interrupted);
    assert.deepEqual(repairs(outcome), [...both, "repair -full -pr rows"]);
    assert.match(outcome.record["repaired.cassandra-0"], /^20/);
  });

  it("goes on with the other keyspaces where one fails, says why, and tries that one again", async () => {
    const error = String.raw`error: Endpoint not alive: /10.0.0.2:7000\n-- StackTrace --\n\tat java.base/java.lang.Thread.run`;
    const fails = `if [ ! -e "$world/once" ]; then touch "$world/once"; printf '${error}\n'; exit 2; fi`;
    const outcome = await member({}, fails);
    assert.deepEqual(repairs(outcome), [...both, both[0]]);
    assert.match(outcome.said, /keyspace system_auth has failed, and is tried again: error: Endpoint not alive: \S+$/m);
    assert.match(outcome.record["repaired.cassandra-0"], /^20/);
  });

  it("takes no list of keyspaces for whole that was cut off", async () => {
    const cutOff = `printf '${cluster("5.0.9").split("\\trows")[0]}'; exit 1`;
    const outcome = await member({ nodetool: `case "$1" in describecluster) ${cutOff} ;; esac` });
    assert.deepEqual(repairs(outcome), []);
    assert.equal(outcome.record["repaired.cassandra-0"], undefined);
  });

  it("is due where the record has no time that can be, and knows times with fractions, as `pulumi up` writes that of adopted rings", async () => {
    const soon = new Date(Date.now() - 60_000).toISOString();
    assert.deepEqual(repairs(await member({ record: { ...ring, formed: soon } })), []);
    const odd: Record<string, string>[] = [
      { formed: "2020-01-01T00:00:00.123Z" },
      { formed: "some day" },
      { "repaired.cassandra-0": "2020-01-01" },
      { "repaired.cassandra-0": "2999-01-01T00:00:00Z" },
    ];
    for (const entries of odd)
      assert.deepEqual(repairs(await member({ record: { ...ring, ...entries } })), both, JSON.stringify(entries));
  });

  it("is due at once on a disk whose record was lost", async () => {
    const { "cassandra-1": first, "cassandra-2": second } = ring;
    const outcome = await member({ record: { "cassandra-1": first, "cassandra-2": second } });
    assert.ok(Date.now() - Date.parse(outcome.record.formed) < 60_000, "the ring has formed anew, as its record says");
    assert.deepEqual(repairs(outcome), both);
  });

  it("lets a member go first whose ranges have been unrepaired for longer, and an hour later no more", async () => {
    const older = { "repaired.cassandra-0": "2025-01-02T00:00:00Z", "repaired.cassandra-1": "2025-01-01T00:00:00Z" };
    const newest = new Date().toISOString();
    const record = { ...ring, ...older, "repaired.cassandra-2": newest };
    const hour = { POD_IDENTITY: "ordinal", RING_REPAIR_INTERVAL: "345600" };
    const patient = await member({ env: hour, record });
    assert.deepEqual(repairs(patient), []);
    assert.match(patient.said, /the ranges of cassandra-1 have been unrepaired for longer: it comes first/);
    assert.deepEqual(repairs(await member({ env: { ...hour, RING_REPAIR_INTERVAL: "600" }, record })), both);
  });

  it("is not held up by the lock of a pod that is gone", async () => {
    const addresses = { [hostOf(1)]: "10.0.0.1", [hostOf(2)]: "10.0.0.2" };
    const record = { ...ring, moving: "cassandra-9 joins" };
    assert.deepEqual(repairs(await member({ record, addresses: { ...addresses, [hostOf(9)]: "" } })), both);
  });
});
