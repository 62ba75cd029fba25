import assert from "node:assert/strict";
import { readinessRuleOf, Progress } from "../../../lab/plugins/kubernetes/readinessRules";
import { changesBetween, written } from "../../../lab/plugins/kubernetes/diff";
import { isSameQuantity, liveInputs, withLive } from "../../../lab/plugins/kubernetes/live";
import * as objects from "../../../lab/plugins/kubernetes/objects";
import { autonamed, idOf, kindOf, KubeObject, parseId, withName } from "../../../lab/plugins/kubernetes/objects";
import { otherCluster } from "../../../lab/plugins/kubernetes/otherCluster";
import { replacingPaths, touches } from "../../../lab/plugins/kubernetes/replacements";
import { podReasons } from "../../../lab/plugins/kubernetes/waitForReady";
import { CheckSubject } from "../../../lab/plugins/providerServer";
import { randomString } from "../../../lab/plugins/random";
import { at, hasUnknown, plain, secret, secretsLike, Values } from "../../../lab/plugins/values";

const object = (apiVersion: string, kind: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "it", namespace: "here", generation: 2 },
  ...rest,
});

describe("the kubernetes stand-in: its cluster", () => {
  const at = (server: string, name = "shop") =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server } }],
      users: [{ name: "me", user: {} }],
      contexts: [{ name: "it", context: { cluster: name, user: "me" } }],
      "current-context": "it",
    });
  const [here, there] = [at("https://10.0.0.1:6443"), at("https://10.0.0.2:6443")];

  it("is another one at another address, unless an identifier was there before and stays", async () => {
    const address = ["kubeconfig", "context", "cluster"];
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: there }), address);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: at("https://10.0.0.1:6443", "x") }), []);
    const named = (kubeconfig: string, clusterIdentifier = "a") => ({ kubeconfig, clusterIdentifier });
    assert.deepEqual(await otherCluster({ kubeconfig: here }, named(there)), address);
    assert.deepEqual(await otherCluster(named(here), named(there)), []);
    assert.deepEqual(await otherCluster(named(here), named(here, "b")), ["clusterIdentifier"]);
  });

  it("is looked at only where the settings name a kubeconfig, before and after", async () => {
    assert.deepEqual(await otherCluster({}, { kubeconfig: there }), []);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, {}), []);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: "no such file" }), []);
  });
});

