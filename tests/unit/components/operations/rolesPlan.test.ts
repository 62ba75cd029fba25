import * as assert from "node:assert/strict";
import type { RecordedRoles } from "../../../../components/cassandra/recordedRoles";
import type { RingRoles, Role } from "../../../../components/cassandra/roles";
import { describeOwed, describeRoleStep } from "../../../../components/operations/rolesMessages";
import {
  planRoles,
  recordedAfter,
  recordedBefore,
  type RolesToPlan,
  statementsOf,
  withStateOf,
} from "../../../../components/operations/rolesPlan";

const nothing: RecordedRoles = { run: 0, owed: [], granted: {} };
const own = (...permissions: string[]): RecordedRoles => ({ ...nothing, granted: { app: permissions } });
const shop = (...permissions: string[]) => [{ permissions, keyspace: "shop" }];
const app = (more: Partial<Role> = {}): Role => ({ name: "app", secretName: "app-login", ...more });
const login = { isSuperuser: false, canLogin: true };
const admin = { isSuperuser: true, canLogin: true };

/** A ring with keyspace `shop` and its table `orders`. @param has permissions of role `app`; undefined where there is no such role */
const ring = (has?: string[], options = login): RingRoles => ({
  roles: { admin, ...(has && { app: options }) },
  permissions: has ? { app: has } : {},
  resources: ["data", "data/shop", "data/shop/orders"],
});

const planned = (given: Partial<RolesToPlan>) =>
  planRoles({
    name: "cassandra",
    roles: [],
    superusers: ["admin"],
    recorded: nothing,
    isChanged: () => false,
    ...given,
  });
const statements = (given: Partial<RolesToPlan>) => planned(given).flatMap((step) => statementsOf(step, "p"));
const said = (given: Partial<RolesToPlan>) =>
  planned(given).flatMap((step) => [
    ...describeRoleStep(step, { secretName: "app-login" }),
    ...describeOwed(step).map((line) => `owed: ${line}`),
  ]);

