import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { EphemeralCluster, PersistentCluster } from "../../../../components/index";
import { PasswordChange } from "../../../../components/operations/passwordChange";
import { Superuser } from "../../../../components/operations/superuser";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

/** What is marked as secret, whole. */
function secretIn({ data }: Record<string, unknown>): unknown {
  assert.ok(pulumi.runtime.isRpcSecret(data));
  return pulumi.runtime.unwrapRpcSecret(data);
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const persistent = { ...ringArgs, replicas: 3, volumeSize: "1Gi" };

describe("the superuser of a ring", () => {
  it("is in a Secret with a password at random, which outlives the stack where the rows do", async () => {
    const all = await record(() => new PersistentCluster("cassandra", persistent));
    assert.deepEqual(only(all, "random:index/randomPassword:RandomPassword").inputs, { length: 32, special: false });
    const { inputs } = only(all, "core/v1:SecretPatch");
    assert.equal((inputs.metadata as { name: string }).name, "cassandra-superuser");
    assert.deepEqual(secretIn(inputs), {
      username: base64("admin"),
      password: base64("cassandra-superuser-at-random"),
    });
  });

  it("goes with the stack where the rows do, under a name that no other ring has", async () => {
    const all = await record(() => new EphemeralCluster("cassandra", { ...ringArgs, replicas: 3 }));
    const { metadata, data } = only(all, "core/v1:Secret").inputs as Record<string, { name?: string }>;
    // Empty: one whose data changed would be replaced, and with it every pod.
    assert.deepEqual([metadata.name, data], [undefined, undefined]);
    const patch = only(all, "core/v1:SecretPatch").inputs as { metadata: { name: string } };
    assert.equal(patch.metadata.name, "cassandra-superuser-auto");
    assert.deepEqual(secretIn(only(all, "core/v1:SecretPatch").inputs), {
      username: base64("admin"),
      password: base64("cassandra-superuser-at-random"),
    });
  });

  it("has the name and the password that it is given", async () => {
    const superuserPassword = pulumi.secret("correct-horse");
    const args = { ...persistent, superuser: "root", superuserPassword };
    const all = await record(() => new PersistentCluster("cassandra", args));
    assert.ok(!all.some(({ type }) => type.startsWith("random:")));
    assert.deepEqual(secretIn(only(all, "core/v1:SecretPatch").inputs), {
      username: base64("root"),
      password: base64("correct-horse"),
    });
  });

  it("is nobody where nobody has to log in", async () => {
    const all = await record(() => new PersistentCluster("cassandra", { ...persistent, auth: "none" }));
    assert.ok(!all.some(({ type }) => /Secret|Superuser|Password/.test(type)));
    const { rules } = only(all, "rbac.authorization.k8s.io/v1:Role").inputs;
    assert.doesNotMatch(JSON.stringify(rules), /secrets/);
  });

  it("is waited for until the members have made it; those that are simulated never do", async () => {
    const secret = { data: { username: "a", password: "p", known: "another" } };
    const create = (members: Record<string, string>) =>
      withApiServer(
        {
          "/api/v1/namespaces/db/secrets/cassandra-superuser": secret,
          "/api/v1/namespaces/db/configmaps/cassandra-ring": { data: members },
        },
        async (kubeconfig) => {
          await record(() => new PersistentCluster("cassandra", { ...persistent, cluster: { kubeconfig } }));
          const inputs = { namespace: "db", secret: "cassandra-superuser", record: "cassandra-ring" };
          await callHook("cassandra-password-password-change", { newInputs: inputs });
        },
      );
    await create({ formed: "2026-01-01T00:00:00Z", roles: '{"owed": ["what an earlier update has owed"]}' });
    const made = setTimeout(() => (secret.data.known = "p"), 2500);
    await create({ "cassandra-0": "id 10.0.0.1" });
    assert.equal(secret.data.known, "p", "it did not wait");
    clearTimeout(made);
  });

  it("is waited for in vain where the ring has another password: a member says why, and the way out is named", async () => {
    const secret = { data: { username: "a", password: "p" } };
    const log = [
      "2026-01-01T00:00:00Z ring: restart: this disk holds member id",
      "2026-01-01T00:00:10Z ring: waiting: the superuser: Secret cassandra-superuser cannot be read",
      "2026-01-01T00:01:10Z ring: waiting: the superuser: admin cannot log in with any password that Secret cassandra-superuser holds",
      "INFO Compacting",
    ];
    const create = (objects: Record<string, unknown>) =>
      withApiServer(
        {
          "/api/v1/namespaces/db/secrets/cassandra-superuser": secret,
          "/api/v1/namespaces/db/configmaps/cassandra-ring": { data: { "cassandra-0": "id 10.0.0.1" } },
          ...objects,
        },
        async (kubeconfig) => {
          const { name, namespace } = persistent;
          const identity = { name, namespace, topology: "persistent" };
          await record(() => {
            const superuser = new Superuser("superuser", { ...identity, username: "admin", outlivesStack: true });
            const args = { ...identity, selector: {}, superuser, record: "cassandra-ring", timeoutMinutes: 0 };
            new PasswordChange("cassandra-password", { ...args, cluster: { kubeconfig } }, {});
          });
          const inputs = { namespace: "db", secret: "cassandra-superuser", record: "cassandra-ring" };
          await callHook("cassandra-password-password-change", { newInputs: inputs });
        },
      );
    const out =
      " If admin has another password in the ring, as on volumes whose Secret was deleted, give that one and run `pulumi up` again: set it " +
      "as superuserPassword (`pulumi config set --secret superuserPassword`), or write it to key `known` of the Secret, with which the " +
      "members then set the new one: `kubectl patch " +
      'secret -n db cassandra-superuser -p \'{"stringData":{"known":"..."}}\'`';
    const late =
      "ring cassandra: its members have not set the password of Secret cassandra-superuser within 0 minutes; ";
    const pods = { items: ["cassandra-0", "cassandra-1"].map((name) => ({ metadata: { name } })) };
    const logs = { "/api/v1/namespaces/db/pods/cassandra-1/log": log.join("\n") };
    await assert.rejects(create({ "/api/v1/namespaces/db/pods": pods, ...logs }), {
      message: `${late}cassandra-1 says: admin cannot log in with any password that Secret cassandra-superuser holds.${out}`,
    });
    await assert.rejects(create({}), { message: `${late}\`kubectl logs -n db POD\` of each says why.${out}` });
  });

  it("has its password changed by a member that serves, or the update fails and owes it", async () => {
    const pods = (items: object[]) => ({ "/api/v1/namespaces/db/pods": { items } });
    const change = (items: object[]) =>
      withApiServer(pods(items), async (kubeconfig) => {
        await record(() => new PersistentCluster("cassandra", { ...persistent, cluster: { kubeconfig } }));
        const inputs = { namespace: "db", revision: "2" };
        await callHook(
          "cassandra-password-password-change",
          { oldInputs: inputs, newInputs: inputs },
          { onDryRun: true },
        );
      });
    await assert.rejects(change([]), {
      message: /no member serves that could set the new password. Run `pulumi up`/,
    });
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    // This API server runs no commands; that it is asked to is all that can be seen here.
    await assert.rejects(change([{ metadata: { name: "cassandra-1" }, status }]), /cassandra-1/);
  });
});
