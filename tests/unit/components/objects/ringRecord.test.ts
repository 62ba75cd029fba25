import * as assert from "node:assert/strict";
import { RingRecord } from "../../../../components/objects/ringRecord";
import { Disk } from "../../../../components/objects/disk";
import { labels } from "../../../../components/objects/labels";
import { only, record } from "../../../support/recorder";

describe("RingRecord", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const rules = [{ apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: ["cassandra"], verbs: ["get"] }];
  const make = (disk: Disk = { kind: "persistentVolumeClaim", template: "data" }) =>
    record(() => new RingRecord("cassandra", { ...identity, namespace: "db", disk, rules }));

  it("makes a record under a fixed name where volumes outlive the stack, with no data that could overwrite what the pods wrote", async () => {
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

  it("makes a record that goes with the stack where the rows do", async () => {
    assert.deepEqual(only(await make({ kind: "emptyDir" }), "core/v1:ConfigMap").inputs, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "db", labels: labels(identity) },
    });
  });

  it("lets the pods touch that record alone, and only look at what they are told to", async () => {
    const all = await make();
    assert.deepEqual((only(all, "rbac.authorization.k8s.io/v1:Role").inputs as { rules: unknown }).rules, [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cassandra-ring"], verbs: ["get", "patch"] },
      ...rules,
    ]);
    const { roleRef, subjects } = only(all, "rbac.authorization.k8s.io/v1:RoleBinding").inputs;
    assert.deepEqual(roleRef, { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "cassandra-auto" });
    assert.deepEqual(subjects, [{ kind: "ServiceAccount", name: "cassandra-auto", namespace: "db" }]);
  });
});
