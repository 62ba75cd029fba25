import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { PersistentCluster } from "../../../../components/index";
import { problemOf } from "../../../../components/operations/requiredSecrets";
import { digestsOf, roleSecret } from "../../../../components/operations/roleSecrets";
import { withApiServer, type Written } from "../../../support/apiServer";
import { ringArgs } from "../../../support/args";
import { callHook, only, record, warningsOf } from "../../../support/recorder";

const roles = [{ name: "app", secretName: "app-login", grants: [{ permissions: ["SELECT"], keyspace: "shop" }] }];
const persistent = { ...ringArgs, replicas: 3, volumeSize: "1Gi" };
const recordPath = "/api/v1/namespaces/db/configmaps/cassandra-ring";
const kinds = { resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] };
const goal = { namespace: "db", record: "cassandra-ring", roles };

/** Calls the hook in a cluster whose ring record has these entries. @returns what was written, and what was warned of */
async function hook(entries: Record<string, string>, inputs: object, isPreview = false) {
  let [warned, all]: [string[], Written[]] = [[], []];
  await withApiServer({ [recordPath]: { data: entries }, "/api/v1": kinds }, async (kubeconfig, written) => {
    await record(
      () => new PersistentCluster("cassandra", { ...persistent, roles, cluster: { kubeconfig } }),
      isPreview,
    );
    warned = await warningsOf(() =>
      callHook("cassandra-roles", { newInputs: { ...goal, ...inputs } }, { onDryRun: true }),
    );
    all = written;
  });
  const bodies = all.map(({ body }) => JSON.parse((body as { data: { roles: string } }).data.roles) as object);
  return { warned, bodies, paths: all.map(({ method, path }) => `${method} ${path}`) };
}

describe("further roles of a ring", () => {
  it("are in the state by name, with the name of the Secret", async () => {
    const all = await record(() => new PersistentCluster("cassandra", { ...persistent, roles }));
    assert.deepEqual(only(all, "cassandra:index:Roles").inputs, goal);
    const { roleSecrets } = only(all, "cassandra:index:PersistentCluster").inputs;
    assert.deepEqual(roleSecrets, ["app app-login"]);
  });

  it("are none at first, and none where nobody logs in", async () => {
    const all = await record(() => new PersistentCluster("cassandra", persistent));
    assert.deepEqual(only(all, "cassandra:index:Roles").inputs, { ...goal, roles: [] });
    assert.equal(only(all, "cassandra:index:PersistentCluster").inputs.roleSecrets, undefined);
    const open = await record(() => new PersistentCluster("cassandra", { ...persistent, auth: "none" }));
    assert.ok(!open.some(({ type }) => type === "cassandra:index:Roles"));
  });

  it("cost a ring that has none one look at its record", async () => {
    assert.deepEqual(await hook({ formed: "now" }, { roles: [] }), { warned: [], bodies: [], paths: [] });
  });

  it("are owed by a ring without a member, and the record says so until the next update", async () => {
    const { warned, bodies, paths } = await hook({ formed: "now" }, { run: 3 });
    const why =
      "its roles are owed, since the ring record lists no member that could make them: run `pulumi up` again once it does";
    assert.deepEqual(warned, [`cassandra: ${why}`]);
    assert.deepEqual(paths, [`PATCH ${recordPath}`]);
    assert.deepEqual(bodies, [{ run: 3, owed: [why], granted: {} }]);
    const preview = await hook({ formed: "now" }, {}, true);
    assert.deepEqual(preview.bodies, [], "a preview writes nothing");
  });

  it("are refused on a record that somebody else has written", async () => {
    await assert.rejects(
      hook({ roles: "by hand" }, {}),
      /key roles of the ring record holds what no `pulumi up` writes: by hand/,
    );
  });

  it("need a member that serves", async () => {
    const member = { "cassandra-0": "00000000-0000-0000-0000-000000000000 10.0.0.1" };
    await withApiServer(
      { [recordPath]: { data: member }, "/api/v1/namespaces/db/pods": { items: [] } },
      async (kubeconfig, written) => {
        const make = () => new PersistentCluster("cassandra", { ...persistent, roles, cluster: { kubeconfig } });
        await record(make);
        await assert.rejects(
          callHook("cassandra-roles", { newInputs: goal }),
          /roles of ring cassandra could not be checked: no member serves that could be asked for roles.*Nothing was touched/,
        );
        assert.deepEqual(written, []);
      },
    );
  });

  it("have digests that differ by ring and role, and tell nothing alike of equal passwords", () => {
    const passwords = { app: "correct-horse", web: "correct-horse" };
    const all = [digestsOf(passwords, "a", "db"), digestsOf(passwords, "b", "db"), digestsOf(passwords, "a", "other")];
    assert.equal(new Set(all.flatMap((one) => Object.values(one))).size, 6);
    assert.deepEqual(digestsOf(passwords, "a", "db"), all[0]);
  });

  it("are refused a Secret that is missing, lacks a key, or is of another role", () => {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const secret = (username: string, password: string) => ({ username: base64(username), password: base64(password) });
    const said = (data?: Record<string, string>) => problemOf(roleSecret(roles[0]), "db", data);
    const refusal = (why: string) =>
      `roles: "app-login" is not allowed in namespace db: ${why}; allowed is a Secret with username, password, app and 8 to 128 letters, ` +
      "digits and any of -_.~+/=";
    assert.equal(said(), refusal("there is no such Secret"));
    assert.equal(said({ password: base64("correct-horse") }), refusal("it has no username"));
    assert.equal(said(secret("web", "correct-horse")), refusal("its username is not app"));
    assert.equal(said(secret("app", "it's-a-secret")), refusal("its password is not allowed"));
    assert.equal(said(secret("app", "correct-horse")), undefined);
  });

  it("compare digests that the engine keeps as secrets", async () => {
    // The engine gives a hook its secrets as Outputs.
    const passwords = pulumi.secret({ app: "digest" });
    const { warned } = await hook({ formed: "now" }, { passwords });
    assert.equal(warned.length, 1);
  });
});
