import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { ApplicationRole } from "../support/applicationRole";
import { Credentials, inRingLab, RingStack } from "../support/ringStack";
import { smallMembers } from "../support/stack";

const minutes = 60_000;

describe("@all further roles of a ring", function () {
  this.timeout(20 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let app: ApplicationRole;
  let credentials: Credentials;
  const configure = (...roles: object[]) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", replicas: 1, roles });
  const on = (keyspace: string, ...permissions: string[]) => ({ permissions, keyspace });
  const sql = (statements: string, as = credentials) => app.run("cassandra-0", as, statements);
  const permissions = async () =>
    [...(await stack.cql("cassandra-0", "LIST ALL PERMISSIONS OF app;")).matchAll(/^ +app \|.*\|\s*(\w+)\s*$/gm)]
      .map(([, one]) => one)
      .sort();
  const insert = "INSERT INTO shop.orders (id) VALUES (7);";

  inRingLab((made) => ({ lab, stack } = made));

  it("are made with the ring; a grant on a keyspace that is yet to be made is owed until it is", async () => {
    app = new ApplicationRole(lab, stack, "app");
    credentials = await app.setPassword("correct-horse.1");
    configure(app.of(on("shop", "SELECT", "MODIFY")));
    const owed =
      /app cannot be granted SELECT, MODIFY on keyspace shop, which does not exist: create it, then run `pulumi up` again/;
    assert.match(await stack.up(), owed);
    assert.match(await sql("SHOW HOST"), /^Connected to K8Demo at/m);
    const byHand = stack.cql("cassandra-0", "GRANT SELECT ON KEYSPACE shop TO app;");
    await assert.rejects(byHand, /Resource <keyspace shop> doesn't exist/, "Cassandra grants it all the same");
    assert.match(await stack.pulumi("preview"), owed);
    assert.match(await stack.up(), owed);
    await stack.cql(
      "cassandra-0",
      "CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};" +
        "CREATE TABLE shop.orders (id int PRIMARY KEY);",
    );
    assert.match(await sql(insert), /User app has no MODIFY permission/);
    assert.match(await stack.pulumi("preview"), /app is granted SELECT, MODIFY on keyspace shop/);
    await stack.up();
    await sql(insert);
    assert.match(await sql("SELECT count(*) FROM shop.orders;"), /^ +1$/m);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("lose what left their grants, and keep what others have granted", async () => {
    await stack.cql("cassandra-0", "GRANT ALTER ON KEYSPACE shop TO app;");
    configure(app.of({ permissions: ["SELECT"], keyspace: "shop", table: "orders" }));
    const told = await stack.pulumi("preview");
    assert.match(told, /app is granted SELECT on table shop\.orders/);
    assert.match(told, /SELECT, MODIFY on keyspace shop is revoked from app/);
    await stack.up();
    assert.deepEqual(await permissions(), ["ALTER", "SELECT"]);
    assert.match(await sql(insert), /User app has no MODIFY permission/);
    assert.match(await sql("SELECT count(*) FROM shop.orders;"), /^ +1$/m);
  });

  it("@all are made again where somebody has dropped one by hand, with its password and its grants", async () => {
    await stack.pulumi("preview", "--expect-no-changes");
    await stack.cql("cassandra-0", "DROP ROLE app;");
    assert.match(await stack.pulumi("preview"), /role app is created\n[^]*app is granted SELECT on table shop\.orders/);
    await stack.up();
    assert.match(await sql("SELECT count(*) FROM shop.orders;"), /^ +1$/m);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("@all are known by the state where somebody has taken them out of the ring record", async () => {
    const remove = JSON.stringify([{ op: "remove", path: "/data/roles" }]);
    await lab.kubectl(["patch", "configmap", "cassandra-ring", "--type=json", "-p", remove]);
    await stack.up();
    await stack.pulumi("preview", "--expect-no-changes");
    assert.match(await sql("SELECT count(*) FROM shop.orders;"), /^ +1$/m);
  });

  it("@all cannot make themselves superusers where they may modify all keyspaces: those of the system are none of them", async () => {
    configure(app.of({ permissions: ["MODIFY"] }));
    await stack.up();
    // Permissions are cached for two seconds.
    await stack.cql("cassandra-0", "TRUNCATE system_views.permissions_cache_keys;");
    assert.equal(await sql(insert), "");
    const become = "UPDATE system_auth.roles SET is_superuser = true WHERE role = 'app';";
    assert.match(await sql(become), /app has no MODIFY permission on <table system_auth\.roles> or any of its parents/);
    configure(app.of({ permissions: ["SELECT"], keyspace: "shop", table: "orders" }));
    await stack.up();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("@all are refused under the name of a role that others have made, which can be adopted", async () => {
    const web = new ApplicationRole(lab, stack, "web");
    const asWeb = await web.setPassword("battery-staple.1");
    await stack.cql("cassandra-0", "CREATE ROLE web WITH PASSWORD = 'made-by-hand' AND LOGIN = true;");
    configure(app.of(), web.of());
    const refusal =
      'cassandra:roles: "web" is not allowed in ring cassandra: a role of that name exists that this stack has not made; allowed is another ' +
      "name, or `adopt: true`, which gives it the password of Secret web-login";
    await stack.refusedWith([refusal], "preview");
    configure(app.of(), { ...web.of(), adopt: true });
    assert.match(await stack.pulumi("preview"), /role web, which others have made, is taken over/);
    await stack.up();
    assert.match(await sql("SHOW HOST", asWeb), /^Connected to/m);
    assert.match(await sql("SHOW HOST", { ...asWeb, password: "made-by-hand" }), /password are incorrect/);
  });

  it("@all are made whole by the next update after one that was killed in the middle", async () => {
    const root = new ApplicationRole(lab, stack, "root");
    const asRoot = await root.setPassword("tr0ub4dor-and.3");
    configure(app.of(on("shop", "SELECT")), { ...root.of(on("shop", "DROP")), superuser: true });
    const isMade = async () => /^ +root \|/m.test(await stack.cql("cassandra-0", "LIST ROLES;"));
    await stack.killUp(120, isMade);
    await stack.pulumi("cancel", "--yes");
    await stack.up();
    assert.match(await sql("LIST ROLES;", asRoot), /^ +root \| +True/m);
    assert.match(await sql("SELECT count(*) FROM shop.orders;"), /^ +1$/m);
    await stack.pulumi("preview", "--expect-no-changes");
    const roles = await stack.cql("cassandra-0", "LIST ROLES;");
    assert.doesNotMatch(roles, /^ +web \|/m, "a role that left the list is there");
  });

  it("@all are those of the stack after destroy and up on kept volumes, and are dropped once they leave the list", async () => {
    await stack.destroy();
    await stack.serving(0);
    const again = await app.setPassword("correct-horse.2");
    configure(app.of(on("shop", "SELECT")));
    await stack.up();
    assert.match(await sql("SELECT count(*) FROM shop.orders;", again), /^ +1$/m);
    assert.match(await sql("SHOW HOST"), /password are incorrect/);
    assert.doesNotMatch(await stack.cql("cassandra-0", "LIST ROLES;"), /^ +root \|/m);
    configure();
    await stack.cql("cassandra-0", "DROP KEYSPACE shop;");
    assert.deepEqual(await permissions(), [], "Cassandra keeps permissions on what is gone");
    assert.match(await stack.pulumi("preview"), /role app is dropped/);
    await stack.up();
    assert.match(await sql("SHOW HOST", again), /password are incorrect/);
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
