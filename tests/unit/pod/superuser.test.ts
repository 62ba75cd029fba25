import * as assert from "node:assert/strict";
import { noKeyspaceOfUsers, type World } from "./podWorld";
import { run } from "./runScript";

const id = (i: number) => `0000000${i}-aaaa-bbbb-cccc-dddddddddddd`;
const member = (i: number) => `${id(i)} 10.0.0.${i}`;
const three = { "cassandra-0": member(0), "cassandra-1": member(1), "cassandra-2": member(2) };
const formed = { formed: "2026-01-01T00:00:00Z" };
const ordered = { POD_IDENTITY: "ordinal" };
const secret = { username: "admin", password: "new" };
const byDefault = { cassandra: "cassandra" };

describe("the password of the superuser", function () {
  this.timeout(60_000);
  const tell = (world: Partial<World>) =>
    run("set-superuser-password.sh", [], {
      pod: "cassandra-1",
      env: ordered,
      record: { ...three, ...formed },
      secret,
      ...world,
    });

  it("is left alone when the ring knows it", async () => {
    const outcome = await tell({ secret: { ...secret, known: "new" }, roles: {} });
    assert.equal(outcome.code, 0, outcome.said);
    assert.deepEqual(outcome.cqlsh, []);
  });

  it("is set with the one that the ring knows, and noted", async () => {
    const outcome = await tell({ secret: { ...secret, known: "old" }, roles: { admin: "old" } });
    assert.deepEqual([outcome.roles, outcome.known], [{ admin: "new" }, "new"], outcome.said);
    assert.match(outcome.cqlsh[0], /; TRUNCATE system_views.credentials_cache_keys;/, "the old one would be believed");
    assert.ok(!/old|new/.test(outcome.said), "no password may be in a log");
  });

  it("is noted when it was set by a try that ended before its note", async () => {
    const outcome = await tell({ secret: { ...secret, known: "old" }, roles: { admin: "new" } });
    assert.deepEqual([outcome.code, outcome.known], [0, "new"]);
  });

  it("is refused, with the way out, when none that the Secret holds is right", async () => {
    const outcome = await tell({ secret: { ...secret, known: "old" }, roles: { admin: "lost" } });
    assert.equal(outcome.code, 1);
    assert.match(
      outcome.said,
      /admin cannot log in with any password that Secret cassandra-superuser holds \(.*\)\. If the ring/,
    );
    assert.equal(outcome.known, "old");
  });
});

describe("cqlsh.sh", () => {
  const world = { pod: "cassandra-1", env: ordered, record: {}, roles: { admin: "old" } };

  it("logs in with the password that the ring knows, which is in no argument and in no file that stays", async () => {
    const outcome = await run("cqlsh.sh", ["-e", "x"], { ...world, secret: { ...secret, known: "old" } });
    assert.match(outcome.cqlsh[0], /^admin \(-e x\):/);
    assert.deepEqual(outcome.left, []);
  });
});

