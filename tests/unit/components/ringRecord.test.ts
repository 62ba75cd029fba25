import * as assert from "node:assert/strict";
import { RingRecord } from "../../../components/ringRecord";
import { labels } from "../../../components/labels";
import { only, record } from "../recorder";

describe("RingRecord", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const make = () => record(() => new RingRecord("cassandra", { ...identity, namespace: "db" }));

  it("makes a record under a fixed name, with no data that could overwrite what the pods wrote", async () => {
    assert.deepEqual(only(await make(), "core/v1:ConfigMapPatch").inputs, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        namespace: "db",
        labels: labels(identity),
        name: "cassandra-ring",
        annotations: { "pulumi.com/patchForce": "true" },
      },
    });
  });

  it("lets the pods touch that record alone, and only look at their set", async () => {
    const all = await make();
    assert.deepEqual((only(all, "rbac.authorization.k8s.io/v1:Role").inputs as { rules: unknown }).rules, [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cassandra-ring"], verbs: ["get", "patch"] },
      { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: ["cassandra"], verbs: ["get"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
    ]);
    const { roleRef, subjects } = only(all, "rbac.authorization.k8s.io/v1:RoleBinding").inputs;
    assert.deepEqual(roleRef, { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "cassandra-auto" });
    assert.deepEqual(subjects, [{ kind: "ServiceAccount", name: "cassandra-auto", namespace: "db" }]);
  });
});
