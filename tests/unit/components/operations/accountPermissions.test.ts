import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Need } from "../../../../components/kubernetes/permissions";
import { mayChange, mayMake } from "../../../../components/operations/accountPermissions";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record, warningsOf } from "../../../support/recorder";

const review = "POST /apis/authorization.k8s.io/v1";
const all = ["get", "list", "watch", "create", "patch", "delete"];
const rule = (apiGroup: string, resources: string[], verbs: string[], resourceNames?: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
  resourceNames,
});
type Rule = ReturnType<typeof rule>;

/** What is warned of, before a ring of a ReplicationController is made or its controller is changed by an account with these rules. */
async function before(
  act: "make" | "change",
  rules: Rule[],
  {
    isPreview = false,
    isIncomplete = false,
    isAllowed = false,
    needs = ["pods", "replicationControllers"] as Need[],
  } = {},
): Promise<{ warned: string[]; asked: string[] }> {
  const asked: string[] = [];
  const answers = {
    [`${review}/selfsubjectrulesreviews`]: {
      status: { resourceRules: rules, nonResourceRules: [], incomplete: isIncomplete },
    },
    [`${review}/selfsubjectaccessreviews`]: { status: { allowed: isAllowed } },
  };
  const warned = await warningsOf(() =>
    withApiServer(answers, async (kubeconfig, written) => {
      const required = { subject: "ring cassandra", needs, cluster: { kubeconfig } };
      await record(() => {
        mayMake("cassandra", required);
        mayChange("cassandra", required, "replicationControllers", new pulumi.ComponentResource("x:y:Z", "parent"));
      }, isPreview);
      const [hook, newInputs] =
        act === "make"
          ? ["cassandra-may-be-made", { namespace: "db" }]
          : ["cassandra-may-be-changed", { metadata: { namespace: "db" } }];
      await callHook(hook, { newInputs }, { onDryRun: true });
      asked.push(...written.map(({ path, body }) => `${path} ${JSON.stringify((body as { spec: object }).spec)}`));
    }),
  );
  return { warned, asked };
}

const pods = rule("", ["pods"], all);
const controllers = rule("", ["replicationcontrollers"], all);
const readers = rule("", ["*"], ["get", "list", "watch"]);
const ofReaders =
  "ring cassandra: this account may not do all that an update needs in namespace db: it lacks create, patch, delete of " +
  "replicationcontrollers (docs/reference/permissions.md)";

describe("permissions of the account", () => {
  it("suffice where a rule names each, or all, also of objects by their names: one question is asked, and nothing is said", async () => {
    for (const rules of [
      [pods, controllers],
      [rule("*", ["*"], ["*"])],
      [pods, readers, rule("", ["replicationcontrollers"], all, ["cassandra"])],
    ]) {
      const { warned, asked } = await before("make", rules);
      assert.deepEqual(warned, []);
      assert.deepEqual(asked, ['/apis/authorization.k8s.io/v1/selfsubjectrulesreviews {"namespace":"db"}']);
    }
  });

  it("that lack: an update makes nothing, and changes no controller that the account may not change", async () => {
    const refused = { message: `${ofReaders}. Nothing was touched` };
    await assert.rejects(before("make", [pods, readers]), refused);
    await assert.rejects(before("change", [pods, readers]), refused);
  });

  it("that lack: an update that may do without is warned", async () => {
    const { warned } = await before("change", [controllers, rule("", ["pods"], ["get", "list", "watch"])]);
    assert.deepEqual(warned, [ofReaders.replace("create, patch, delete of replicationcontrollers", "delete of pods")]);
  });

  it("that lack: a preview warns, but not an account that may only read", async () => {
    const { warned } = await before("make", [pods, readers], { isPreview: true });
    assert.deepEqual(warned, [`${ofReaders}. \`pulumi up\` by this account is refused`]);
    assert.deepEqual((await before("make", [readers], { isPreview: true })).warned, []);
    assert.deepEqual((await before("change", [readers], { isPreview: true })).warned, []);
  });

  it("that the program gives to pods are needed of the very namespace, unless the account may escalate roles", async () => {
    const needs = ["pods", "replicationControllers", "ownNamespace"] as const;
    const others = [pods, controllers, rule("", ["namespaces"], ["get"], ["kube-system"])];
    await assert.rejects(
      before("make", others, { needs: [...needs] }),
      /it lacks get of namespaces .*Nothing was touched$/,
    );
    for (const more of [
      rule("", ["namespaces"], ["get"], ["db"]),
      rule("rbac.authorization.k8s.io", ["roles"], ["escalate"]),
    ])
      assert.deepEqual((await before("make", [...others, more], { needs: [...needs] })).warned, []);
  });

  it("are asked for one by one where an authorizer does not list its rules", async () => {
    const { warned, asked } = await before("make", [pods, readers], { isIncomplete: true, isAllowed: true });
    assert.deepEqual(warned, []);
    assert.deepEqual(
      asked.slice(1),
      ["create", "patch", "delete"].map(
        (verb) =>
          "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews " +
          JSON.stringify({
            resourceAttributes: { group: "", namespace: "db", resource: "replicationcontrollers", verb },
          }),
      ),
    );
    await assert.rejects(before("make", [pods, readers], { isIncomplete: true }), /Nothing was touched/);
  });
});