describe("the first ring whose clients log in", function () {
  this.timeout(60_000);
  const answer = (...roles: string[]) =>
    rows(
      ...roles.map((role) => `{"role": "${role}", "member_of": null}`),
      '{"keyspace_name": "system_auth"}',
      '{"keyspace_name": "system"}',
    );
  const rows = (...lines: string[]) => lines.map((line) => ` ${line}`).join("\n");
  /** Pod 0 or 1 of three once Cassandra runs, its port closed. */
  const register = (
    ordinal: number,
    { startMode = ["bootstrap_ring"], ...world }: Partial<World> & { startMode?: string[] } = {},
  ) =>
    run("post-start.sh", startMode, {
      pod: `cassandra-${ordinal}`,
      env: ordered,
      record: { ...three, forming: "3" },
      gossiping: [0, 1, 2].map((i) => `cassandra-${i}.cassandra`),
      folders: ["data/system_auth/roles-1"],
      nodetool: `[ "$1" != netstats ] || echo Mode: NORMAL; [ "$1" != status ] || printf 'UN %s ${id(9)}\\n' 10.0.0.1 10.0.0.2 10.0.0.99`,
      secret,
      roles: byDefault,
      answer: answer("admin"),
      ...world,
    });

  it("starts so that the default role is there before CQL opens, on as many members as are to hold roles", async () => {
    const record = { "cassandra-0": "empty", "cassandra-1": "empty" };
    const world = { pod: "cassandra-0", env: ordered, record, replicas: 2, secret };
    const { options } = await run("entrypoint.sh", [], world);
    assert.ok(options.includes("-Dcassandra.start_native_transport=false"));
    assert.ok(options.includes("-Dcassandra.system_auth.default_rf=2"));
    assert.ok(options.includes("-Dcassandra.superuser_setup_delay_ms=500"));
    assert.ok(options.includes("-Dcassandra.role_password_update_min_interval_in_ms=0"));
  });

  it("has its superuser made by the first member, which drops the default role and ends its sessions before the others open", async () => {
    const outcome = await register(0);
    assert.equal(outcome.record.superuser, "admin", outcome.said);
    assert.deepEqual([outcome.roles, outcome.known], [{ admin: "new" }, "new"]);
    const [made, looked, set, ...more] = outcome.cqlsh;
    assert.deepEqual(more, []);
    const inOrder =
      /^cassandra .*CREATE ROLE .* ALTER KEYSPACE system_auth .*'NetworkTopologyStrategy', 'dc1': 3.* LOGIN admin .*DROP ROLE IF EXISTS cassandra; TRUNCATE system_views.roles_cache_keys; TRUNCATE system_views.permissions_cache_keys; $/;
    assert.match(made, inOrder);
    assert.doesNotMatch(made, /'new'/, "its users may not make anything before the default role is shut");
    assert.match(looked, /^admin .*SELECT JSON role, member_of .*role_permissions.*keyspace_name/);
    assert.doesNotMatch(looked, /identity_to_role/, "this version has none");
    assert.match(set, /^admin .*WITH PASSWORD = 'new'/);
    // Whoever came as the default role would go on as it.
    assert.deepEqual(outcome.nodetool, ["status", "enablebinary", "disablebinary", "enablebinary"]);
  });

  it("is not asked for its members before Cassandra has come far enough to be one", async () => {
    const outcome = await register(0, { folders: [] });
    assert.deepEqual(outcome.nodetool, []);
  });

  it("opens its other members only then", async () => {
    const waiting = await register(1);
    assert.deepEqual(waiting.nodetool, ["status"]);
    assert.match(waiting.said, /waiting: cassandra-0 must make the superuser before this member serves CQL/);
    const outcome = await register(1, { record: { ...three, forming: "3", superuser: "admin" } });
    assert.deepEqual(outcome.nodetool, ["status", "enablebinary"]);
  });

  it("takes a superuser that an earlier try has made", async () => {
    const outcome = await register(0, { secret: { ...secret, known: "once" }, roles: { admin: "once" } });
    assert.deepEqual([outcome.record.superuser, outcome.roles], ["admin", { admin: "new" }], outcome.said);
  });

  const left: Record<string, [string, RegExp]> = {
    "a role": ['{"role": "mallory", "member_of": null}', /made role mallory\./],
    "a keyspace": ['{"keyspace_name": "mine"}', /made keyspace mine\./],
    "a grant": ['{"role": "admin", "resource": "data"}', /made permissions of admin on data\./],
    "a membership": ['{"role": "admin", "member_of": ["mallory"]}', /made admin as a member of mallory\./],
    "an identity": ['{"identity": "spiffe://evil", "role": "admin"}', /made identity spiffe:\/\/evil of admin\./],
  };
  for (const [what, [row, said]] of Object.entries(left)) {
    it(`does not open when somebody left ${what} as the default role before it was dropped`, async () => {
      const folders = ["data/system_auth/roles-1", "data/system_auth/identity_to_role-1"];
      const outcome = await register(0, { folders, answer: rows('{"role": "admin", "member_of": null}', row) });
      assert.equal(outcome.record.superuser, undefined);
      assert.equal(outcome.nodetool.at(-1), "disablebinary");
      assert.match(outcome.cqlsh[1], /identity_to_role/);
      assert.match(outcome.said, said);
    });
  }

  it("does not open before its roles can be read", async () => {
    const outcome = await register(0, { answer: rows('{"keyspace_name": "system"}') });
    assert.match(outcome.said, /the roles cannot be read/);
    assert.equal(outcome.record.superuser, undefined);
  });

  it("opens to its users as it is when it has served everybody before", async () => {
    const world = { startMode: ["restart", "closed"], data: true, folders: ["data/shop", "data/system_auth"] };
    const outcome = await register(0, {
      ...world,
      files: { "ring-member": id(0) },
      answer: answer("admin", "shop"),
    });
    assert.equal(outcome.record.superuser, "admin", outcome.said);
  });

  it("goes on where it stopped when all its members ended before it had a superuser", async () => {
    const world = { pod: "cassandra-0", env: ordered, record: { ...three, forming: "3" }, secret };
    const files = { "ring-member": id(0) };
    const started = await run("entrypoint.sh", [], { ...world, files, data: true });
    assert.deepEqual(started.options, ["-Dcassandra.start_native_transport=false"]);
    assert.equal(started.startMode, "restart closed");
    const outcome = await run("post-start.sh", ["restart", "closed"], {
      ...world,
      files,
      nodetool: "echo Mode: NORMAL",
      roles: byDefault,
      answer: answer("admin"),
    });
    assert.equal(outcome.record.superuser, "admin", outcome.said);
    assert.ok(outcome.nodetool.includes("repair --full system_auth"), "its roles may have had one copy");
  });

  it("starts with an open port once it has one, and without the record", async () => {
    // Without the record, it waits a while for a network.
    const world = { pod: "cassandra-0", env: ordered, secret, files: { "ring-member": id(0) }, data: true, waits: 21 };
    for (const record of [{ ...three, ...formed, superuser: "admin" }, undefined])
      assert.deepEqual((await run("entrypoint.sh", [], { ...world, record })).options, []);
  });
});

