import * as assert from "node:assert/strict";
import { BareNode, Outcome } from "./bareNode";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;

/** The ranges that a member has sent in a decommission, as `system` keeps them. */
const ranges = (table: string) => `operation, keyspace_name, peer FROM system.${table}`;

/** Forgets the ranges that a member has sent. */
async function forget(node: BareNode, table: string): Promise<void> {
  const sent = await node.query(ranges(table));
  const keyspaces = new Set(sent.map(({ keyspace_name }) => `'${keyspace_name as string}'`));
  await node.cql(
    `DELETE FROM system.${table} WHERE operation = 'Unbootstrap' AND keyspace_name IN (${[...keyspaces].join()});`,
  );
}

describe("Cassandra's decommission", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(3, (made) => (ring = made));

  /** Has the last of three members fail in its decommission, after it has sent all ranges of one of the two others. */
  async function fail(): Promise<{ nodes: BareNode[]; outcome: Outcome }> {
    const nodes = await ring.form(3);
    const [, lost, leaver] = nodes;
    const decommission = leaver.nodetool("decommission");
    await leaver.says(/LEAVING: sleeping/);
    return { nodes, outcome: await lost.cutWhile(() => decommission) };
  }

  /** The same, and the member started again after it was killed; then further rows. */
  async function failAndRestart(): Promise<BareNode[]> {
    const { nodes } = await fail();
    const [first, , leaver] = nodes;
    await leaver.kill();
    await leaver.serve();
    assert.equal(await leaver.mode(), "NORMAL");
    await ring.addRows(first, 1000, 1000);
    await first.reaches("to count all rows", async () => (await first.countRows()) === 2000);
    return nodes;
  }

  it("@all a second one ends at once with exit code 0 while the member is LEAVING, and CQL is open", async () => {
    const [first, leaver] = await ring.form(2);
    const decommission = leaver.nodetool("decommission");
    await leaver.says(/LEAVING: sleeping/);
    const second = await leaver.nodetool("decommission");
    assert.deepEqual([await leaver.mode(), second.code, await leaver.isServing()], ["LEAVING", 0, true]);
    assert.match(second.said, /This node is still decommissioning\./);
    const cleanup = await first.nodetool("cleanup");
    assert.equal((await decommission).code, 0);
    assert.equal(await leaver.mode(), "DECOMMISSIONED");
    assert.equal(await leaver.isServing(), false);
    assert.equal(await first.countRows(), 1000);
    // A member to which ranges are on their way refuses `nodetool cleanup`, which would delete their rows.
    assert.notEqual(cleanup.code, 0);
    assert.match(cleanup.said, /Node is involved in cluster membership changes/);
    const said = (await leaver.states()).filter((line) => /INFO ([A-Z_]+(:|$)|Announcing)/.test(line));
    assert.deepEqual(said.slice(-5), [
      "INFO LEAVING: sleeping 5000 ms for batch processing and pending range setup",
      "INFO LEAVING: replaying batch log and streaming data to other nodes",
      "INFO LEAVING: streaming hints to other nodes",
      "INFO Announcing that I have left the ring for 5000ms",
      "INFO DECOMMISSIONED",
    ]);
  });

  it("@all one that fails leaves the member LEAVING for the others, with CQL open; the next one in the same process loses no row", async () => {
    const { nodes, outcome } = await fail();
    const [first, , leaver] = nodes;
    assert.equal(outcome.code, 2);
    assert.match(outcome.said, /Error while decommissioning node: Stream failed/);
    assert.deepEqual([await leaver.mode(), await leaver.isServing()], ["DECOMMISSION_FAILED", true]);
    assert.deepEqual((await leaver.states()).slice(-2), [
      "INFO DECOMMISSION_FAILED",
      "ERROR Error while decommissioning node: Stream failed: ",
    ]);
    assert.equal((await ring.view(first))[leaver.address], "UL");
    await ring.addRows(first, 1000, 1000);
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    assert.equal(await leaver.mode(), "DECOMMISSIONED");
    assert.equal(await first.countRows(), 2000);
  });

  it("@all ranges that were sent before a restart are not sent again: rows written since are missing, with exit code 0", async () => {
    const [first, , leaver] = await failAndRestart();
    for (const table of ["transferred_ranges_v2", "transferred_ranges"]) {
      const sent = (await leaver.query(ranges(table))).filter(({ keyspace_name }) => keyspace_name === "rows");
      assert.deepEqual(sent, [{ operation: "Unbootstrap", keyspace_name: "rows", peer: first.address }]);
    }
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    assert.equal(await leaver.mode(), "DECOMMISSIONED");
    assert.ok((await first.countRows()) < 2000);
  });

  it("@all with these ranges deleted from both tables, of that member alone, no row is missing", async () => {
    const [first, , leaver] = await failAndRestart();
    for (const table of ["transferred_ranges", "transferred_ranges_v2"]) {
      await first.cql(`DELETE FROM system.${table} WHERE operation = 'Unbootstrap' AND keyspace_name = 'rows';`);
      assert.notDeepEqual(await leaver.query(ranges(table)), []);
      await forget(leaver, table);
      assert.deepEqual(await leaver.query(ranges(table)), []);
    }
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    assert.equal(await first.countRows(), 2000);
  });

  it("@all with these ranges deleted from one table alone, a start copies them back from the other", async () => {
    const [first, , leaver] = await failAndRestart();
    const sent = await leaver.query(ranges("transferred_ranges_v2"));
    await forget(leaver, "transferred_ranges_v2");
    // A compaction leaves nothing of the deletion: the table looks as if it had never been used.
    await leaver.exec("nodetool", "flush", "system");
    await leaver.exec("nodetool", "compact", "system", "transferred_ranges_v2");
    await leaver.kill();
    await leaver.serve();
    assert.deepEqual(await leaver.query(ranges("transferred_ranges_v2")), sent);
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    assert.ok((await first.countRows()) < 2000);
  });

  it("@all where passwords are asked for, a superuser may delete these ranges, and no other role", async () => {
    const [member] = await ring.form(1);
    const yaml = "/etc/cassandra/cassandra.yaml";
    const secure = ["AllowAllAuthenticator/PasswordAuthenticator", "AllowAllAuthorizer/CassandraAuthorizer"];
    const statement =
      "DELETE FROM system.transferred_ranges WHERE operation = 'Unbootstrap' AND keyspace_name IN ('rows')";
    const as = (role: string, cql: string) => member.outcome("cqlsh", "-u", role, "-p", role, "-e", cql);
    await member.kill();
    await member.exec("sh", "-c", `cp ${yaml} /tmp/yaml && sed -i 's/${secure.join("/; s/")}/' ${yaml}`);
    try {
      await member.serve();
      await member.reaches("to know its superuser", async () => (await as("cassandra", statement)).code === 0);
      await as(
        "cassandra",
        "CREATE ROLE joe WITH PASSWORD = 'joe' AND LOGIN = true; GRANT ALL ON ALL KEYSPACES TO joe;",
      );
      const { code, said } = await as("joe", statement);
      assert.notEqual(code, 0);
      assert.match(said, /User joe has no MODIFY permission on <table system\.transferred_ranges>/);
    } finally {
      await member.exec("cp", "/tmp/yaml", yaml);
    }
  });
});
