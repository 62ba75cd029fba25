import * as assert from "node:assert/strict";
import { runCql } from "../../../../components/cassandra/cqlSession";
import { parseRecordedRoles } from "../../../../components/cassandra/recordedRoles";
import { parseRingRoles, permissionsOf, roleQueries } from "../../../../components/cassandra/roles";
import { alterRole, createRole, grantTo, revokeFrom } from "../../../../components/cassandra/roleStatements";

const app = { name: "app", secretName: "app-login" };

describe("roles of a ring", () => {
  it("are granted each permission once, on the resource as Cassandra names it", () => {
    const grants = [
      { permissions: ["SELECT", "MODIFY"], keyspace: "shop" },
      { permissions: ["SELECT"], keyspace: "shop" },
      { permissions: ["SELECT"], keyspace: "crm", table: "people" },
      { permissions: ["CREATE"] },
    ];
    assert.deepEqual(permissionsOf({ ...app, grants }), [
      "SELECT data/shop",
      "MODIFY data/shop",
      "SELECT data/crm/people",
      "CREATE data",
    ]);
    assert.deepEqual(permissionsOf(app), []);
  });

  it("are read as cqlsh prints them", () => {
    const output = [
      "Consistency level set to LOCAL_QUORUM.",
      "",
      " [json]",
      "-----------------",
      '          {"role": "admin", "is_superuser": true, "can_login": true}',
      '          {"role": "app", "is_superuser": null, "can_login": true}',
      "",
      "(2 rows)",
      ' {"role": "app", "resource": "data/shop", "permissions": ["MODIFY", "SELECT"]}',
      ' {"role": "app", "resource": "data", "permissions": ["CREATE"]}',
      ' {"keyspace_name": "shop"}',
      ' {"keyspace_name": "shop", "table_name": "orders"}',
    ].join("\n");
    assert.deepEqual(parseRingRoles(output), {
      roles: { admin: { isSuperuser: true, canLogin: true }, app: { isSuperuser: false, canLogin: true } },
      permissions: { app: ["MODIFY data/shop", "SELECT data/shop", "CREATE data"] },
      resources: ["data", "data/shop", "data/shop/orders"],
    });
    assert.throws(() => parseRingRoles(""), /cqlsh shows no role/);
  });

  it("are looked for with the tables that they name, and no others", () => {
    const grants = [
      { permissions: ["SELECT"], keyspace: "shop" },
      { permissions: ["SELECT"], keyspace: "crm", table: "people" },
    ];
    assert.match(roleQueries([{ ...app, grants }]), /FROM system_schema\.tables WHERE keyspace_name IN \('crm'\);/);
    assert.doesNotMatch(roleQueries([app]), /system_schema\.tables/);
  });

  it("are changed by statements with each name in quotes", () => {
    assert.equal(
      createRole("app", { password: "p", superuser: false, login: true }),
      `CREATE ROLE IF NOT EXISTS "app" WITH PASSWORD = 'p' AND LOGIN = true AND SUPERUSER = false;`,
    );
    assert.equal(alterRole("app", { superuser: true }), 'ALTER ROLE "app" WITH SUPERUSER = true;');
    assert.equal(alterRole("app", {}), "");
    assert.equal(grantTo("app", "SELECT data"), 'GRANT SELECT ON ALL KEYSPACES TO "app";');
    assert.equal(grantTo("app", "SELECT data/Shop"), 'GRANT SELECT ON KEYSPACE "Shop" TO "app";');
    assert.equal(revokeFrom("app", "MODIFY data/shop/a"), 'REVOKE MODIFY ON TABLE "shop"."a" FROM "app";');
  });
});

describe("what the ring record remembers of roles", () => {
  it("is nothing at first, and what was written later", () => {
    const none = { run: 0, owed: [], granted: {} };
    for (const value of [undefined, "", " "]) assert.deepEqual(parseRecordedRoles(value), none);
    const written = { run: 2, owed: ["x"], granted: { app: ["SELECT data/shop"] } };
    assert.deepEqual(parseRecordedRoles(JSON.stringify(written)), written);
  });

  it("is refused where its words would be other statements", () => {
    for (const granted of [{ 'app"; DROP': [] }, { app: ['SELECT data/shop"; DROP'] }, { app: "SELECT" }])
      assert.throws(
        () => parseRecordedRoles(JSON.stringify({ run: 0, owed: [], granted })),
        /key roles of the ring record holds what no `pulumi up` writes/,
      );
    for (const value of ["no", "{}", "null", "[]"])
      assert.throws(() => parseRecordedRoles(value), /no `pulumi up` writes/);
  });
});

describe("statements for a pod", () => {
  const pod = { namespace: "db", pod: "cassandra-0" };

  it("go through its standard input, as many bytes as the command is told", async () => {
    const calls: unknown[][] = [];
    const client = { exec: (...all: unknown[]) => (calls.push(all), Promise.resolve("done")) };
    assert.equal(await runCql(client, pod, ["LIST ROLES;", "-- ü"], ["p"]), "done");
    const [[to, command, , input]] = calls as [[unknown, string[], number, string]];
    assert.deepEqual(to, pod);
    assert.equal(input, "LIST ROLES;\n-- ü\n");
    assert.equal(command.at(-1), String(Buffer.byteLength(input)));
    assert.ok(!command.join(" ").includes("ROLES"));
  });

  it("show no password where Cassandra quotes them", async () => {
    const client = {
      exec: (_: unknown, command: string[]) =>
        Promise.reject(
          new Error(`cassandra-0: ${command.join(" ")}: no viable alternative at 'hunter22' ('hunter22')`),
        ),
    };
    await assert.rejects(runCql(client, pod, ["x"], ["hunter22"]), {
      message: "cassandra-0: no viable alternative at '[secret]' ('[secret]')",
    });
  });
});
