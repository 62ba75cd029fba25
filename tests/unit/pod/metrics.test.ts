import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { scripts } from "./runScript";

/** What Python prints, with the pods' modules at hand, in JSON. */
function python<T>(code: string): T {
  const env = { ...process.env, RING_MEMBER: "cassandra-0", POD_IP: "10.0.0.1", HOSTNAME: "cassandra-0" };
  const said = execFileSync(
    "python3",
    ["-B", "-c", `import json, metrics\nfrom types import SimpleNamespace\n${code}`],
    {
      cwd: scripts,
      env,
      encoding: "utf8",
    },
  );
  return JSON.parse(said) as T;
}

type Samples = [name: string, labels: Record<string, string>, value: number][];

/** A view with this record and these members. */
const view = (record: Record<string, string>, ...members: string[]) => `SimpleNamespace(
    record=${JSON.stringify(record)}, me="a", members=lambda: ${JSON.stringify(members)},
    other_members=lambda: ${JSON.stringify(members.slice(1))}, members_owing_repair=lambda: ${JSON.stringify(Object.keys(record).filter((key) => key.startsWith("repair.")))},
    topology_change=lambda: ${JSON.stringify(record.moving ?? "")})`;
const ofView = (record: Record<string, string>, interval: number, ...members: string[]) => {
  const samples = python<Samples>(
    `print(json.dumps(metrics.of_view(${view(record, ...members)}, 1_800_000_000, ${interval})))`,
  );
  return Object.fromEntries(samples.map(([name, , value]) => [name, value]));
};
const at = (seconds: number) => new Date((1_800_000_000 - seconds) * 1000).toISOString().replace(/\.\d+/, "");

describe("the metrics of a member", () => {
  it("are in Prometheus's form, each described once, with the ring's name", () => {
    const text = python<string>(
      `print(json.dumps(metrics.exposition([("members", {}, 3), ("gc_grace_seconds", {"table": 'a"b'}, 1)], "my ring")))`,
    );
    assert.equal(
      text,
      [
        "# HELP cassandra_ring_members Members in the ring record.",
        "# TYPE cassandra_ring_members gauge",
        'cassandra_ring_members{cassandra_cluster="my ring"} 3',
        "# HELP cassandra_ring_gc_grace_seconds Shortest gc_grace_seconds of a table that users made.",
        "# TYPE cassandra_ring_gc_grace_seconds gauge",
        'cassandra_ring_gc_grace_seconds{cassandra_cluster="my ring",table="a\\"b"} 1',
        "",
      ].join("\n"),
    );
  });

  it("tell the mode of Cassandra, and that a member waits while none runs", () => {
    const state = (runs: string, mode: string) =>
      python<Samples>(`print(json.dumps(metrics.of_state(${runs}, "${mode}")))`)[0][1].state;
    assert.deepEqual(
      [state("False", "NORMAL"), state("True", ""), state("True", "JOINING")],
      ["waiting", "starting", "joining"],
    );
  });

  it("tell what the record says of the ring", () => {
    const record = {
      formed: at(1000),
      "repaired.a": at(300),
      "repair.b": at(10),
      cleanup: `${at(50)} 2`,
      moving: "c joins",
    };
    assert.deepEqual(ofView(record, 60, "a", "b"), {
      record_readable: 1,
      members: 2,
      members_owing_repair: 1,
      topology_change: 1,
      cleanup_owed_seconds: 50,
      unrepaired_seconds: 1000,
    });
  });

  it("tell no unrepaired time where nothing is repaired on schedule, of one member, and of a ring that has not formed", () => {
    for (const [record, interval, members] of [
      [{ formed: at(9) }, 0, ["a", "b"]],
      [{ formed: at(9) }, 60, ["a"]],
      [{ forming: "3" }, 60, ["a", "b"]],
    ] as const) {
      const samples = ofView(record, interval, ...members);
      assert.equal(samples.unrepaired_seconds, undefined);
      assert.equal(samples.cleanup_owed_seconds, 0);
    }
  });

  it("tell that the record cannot be read, and no more of it", () => {
    const samples = python<Samples>(`print(json.dumps(metrics.of_view(SimpleNamespace(record=None), 0, 60)))`);
    assert.deepEqual(samples, [["record_readable", {}, 0]]);
  });

  it("tell how many members only one of record and ring knows, and the shortest gc_grace_seconds of users' tables that have deletes", () => {
    const record = { a: "id-a 10.0.0.1", b: "id-b 10.0.0.2" };
    const tables = [
      { keyspace_name: "system_auth", table_name: "roles", gc_grace_seconds: 1 },
      { keyspace_name: "shop", table_name: "orders", gc_grace_seconds: 864000 },
      { keyspace_name: "shop", table_name: "carts", gc_grace_seconds: 3600 },
      { keyspace_name: "shop", table_name: "events", gc_grace_seconds: 0 },
    ];
    const samples = python<Samples>(
      `print(json.dumps(metrics.of_ring(${view(record, "a", "b")}, ["id-a", "id-c"], ${JSON.stringify(tables)})))`,
    );
    assert.deepEqual(samples, [
      ["record_differences", {}, 2],
      ["gc_grace_seconds", { keyspace: "shop", table: "carts" }, 3600],
    ]);
  });

  it("are all in the README of the pods", () => {
    const readme = readFileSync(path.join(scripts, "README.md"), "utf8");
    const described = python<string[]>("print(json.dumps(list(metrics.HELP)))");
    for (const name of described) assert.ok(readme.includes(`| \`cassandra_ring_${name}\``), name);
  });
});