describe("the copies of the roles", function () {
  this.timeout(60_000);
  const known = { ...secret, known: "new" };
  const record = { ...three, ...formed, superuser: "admin" };
  const world = { env: ordered, secret: known, roles: { admin: "new" } };

  it("grow with a small ring, whose newcomer gets them", async () => {
    const join = (record: Record<string, string>, roles: Record<string, string> = world.roles) =>
      run("post-start.sh", ["bootstrap"], {
        ...world,
        roles,
        pod: "cassandra-2",
        record,
        serving: ["10.0.0.99"],
        nodetool: `[ "$1" != describecluster ] || { ${noKeyspaceOfUsers}; exit; }; echo ID : ${id(2)}`,
      });
    const outcome = await join({ ...record, "cassandra-2": "empty" });
    assert.match(outcome.cqlsh[0], /ALTER KEYSPACE system_auth .*'dc1': 3/, outcome.said);
    assert.ok(outcome.nodetool.includes("repair --full system_auth"));
    assert.equal(outcome.record["cassandra-2"], `${id(2)} 10.0.0.99`);
    const barred = await join({ ...record, "cassandra-2": "empty" }, { admin: "lost" });
    assert.match(barred.said, /the replication factor of system_auth stays below 3, the number of members/);
    assert.equal(barred.record["cassandra-2"], `${id(2)} 10.0.0.99`, "it is a member all the same");
    const fourth = await join({ ...record, "cassandra-2": "empty", "cassandra-3": member(3) });
    assert.deepEqual(fourth.cqlsh, [], "three are enough");
  });

  it("shrink before a member leaves those that all hold", async () => {
    const leave = (more: Record<string, string>, roles: Record<string, string> = world.roles) =>
      run("decommission.sh", [], {
        ...world,
        roles,
        pod: "cassandra-2",
        record: { ...record, ...more },
        data: true,
        files: { "ring-member": id(2) },
      });
    const outcome = await leave({});
    assert.match(outcome.cqlsh[0], /ALTER KEYSPACE system_auth .*'dc1': 2/);
    assert.deepEqual(
      outcome.nodetool,
      ["repair --full system_auth", "decommission --force"],
      "those that stay must hold what only this member has taken, before they are the only ones that are asked",
    );
    assert.deepEqual((await leave({ "cassandra-3": member(3) })).cqlsh, []);
    const refused = await leave({}, { admin: "lost" });
    assert.ok(
      !refused.nodetool.includes("decommission --force"),
      "with more copies than members nobody could log in any more",
    );
    assert.equal(refused.record["cassandra-2"], member(2));
  });
});