describe("the kubernetes stand-in: kinds and names", () => {
  it("reads the API version and kind from a type token", () => {
    assert.deepEqual(kindOf("kubernetes:apps/v1:StatefulSet"), { apiVersion: "apps/v1", kind: "StatefulSet" });
    assert.deepEqual(kindOf("kubernetes:core/v1:Service"), { apiVersion: "v1", kind: "Service" });
    assert.deepEqual(kindOf("kubernetes:core/v1:ConfigMapPatch"), { apiVersion: "v1", kind: "ConfigMap" });
    assert.deepEqual(kindOf("kubernetes:example.com/v1:Foo"), { apiVersion: "example.com/v1", kind: "Foo" });
  });

  it("refuses what is no plain object", () => {
    for (const type of ["helm.sh/v3:Release", "yaml/v2:ConfigFile", "kustomize:Directory", "core/v1:ConfigMapList"]) {
      assert.throws(() => kindOf(`kubernetes:${type}`), /plain objects only/);
    }
  });

  it("turns an id into a place and back", () => {
    assert.deepEqual(parseId("here/it"), { namespace: "here", name: "it" });
    assert.deepEqual(parseId("it"), { name: "it" });
    assert.equal(idOf(object("v1", "Pod")), "here/it");
  });

  const subject = (rest: Partial<CheckSubject>): CheckSubject => ({
    urn: "urn",
    type: "kubernetes:core/v1:ConfigMap",
    name: "settings",
    id: "",
    oldInputs: {},
    oldState: {},
    inputs: {},
    randomSeed: new Uint8Array([1]),
    autonaming: { mode: "propose", proposed: "" },
    ...rest,
  });
  const unnamed = { ...object("v1", "ConfigMap"), metadata: {} };

  it("makes a name up from the logical name and the seed, and marks it", () => {
    const { metadata } = withName(unnamed, subject({}));
    assert.match(metadata.name!, /^settings-[0-9a-f]{8}$/);
    assert.equal(metadata.annotations?.[autonamed], "true");
    assert.equal(withName(unnamed, subject({})).metadata.name, metadata.name);
    assert.notEqual(withName(unnamed, subject({ randomSeed: new Uint8Array([2]) })).metadata.name, metadata.name);
    assert.equal(withName(unnamed, subject({ name: "n".repeat(100) })).metadata.name?.length, 63);
  });

  it("keeps the name that it made up, but not one that the program gave and took away", () => {
    const made = { metadata: { name: "settings-old", annotations: { [autonamed]: "true" } } };
    assert.equal(withName(unnamed, subject({ oldInputs: made })).metadata.name, "settings-old");
    const given = { metadata: { name: "settings-old" } };
    assert.notEqual(withName(unnamed, subject({ oldInputs: given })).metadata.name, "settings-old");
  });

  it("leaves the program's own names alone and follows the autonaming configuration", () => {
    assert.deepEqual(withName(object("v1", "ConfigMap"), subject({})), object("v1", "ConfigMap"));
    const enforced = subject({ autonaming: { mode: "enforce", proposed: "dev-settings" } });
    assert.equal(withName(unnamed, enforced).metadata.name, "dev-settings");
    assert.throws(() => withName(unnamed, subject({ autonaming: { mode: "disable", proposed: "" } })), /disabled/);
    assert.throws(() => withName(unnamed, subject({ type: "kubernetes:core/v1:ConfigMapPatch" })), /must name/);
  });

  it("drops from inputs what only the API server writes, and spells the keys of CRD schemas its way", () => {
    const spec = { x_kubernetes_int_or_string: secret(true) };
    const inputs = { metadata: { name: "it", uid: "1" }, status: {}, spec };
    assert.deepEqual(objects.objectOf(inputs, "kubernetes:example.com/v1:Foo"), {
      apiVersion: "example.com/v1",
      kind: "Foo",
      metadata: { name: "it" },
      spec: { "x-kubernetes-int-or-string": true },
    });
  });
});

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
    assert.ok(!isSameQuantity(["resources", "limits", "memory"], "1Gi", "1G"));
    assert.ok(!isSameQuantity(["metadata", "labels", "size"], "1Gi", "1024Mi"));
  });
});

