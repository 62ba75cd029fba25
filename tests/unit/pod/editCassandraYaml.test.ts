import * as assert from "node:assert/strict";
import { yamlChanges } from "../../../components/cassandra/cassandraYaml";
import { run } from "./runScript";

/** The cassandra.yaml that a member of a ring finds. */
async function configured(changes: Record<string, unknown>): Promise<string[]> {
  const { configuration } = await run("entrypoint.sh", [], {
    pod: "cassandra-0",
    env: { POD_IDENTITY: "ordinal" },
    record: { formed: "2026-01-01T00:00:00Z", "cassandra-0": "a 10.0.0.0", "cassandra-1": "b 10.0.0.1" },
    serving: ["cassandra-1.cassandra"],
    data: true,
    files: { "ring-member": "a" },
    changes,
  });
  return configuration;
}

describe("cassandra.yaml in the pod", function () {
  this.timeout(60_000);

  it("is the image's where nothing is changed", async () => {
    const lines = await configured({});
    assert.equal(lines[0], "cluster_name: 'Test Cluster'");
    assert.equal(lines.at(-1), "authorizer: AllowAllAuthorizer");
    assert.ok(lines.includes("# commitlog_sync_group_window: 1000ms"));
  });

  it("has each changed key once, whatever its old value was, and all others as they were", async () => {
    const before = await configured({});
    const changes = {
      seed_provider: null,
      data_file_directories: ["/a", "/b"],
      authenticator: { class_name: "Other", parameters: { rounds: 3 } },
      commitlog_sync: 'a "word": # no comment',
      concurrent_reads: 64,
      auto_snapshot: false,
    };
    const after = await configured(changes);
    const dropped = /^(seed_provider|  |data_file|- |authenticator|commitlog_sync:)/;
    assert.deepEqual(after, [
      ...before.filter((line) => !dropped.test(line)),
      'data_file_directories: ["/a", "/b"]',
      'authenticator: {"class_name": "Other", "parameters": {"rounds": 3}}',
      'commitlog_sync: "a \\"word\\": # no comment"',
      "concurrent_reads: 64",
      "auto_snapshot: false",
    ]);
  });

  it("acknowledges no write before it is on the disk, unless it is told otherwise", async () => {
    const safe = await configured(yamlChanges({}, { needsLogin: false }));
    assert.ok(safe.includes('commitlog_sync: "batch"'));
    assert.ok(!safe.some((line) => line.startsWith("commitlog_sync_period:")));
    const group = await configured(yamlChanges({ commitlog_sync: "group" }, { needsLogin: false }));
    assert.ok(group.includes('commitlog_sync: "group"'));
    assert.ok(!group.some((line) => line.startsWith("commitlog_sync_period:")), "it would not start");
    const periodic = { commitlog_sync: "periodic", commitlog_sync_period: "1s" };
    assert.deepEqual(yamlChanges(periodic, { needsLogin: false }), periodic);
  });

  it("lets members join two racks, for which Cassandra's own three copies are too many", () => {
    const tokens = "allocate_tokens_for_local_replication_factor";
    const copies = [0, 1, 2, 3, 4].map(
      (racks) => yamlChanges({}, { needsLogin: false, racks })[tokens] as number | undefined,
    );
    assert.deepEqual(copies, [undefined, undefined, 2, undefined, undefined]);
    assert.equal(yamlChanges({ [tokens]: 1 }, { needsLogin: false, racks: 2 })[tokens], 1);
  });
});
