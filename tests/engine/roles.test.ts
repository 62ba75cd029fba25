import * as assert from "node:assert/strict";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { applySecret, base64 } from "../support/secrets";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const passwords = ["first-password", "second-password"];

/** Simulated pods write no members into the ring record, so that roles are planned, and owed. */
describe("further roles of a ring, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  const write = (data: Record<string, string>) => applySecret(lab, "app-login", data);
  const login = (password: string) => ({ username: base64("app"), password: base64(password) });
  const grants = [{ permissions: ["SELECT"], keyspace: "shop" }];
  const configure = (roles: object[]) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", replicas: 1, roles });
  const role = { name: "app", secretName: "app-login", grants };
  const recorded = async () =>
    JSON.parse(await lab.kubectl(["get", "configmap", "cassandra-ring", "-o", "jsonpath={.data.roles}"])) as {
      run: number;
      owed: string[];
    };
  const remember = (roles: object) =>
    lab.kubectl([
      "patch",
      "configmap",
      "cassandra-ring",
      "-p",
      JSON.stringify({ data: { roles: JSON.stringify(roles) } }),
    ]);
  const refusal = (why: string) =>
    `cassandra:roles: "app-login" is not allowed in namespace default: ${why}; allowed is a Secret with username, password, app and 8 to ` +
    "128 letters, digits and any of -_.~+/=";

  it("are refused in preview where a Secret is missing, lacks a key, or is of another role", async () => {
    configure([role]);
    await stack.refusedWith([refusal("there is no such Secret")], "preview");
    await write({ username: base64("app") });
    await stack.refusedWith([refusal("it has no password")], "preview");
    await write({ ...login("it's"), username: base64("web") });
    await stack.refusedWith([refusal("its username is not app")], "preview");
    await write(login("it's"));
    await stack.refusedWith([refusal("its password is not allowed")], "preview");
    assert.deepEqual(await stack.objects(), []);
  });

  it("are told in preview, and owed for as long as the ring has no member, by each update", async () => {
    await write(login(passwords[0]));
    const told = /cassandra: role app is created\n[^]*cassandra: app is granted SELECT on keyspace shop/;
    assert.match(await stack.pulumi("preview"), told);
    const owed = /its roles are owed, since the ring record lists no member that could make them/;
    assert.match(await stack.up(), owed);
    assert.match((await recorded()).owed.join(), owed);
    assert.match(await stack.pulumi("preview"), told);
    assert.match(await stack.up(), owed);
  });

  it("show no password in the state, and the name of the Secret", async () => {
    const state = await stack.pulumi("stack", "export");
    assert.match(state, /cassandra:index:Roles[^]*app-login/);
    for (const form of [passwords[0], base64(passwords[0])])
      assert.ok(!state.includes(form), "the password stands in the state");
  });

  it("are previewed by what changes: the password, the grants, a role that leaves the list", async () => {
    const { run } = await recorded();
    await remember({ run, owed: [], granted: { app: ["SELECT data/shop"] } });
    await stack.pulumi("preview", "--expect-no-changes");
    await write(login(passwords[1]));
    const changed = /the password of app changes: sessions go on, new ones need the new password/;
    assert.match(await stack.pulumi("preview"), changed);
    await write(login(passwords[0]));
    configure([{ ...role, grants: [{ permissions: ["MODIFY"], keyspace: "shop", table: "orders" }] }]);
    const granted = await stack.pulumi("preview");
    assert.match(granted, /app is granted MODIFY on table shop\.orders/);
    assert.match(granted, /SELECT on keyspace shop is revoked from app/);
    assert.doesNotMatch(granted, changed);
    configure([]);
    assert.match(await stack.pulumi("preview"), /role app is dropped: nobody logs in as it any more/);
  });

  it("are advised against by the policies where they may do everything", async () => {
    configure([{ ...role, superuser: true }]);
    const said = await stack.pulumi("preview", "--policy-pack", path.join(repository, "policies"));
    assert.match(said, /\[advisory\] +few-superusers .*\n.*\n +role app is a superuser; grant it what it needs/);
  });

  it("are refused where the Secret of a ring that runs goes", async () => {
    configure([role]);
    await lab.kubectl(["delete", "secret", "app-login"]);
    await stack.refusedWith([refusal("there is no such Secret")], "preview");
  });
});
