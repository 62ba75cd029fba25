import assert from "node:assert/strict";
import { changesBetween, written } from "../../../../../lab/plugins/kubernetes/diff";
import { isSameQuantity } from "../../../../../lab/plugins/kubernetes/live";
import { replacingPaths, touches } from "../../../../../lab/plugins/kubernetes/replacements";
import { object } from "./object";

describe("the kubernetes stand-in: differences", () => {
  it("names each change by the engine's path syntax", () => {
    const before = { a: { "b/c": 1, d: [{ e: 1 }, 2] }, gone: 1 };
    const after = { a: { "b/c": 2, d: [{ e: 3 }] }, fresh: { deep: 1 } };
    const changes = changesBetween(before, after).map(({ path, kind }) => `${kind} ${written(path)}`);
    assert.deepEqual(changes, ['update a["b/c"]', "update a.d[0].e", "delete a.d[1]", "delete gone", "add fresh"]);
  });

  const neither = { configMaps: false, secrets: false };
  const both = { configMaps: true, secrets: true };
  const replaced = (kind: string, before: object, after: object, mutable = neither): string[] => {
    const [apiVersion, name] = kind.split(" ");
    const rules = replacingPaths(object(apiVersion, name, after), mutable);
    const isReplacing = (rule: string, path: (string | number)[], values: unknown[]) => touches(rule, path, values);
    return changesBetween(before, after)
      .filter(({ path, before, after }) => rules.some((rule) => isReplacing(rule, path, [before, after])))
      .map(({ path }) => written(path));
  };
  const spec = (key: string, value: unknown): object => ({ spec: { [key]: value } });

  const replacing: [string, ...string[]][] = [
    ["apps/v1 StatefulSet", "podManagementPolicy", "revisionHistoryLimit", "serviceName", "volumeClaimTemplates"],
    ["apps/v1 StatefulSet", "selector"],
    ["apps/v1 Deployment", "selector"],
    ["apps/v1 DaemonSet", "selector"],
    ["batch/v1 Job", "completions", "parallelism", "selector", "template"],
    ["v1 Pod", "nodeSelector", "volumes", "affinity", "hostNetwork", "serviceAccountName"],
    ["v1 PersistentVolume", "hostPath", "local", "csi", "nfs"],
    ["v1 PersistentVolumeClaim", "accessModes", "selector", "storageClassName", "volumeName"],
    ["v1 Service", "clusterIP"],
    ["policy/v1beta1 PodDisruptionBudget", "maxUnavailable"],
  ];
  for (const [kind, ...keys] of replacing) {
    it(`${kind}: replaced when ${keys.join(", ")} changes`, () => {
      for (const key of keys) assert.deepEqual(replaced(kind, spec(key, "a"), spec(key, "b")), [`spec.${key}`]);
    });
  }

  const updating: [string, ...string[]][] = [
    ["apps/v1 StatefulSet", "replicas", "template", "updateStrategy", "minReadySeconds"],
    ["apps/v1 Deployment", "replicas", "template"],
    ["v1 Pod", "tolerations", "activeDeadlineSeconds"],
    ["v1 PersistentVolume", "capacity"],
    ["v1 PersistentVolumeClaim", "resources"],
    ["v1 Service", "ports", "selector", "type"],
    ["policy/v1 PodDisruptionBudget", "maxUnavailable"],
    ["example.com/v1 StatefulSet", "serviceName"],
  ];
  for (const [kind, ...keys] of updating) {
    it(`${kind}: updated in place when ${keys.join(", ")} changes`, () => {
      for (const key of keys) assert.deepEqual(replaced(kind, spec(key, "a"), spec(key, "b")), []);
    });
  }

  it("replaces anything under another name or namespace", () => {
    const metadata = (name: string, namespace: string): object => ({ metadata: { name, namespace } });
    assert.deepEqual(replaced("v1 Service", metadata("a", "n"), metadata("b", "n")), ["metadata.name"]);
    assert.deepEqual(replaced("v1 Service", metadata("a", "n"), metadata("a", "m")), ["metadata.namespace"]);
  });

  it("replaces on a changed role, provisioner, parameters, quota scopes and container image", () => {
    const binding = "rbac.authorization.k8s.io/v1 RoleBinding";
    assert.deepEqual(replaced(binding, { roleRef: { name: "a" } }, { roleRef: { name: "b" } }), ["roleRef.name"]);
    assert.deepEqual(replaced(binding, { subjects: [1] }, { subjects: [2] }), []);
    const storageClass = "storage.k8s.io/v1 StorageClass";
    assert.deepEqual(replaced(storageClass, { provisioner: "a" }, { provisioner: "b" }), ["provisioner"]);
    assert.deepEqual(replaced(storageClass, {}, { parameters: { type: "x" } }), ["parameters"]);
    assert.deepEqual(replaced(storageClass, {}, { allowVolumeExpansion: true }), []);
    assert.deepEqual(replaced("v1 ResourceQuota", {}, spec("scopes", ["BestEffort"])), ["spec"]);
    const image = (value: string): object => spec("containers", [{ name: "c", image: value }]);
    assert.deepEqual(replaced("v1 Pod", image("a"), image("b")), ["spec.containers[0].image"]);
  });

  it("replaces contents of ConfigMaps and Secrets unless they are said to be mutable", () => {
    const data = (value: string): object => ({ data: { key: value } });
    for (const kind of ["v1 ConfigMap", "v1 Secret"]) {
      assert.deepEqual(replaced(kind, data("a"), data("b")), ["data.key"]);
      assert.deepEqual(replaced(kind, data("a"), data("b"), both), []);
      const sealed = (value: string): object => ({ ...data(value), immutable: true });
      assert.deepEqual(replaced(kind, sealed("a"), sealed("b"), both), ["data.key"]);
    }
    assert.deepEqual(replaced("v1 Secret", { type: "a" }, { type: "b" }, both), ["type"]);
  });

  it("takes two spellings of a quantity for the same, but only where quantities are", () => {
    assert.ok(isSameQuantity(["resources", "requests", "cpu"], "1000m", 1));
    assert.ok(isSameQuantity(["resources", "limits", "memory"], "1Gi", "1024Mi"));
    assert.ok(isSameQuantity(["resources", "requests", "storage"], "1.4Gi", "1503238553600m"));
    assert.ok(isSameQuantity(["resources", "requests", "cpu"], "700m", "0.7"));
    assert.ok(!isSameQuantity(["resources", "limits", "memory"], "1Gi", "1G"));
    assert.ok(!isSameQuantity(["metadata", "labels", "size"], "1Gi", "1024Mi"));
  });
});