describe("the plan of roles", () => {
  it("creates a role that is missing, with its password and what it is granted", () => {
    const given = { roles: [app({ grants: shop("SELECT", "MODIFY") })], ring: ring() };
    assert.deepEqual(statements(given), [
      `CREATE ROLE IF NOT EXISTS "app" WITH PASSWORD = 'p' AND LOGIN = true AND SUPERUSER = false;`,
      'GRANT SELECT ON KEYSPACE "shop" TO "app";',
      'GRANT MODIFY ON KEYSPACE "shop" TO "app";',
    ]);
    assert.deepEqual(said(given), ["role app is created", "app is granted SELECT, MODIFY on keyspace shop"]);
    assert.deepEqual(said({ roles: [app({ superuser: true })] }), ["role app is created as a superuser"]);
  });

  it("does nothing where the ring is what the stack says", () => {
    const roles = [app({ grants: shop("SELECT") })];
    assert.deepEqual(planned({ roles, recorded: own("SELECT data/shop"), ring: ring(["SELECT data/shop"]) }), []);
    assert.deepEqual(planned({ ring: ring(["SELECT data/shop"]) }), [], "a role of others is none of the stack's");
  });

  it("sets a password that is another one, or of which nobody knows whether the ring has it", () => {
    const given = { roles: [app()], recorded: own(), ring: ring([]) };
    for (const [changed, line] of [
      [true, "the password of app changes: sessions go on, new ones need the new password"],
      [undefined, "the password of app is set to that of Secret app-login"],
    ] as const) {
      const isChanged = () => changed;
      assert.deepEqual(statements({ ...given, isChanged }), [`ALTER ROLE "app" WITH PASSWORD = 'p';`]);
      assert.deepEqual(said({ ...given, isChanged }), [line]);
    }
  });

  it("grants what is missing, and revokes what it granted itself and nothing else", () => {
    const given = {
      roles: [app({ grants: shop("MODIFY") })],
      recorded: own("SELECT data/shop"),
      ring: ring(["SELECT data/shop", "ALTER data/shop"]),
    };
    assert.deepEqual(statements(given), [
      'GRANT MODIFY ON KEYSPACE "shop" TO "app";',
      'REVOKE SELECT ON KEYSPACE "shop" FROM "app";',
    ]);
    assert.deepEqual(said(given), [
      "app is granted MODIFY on keyspace shop",
      "SELECT on keyspace shop is revoked from app",
    ]);
    const after = recordedAfter({ ...given, superusers: [] }, planned(given), { run: 0, owed: [] });
    assert.deepEqual(after.granted, { app: ["MODIFY data/shop"] });
  });

  it("never revokes what others had granted before the stack asked for it", () => {
    const given = { roles: [app({ grants: shop("SELECT") })], recorded: own(), ring: ring(["SELECT data/shop"]) };
    assert.deepEqual(planned(given), []);
    const after = recordedAfter({ ...given, superusers: [] }, [], { run: 0, owed: [] });
    assert.deepEqual(statements({ roles: [app()], recorded: after, ring: given.ring }), []);
  });

  it("revokes nothing on a keyspace that is gone, which Cassandra would refuse", () => {
    const gone = { ...ring(["SELECT data/gone"]) };
    assert.deepEqual(planned({ roles: [app()], recorded: own("SELECT data/gone"), ring: gone }), []);
  });

  it("owes a grant on what does not exist, and gives the others", () => {
    const grants = [
      { permissions: ["SELECT", "MODIFY"], keyspace: "later" },
      { permissions: ["SELECT"], keyspace: "shop", table: "orders" },
      { permissions: ["SELECT"], keyspace: "shop", table: "missing" },
      { permissions: ["CREATE"] },
    ];
    const given = { roles: [app({ grants })], recorded: own(), ring: ring([]) };
    assert.deepEqual(said(given), [
      "app is granted SELECT on table shop.orders and CREATE on all keyspaces",
      "owed: app cannot be granted SELECT, MODIFY on keyspace later, which does not exist: create it, then run `pulumi up` again",
      "owed: app cannot be granted SELECT on table shop.missing, which does not exist: create it, then run `pulumi up` again",
    ]);
    const steps = planned(given);
    assert.deepEqual(recordedAfter({ ...given, superusers: [] }, steps, { run: 4, owed: ["x"] }), {
      run: 4,
      owed: ["x"],
      granted: { app: ["SELECT data/shop/orders", "CREATE data"] },
    });
  });

  it("drops a role of its own that left the list, and none that the record does not have, nor a superuser", () => {
    const recorded = { ...nothing, granted: { app: ["SELECT data/shop"], admin: [] } };
    const given = { recorded, ring: ring(["SELECT data/shop"]) };
    assert.deepEqual(statements(given), ['DROP ROLE IF EXISTS "app";']);
    assert.deepEqual(said(given), [
      "role app is dropped: nobody logs in as it any more, and its sessions lose all permissions",
    ]);
    const after = recordedAfter({ roles: [], recorded, superusers: [] }, planned(given), { run: 0, owed: [] });
    assert.deepEqual(after.granted, {});
    assert.deepEqual(
      recordedBefore(recorded, planned(given)).granted,
      recorded.granted,
      "it is the stack's until it is dropped",
    );
  });

  it("refuses a role that others have made, unless it is told to adopt the role", () => {
    const others = ring(["ALTER data/shop"], { isSuperuser: true, canLogin: false });
    assert.throws(() => planned({ roles: [app()], ring: others }), {
      message:
        'roles: "app" is not allowed in ring cassandra: a role of that name exists that this stack has not made; allowed is another ' +
        "name, or `adopt: true`, which gives it the password of Secret app-login",
    });
    const roles = [app({ adopt: true, grants: shop("SELECT") })];
    const given = { roles, ring: others };
    assert.deepEqual(statements(given), [
      `ALTER ROLE "app" WITH PASSWORD = 'p' AND LOGIN = true AND SUPERUSER = false;`,
      'GRANT SELECT ON KEYSPACE "shop" TO "app";',
    ]);
    assert.match(said(given)[0], /^role app, which others have made, is taken over: new sessions need the password of/);
    const after = recordedAfter({ ...given, recorded: nothing, superusers: [] }, planned(given), { run: 0, owed: [] });
    assert.deepEqual(after.granted, { app: ["SELECT data/shop"] });
    assert.deepEqual(planned({ roles, recorded: after, ring: ring(["ALTER data/shop", "SELECT data/shop"]) }), []);
    assert.equal(planned({ roles, ring: ring() })[0].kind, "create", "there is none to adopt");
  });

  it("refuses the superuser, also under the name that the ring knows", () => {
    assert.throws(
      () => planned({ roles: [app()], superusers: ["admin", "app"] }),
      /"app" is not allowed .* it is the superuser/,
    );
  });

  it("makes a superuser of a role, and takes that back", () => {
    const given = { recorded: own(), ring: ring([]) };
    assert.deepEqual(statements({ ...given, roles: [app({ superuser: true })] }), [
      'ALTER ROLE "app" WITH SUPERUSER = true;',
    ]);
    assert.deepEqual(said({ ...given, roles: [app({ superuser: true })] }), ["role app becomes a superuser"]);
    const was = ring([], admin);
    assert.deepEqual(statements({ roles: [app()], recorded: own(), ring: was }), [
      'ALTER ROLE "app" WITH SUPERUSER = false;',
    ]);
  });

  it("ends what was cut off at any statement", () => {
    const roles = [app({ grants: shop("SELECT", "MODIFY") })];
    const first = planned({ roles, ring: ring() });
    const recorded = recordedBefore(nothing, first);
    for (const [has, left] of [
      [undefined, 3],
      [[], 2],
      [["SELECT data/shop"], 1],
      [["SELECT data/shop", "MODIFY data/shop"], 0],
    ] as const) {
      const given = { roles, recorded, ring: ring(has && [...has]) };
      assert.equal(statements(given).length, left, String(has));
      const after = recordedAfter({ ...given, superusers: [] }, planned(given), { run: 0, owed: [] });
      assert.deepEqual(
        after.granted,
        { app: ["SELECT data/shop", "MODIFY data/shop"] },
        "all of it is the stack's own",
      );
    }
    // The password of a role that was made before the cut is set again: the state knows of none.
    const again = { roles, recorded, ring: ring([]), isChanged: () => undefined };
    assert.match(statements(again)[0], /^ALTER ROLE "app" WITH PASSWORD = 'p';/);
  });

  it("knows its own roles by the state where somebody has deleted the record, and by the record where it is there", () => {
    const was = [app({ grants: shop("SELECT") })];
    assert.deepEqual(withStateOf(was, { recorded: nothing, isTold: false }), own("SELECT data/shop"));
    assert.deepEqual(withStateOf(was, { recorded: nothing, isTold: true }), nothing);
    assert.deepEqual(withStateOf(undefined, { recorded: own(), isTold: false }), own());
  });

  it("tells what the record tells where nobody could look into the ring", () => {
    const roles = [app({ grants: shop("SELECT") })];
    assert.deepEqual(said({ roles }), ["role app is created", "app is granted SELECT on keyspace shop"]);
    assert.deepEqual(said({ roles, recorded: own() }), ["app is granted SELECT on keyspace shop"]);
    assert.deepEqual(said({ recorded: own() }).length, 1);
  });
});