describe("the kubernetes stand-in: live objects", () => {
  it("shows the live values of the fields that the program set, and no others", () => {
    const inputs = {
      metadata: { labels: { a: "1", b: "2" }, annotations: {} },
      spec: {
        replicas: 3,
        publish: false,
        args: ["x"],
        containers: [{ name: "main", env: [{ name: "E", value: "" }], resources: { requests: { cpu: "1000m" } } }],
      },
    };
    const live = object("apps/v1", "StatefulSet", {
      metadata: { uid: "1", labels: { a: "1", b: "changed", c: "new" } },
      spec: {
        replicas: 2,
        args: ["x", "y"],
        defaulted: true,
        containers: [
          { name: "injected" },
          { name: "main", env: [{ name: "E" }], resources: { requests: { cpu: "1" } }, image: "i" },
        ],
      },
    });
    assert.deepEqual(liveInputs(live, inputs), {
      metadata: { labels: { a: "1", b: "changed" }, annotations: {} },
      spec: { ...inputs.spec, replicas: 2, args: ["x", "y"] },
    });
  });

  it("sees a changed text of a Secret through its base64", () => {
    const live = object("v1", "Secret", { data: { a: Buffer.from("new").toString("base64") } });
    assert.deepEqual(liveInputs(live, { stringData: { a: "old" } }), { stringData: { a: "new" } });
  });

  it("keeps what is live where changes are ignored", () => {
    const wanted = object("apps/v1", "Deployment", { spec: { replicas: 1, paused: true } });
    const live = object("apps/v1", "Deployment", { spec: { replicas: 5, paused: false, other: 1 } });
    assert.deepEqual(withLive(wanted, live, ["spec.replicas", "spec.other", "metadata.annotations"]).spec, {
      replicas: 5,
      paused: true,
    });
  });

  it("finds values at a path, or takes the fallback", () => {
    assert.equal(at({ a: { b: 1 } }, "a.b", 0), 1);
    assert.equal(at({ a: null }, "a.b", 2), 2);
  });

  it("keeps secrets marked and finds what is unknown", () => {
    const marked = { password: secret("a"), list: [secret("b")] };
    assert.deepEqual(plain(marked), { password: "a", list: ["b"] });
    assert.deepEqual(secretsLike({ password: "c", other: "d", list: ["b", "e"] }, marked), {
      password: secret("c"),
      other: "d",
      list: [secret("b"), "e"],
    });
    assert.ok(hasUnknown({ a: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"] }));
    assert.ok(!hasUnknown({ a: ["b"] }));
  });
});

describe("the kubernetes stand-in: readiness", () => {
  const look = (apiVersion: string, kind: string, rest: object, related: KubeObject[] = []): Progress =>
    readinessRuleOf({ apiVersion, kind })!.look(object(apiVersion, kind, rest), related);
  const seen = { observedGeneration: 2 };

  it("waits for every replica of a StatefulSet: seen, updated and ready", () => {
    const set = (spec: Values, status: Values): Progress => look("apps/v1", "StatefulSet", { spec, status });
    const full = { ...seen, replicas: 3, readyReplicas: 3, updatedReplicas: 3 };
    assert.ok(set({ replicas: 3 }, full).ready);
    assert.ok(set({ replicas: 0 }, seen).ready);
    assert.ok(!set({ replicas: 3 }, { ...full, observedGeneration: 1 }).ready);
    assert.equal(set({ replicas: 3 }, { ...full, readyReplicas: 1 }).status, "[1/3] ready replicas");
    assert.equal(set({ replicas: 3 }, { ...full, updatedReplicas: 2 }).status, "[2/3] updated replicas");
    assert.ok(!set({ replicas: 2 }, full).ready, "a replica too many is still there");
    const partition = { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } };
    assert.ok(set(partition, { ...full, updatedReplicas: 1 }).ready);
    assert.ok(set({ replicas: 3, updateStrategy: { type: "OnDelete" } }, { ...full, updatedReplicas: 0 }).ready);
  });

  it("waits for a Deployment until the old pods are gone, and gives up past its deadline", () => {
    const full = { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    const spec = { replicas: 2 };
    assert.ok(look("apps/v1", "Deployment", { spec, status: full }).ready);
    assert.ok(!look("apps/v1", "Deployment", { spec, status: { ...full, replicas: 3 } }).ready);
    assert.ok(!look("apps/v1", "Deployment", { spec, status: { ...full, availableReplicas: 1 } }).ready);
    assert.ok(look("apps/v1", "Deployment", { spec: { paused: true }, status: seen }).ready);
    const conditions = [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "too slow" }];
    assert.equal(look("apps/v1", "Deployment", { spec, status: { ...seen, conditions } }).failed, "too slow");
  });

  it("waits for DaemonSets and ReplicationControllers", () => {
    const status = { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 };
    assert.ok(look("apps/v1", "DaemonSet", { status }).ready);
    assert.ok(!look("apps/v1", "DaemonSet", { status: { ...status, numberReady: 1 } }).ready);
    assert.ok(!look("apps/v1", "DaemonSet", { status: { ...status, updatedNumberScheduled: 1 } }).ready);
    const spec = { replicas: 1 };
    assert.ok(look("v1", "ReplicationController", { spec, status: { ...seen, availableReplicas: 1 } }).ready);
    assert.ok(!look("v1", "ReplicationController", { spec, status: seen }).ready);
  });

  it("waits for Jobs to complete and for Pods to be Ready, and sees both fail", () => {
    const status = (type: string): object => ({ status: { conditions: [{ type, status: "True", message: "why" }] } });
    assert.ok(look("batch/v1", "Job", status("Complete")).ready);
    assert.equal(look("batch/v1", "Job", status("Failed")).failed, "why");
    assert.ok(look("v1", "Pod", status("Ready")).ready);
    assert.ok(look("v1", "Pod", { status: { phase: "Succeeded" } }).ready);
    assert.ok(!look("v1", "Pod", { status: { phase: "Running" } }).ready);
    assert.ok(look("v1", "Pod", { status: { phase: "Failed" } }).failed);
  });

  it("waits for volumes, and for claims unless they wait for their pod", () => {
    const phase = (value: string): object => ({ status: { phase: value } });
    assert.ok(look("v1", "PersistentVolume", phase("Available")).ready);
    assert.ok(!look("v1", "PersistentVolume", phase("Pending")).ready);
    assert.ok(look("v1", "PersistentVolumeClaim", phase("Bound")).ready);
    assert.ok(!look("v1", "PersistentVolumeClaim", phase("Pending")).ready);
    const late = object("storage.k8s.io/v1", "StorageClass", { volumeBindingMode: "WaitForFirstConsumer" });
    assert.ok(look("v1", "PersistentVolumeClaim", phase("Pending"), [late]).ready);
    assert.equal(readinessRuleOf({ apiVersion: "v1", kind: "PersistentVolumeClaim" })!.minutes, 5);
    assert.equal(readinessRuleOf({ apiVersion: "apps/v1", kind: "StatefulSet" })!.minutes, 10);
  });

  it("waits for a Service to have a ready endpoint and no unready one, unless it is headless", () => {
    const slice = (...each: boolean[]): KubeObject => {
      const endpoints = each.map((ready) => ({ conditions: { ready } }));
      return object("discovery.k8s.io/v1", "EndpointSlice", { endpoints });
    };
    const spec = { clusterIP: "10.0.0.1", selector: { app: "x" } };
    assert.ok(look("v1", "Service", { spec }, [slice(true), slice(true)]).ready);
    assert.ok(!look("v1", "Service", { spec }, [slice(true, false)]).ready);
    assert.ok(!look("v1", "Service", { spec }, []).ready);
    assert.ok(look("v1", "Service", { spec: { ...spec, clusterIP: "None" } }).ready);
    assert.ok(look("v1", "Service", { spec: { clusterIP: "10.0.0.1" } }).ready);
    assert.ok(look("v1", "Service", { spec: { type: "ExternalName", selector: { a: "b" } } }).ready);
    const balanced = { ...spec, type: "LoadBalancer" };
    assert.ok(!look("v1", "Service", { spec: balanced }, [slice(true)]).ready);
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    assert.ok(look("v1", "Service", { spec: balanced, status }, [slice(true)]).ready);
  });

  it("waits for nothing else but the definition of a kind", () => {
    assert.equal(readinessRuleOf({ apiVersion: "v1", kind: "ConfigMap" }), undefined);
    assert.equal(readinessRuleOf({ apiVersion: "example.com/v1", kind: "Pod" }), undefined);
    assert.ok(!look("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}).ready);
  });

  it("says why a pod is not ready", () => {
    const status = {
      conditions: [{ reason: "Unschedulable", message: "no node has room" }],
      initContainerStatuses: [{ name: "done", ready: false, state: { terminated: { exitCode: 0 } } }],
      containerStatuses: [
        { name: "a", ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
        { name: "b", ready: false, state: { running: {} } },
        { name: "c", ready: true, state: { running: {} } },
      ],
    };
    assert.deepEqual(podReasons(object("v1", "Pod", { status })), [
      "Pod it: no node has room",
      "Pod it: container a: ImagePullBackOff: no such image",
      "Pod it: container b: runs, but is not ready",
    ]);
  });
});

describe("the random stand-in", () => {
  it("draws from the wanted classes only, with the wanted minima", () => {
    const text = randomString({ length: 40, special: false, upper: false, minNumeric: 10 });
    assert.match(text, /^[a-z0-9]{40}$/);
    assert.ok(text.replace(/\D/g, "").length >= 10);
    assert.notEqual(text, randomString({ length: 40, special: false, upper: false, minNumeric: 10 }));
    assert.match(randomString({ length: 8, overrideSpecial: "_", minSpecial: 8 }), /^_{8}$/);
  });

  it("refuses what cannot be drawn", () => {
    assert.throws(() => randomString({ length: 2, minLower: 3 }), /less than the sum/);
    const none = { length: 2, lower: false, upper: false, numeric: false, special: false };
    assert.throws(() => randomString(none), /no character/);
  });
});
