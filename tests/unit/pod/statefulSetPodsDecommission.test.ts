import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";
import { id, member, formed, three } from "./statefulSetRing";

describe("pods with ordinals", function () {
  this.timeout(60_000);

  describe("when pulumi up has it leave", () => {
    const leave = (world: Partial<World>) =>
      run("decommission.sh", [], {
        pod: "cassandra-2",
        env: { POD_IDENTITY: "ordinal" },
        record: { ...three, ...formed },
        files: { "ring-member": id(2) },
        data: true,
        ...world,
      });

    it("moves its rows first, and then goes on record as this pod's that left", async () => {
      const outcome = await leave({});
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
      assert.deepEqual([outcome.data, outcome.files], [false, {}]);
    });

    it("has members repaired no later than its ranges were, which pass to them", async () => {
      const [older, newer] = ["2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z"];
      const others = { "repaired.cassandra-0": newer, "repaired.cassandra-1": older };
      const mine = { "repaired.cassandra-2": "2026-02-02T00:00:00Z" };
      const { record } = await leave({ record: { ...three, ...formed, ...others, ...mine } });
      assert.equal(record["repaired.cassandra-0"], mine["repaired.cassandra-2"]);
      assert.equal(record["repaired.cassandra-1"], older);
      assert.equal(record["repaired.cassandra-2"], undefined);
      // One that has never repaired counts from the time at which the ring formed.
      const never = await leave({ record: { ...three, ...formed, ...others } });
      assert.equal(never.record["repaired.cassandra-0"], formed.formed);
    });

    it("leaves no cleanup owed once those that had joined have left again", async () => {
      const owed = async (before: number) =>
        (await leave({ record: { ...three, ...formed, cleanup: `2026-02-01T00:00:00Z ${before}` } })).record.cleanup;
      assert.equal(await owed(2), undefined);
      // An older one leaves: the ring is as small, and the others still hold what passed to the new one.
      assert.equal(await owed(3), "2026-02-01T00:00:00Z 3");
      assert.equal(await owed(1), "2026-02-01T00:00:00Z 1");
    });

    it("begins once its own join has ended with the copies of the roles and the note: they would come after it", async () => {
      const { "cassandra-2": own, ...others } = three;
      const joining = { ...others, ...formed, moving: "cassandra-2 joins" };
      const waiting = await leave({ record: joining });
      assert.deepEqual([waiting.nodetool, waiting.record.moving], [[], "cassandra-2 joins"]);
      // One that takes a lost member's place is on record as the one before until then.
      const replacing = await leave({ record: { ...three, ...formed }, files: { "ring-member": id(7) } });
      assert.deepEqual(replacing.nodetool, []);
      const noted = `sed -i /^moving=/d "$world/record"; echo "cassandra-2=${own}" >>"$world/record"`;
      const outcome = await leave({ record: joining, nap: `(( naps != 3 )) || { ${noted}; }` });
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
    });

    it("watches one that somebody has begun by hand, and does not take its end for the end of that", async () => {
      // As Cassandra 5.0 does: a second `nodetool decommission` ends at once and well.
      const states = "start restart 10.0.0.99\nLEAVING: streaming\n";
      const outcome = await leave({ states, nodetool: "exit 0" });
      assert.deepEqual(outcome.nodetool, []);
      assert.equal(outcome.record["cassandra-2"], member(2));
      assert.deepEqual([outcome.data, outcome.files["ring-member"]], [true, id(2)]);
      const nap = '(( naps != 3 )) || echo DECOMMISSIONED >>"$world/data/ring-states"';
      assert.equal((await leave({ states, nap })).record["cassandra-2"], "left this-pod");
    });

    it("goes on with one that failed, and needs no CQL for it", async () => {
      const states = "start restart 10.0.0.99\nLEAVING: streaming\nDECOMMISSION_FAILED\n";
      const secret = { username: "admin", password: "x", known: "x" };
      const outcome = await leave({ states, secret, roles: {} });
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
    });

    it("has it forget what an earlier life sent, or does not leave at all", async () => {
      const owing = { scratch: { "owes-forgetting": "" }, folders: ["data/shop"] };
      const secret = { username: "admin", password: "x", known: "x" };
      const record = { ...three, ...formed, superuser: "admin", "cassandra-3": member(3) };
      const outcome = await leave({ ...owing, record, secret, roles: { admin: "x" } });
      assert.match(outcome.cqlsh.join(), /DELETE FROM system.transferred_ranges_v2 WHERE .* IN \('shop', 'system'\);/);
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      const barred = await leave({ ...owing, record, secret, roles: {} });
      assert.deepEqual([barred.nodetool, barred.record["cassandra-2"]], [[], member(2)]);
    });

    it("does not leave while another one moves its rows", async () => {
      const outcome = await leave({ record: { ...three, ...formed, moving: "cassandra-1 replaces cassandra-1" } });
      assert.deepEqual(outcome.nodetool, []);
      assert.match(
        outcome.said,
        /the decommission failed, cassandra-2 is still a member: another topology change is in progress \(cassandra-1 replaces cassandra-1\)/,
      );
    });

    it("stays a member when that failed", async () => {
      const outcome = await leave({ nodetool: "echo 'Stream failed'; exit 2" });
      assert.equal(outcome.record["cassandra-2"], member(2));
      assert.deepEqual([outcome.data, outcome.files["ring-member"]], [true, id(2)]);
      assert.match(outcome.said, /the decommission failed, cassandra-2 is still a member: Stream failed/);
    });
  });
});
