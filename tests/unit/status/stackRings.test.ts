import * as assert from "node:assert/strict";
import { runtime } from "@pulumi/pulumi";
import { clusterOf, ringsOf } from "../../../status/stackRings";

const labels = (instance: string, component: string) => ({
  "app.kubernetes.io/name": "cassandra",
  "app.kubernetes.io/instance": instance,
  "app.kubernetes.io/component": component,
});
const workload = (type: string, name: string, component: string, spec: object, more: object = {}) => ({
  type: `kubernetes:${type}`,
  parent: `urn:${name.split("-")[0]}`,
  inputs: { metadata: { name, namespace: "db", labels: labels(name.split("-")[0], component) }, spec },
  ...more,
});
const exported = (...resources: object[]) => ({ deployment: { resources } });

describe("the rings of a stack", () => {
  it("are made of controllers, with what the state remembers of their steps", () => {
    const selector = { matchLabels: { ...labels("a", "persistent"), "cassandra/rack": "x" } };
    const rings = ringsOf(
      exported(
        workload("apps/v1:StatefulSet", "a-x", "persistent", { replicas: 2, selector }),
        workload("apps/v1:StatefulSet", "a-y", "persistent", { replicas: 2, selector }),
        workload("core/v1:Service", "a", "persistent", {}),
        { type: "cassandra:index:RollingUpdate", parent: "urn:a", inputs: { replicas: 4, revision: "r1" } },
        { type: "cassandra:index:CleanUp", parent: "urn:a", inputs: { replicas: 3 } },
      ),
    );
    assert.deepEqual(rings, [
      {
        name: "a",
        namespace: "db",
        topology: "persistent",
        controllers: [
          { kind: "StatefulSet", name: "a-x", replicas: 2 },
          { kind: "StatefulSet", name: "a-y", replicas: 2 },
        ],
        selector: labels("a", "persistent"),
        revision: "r1",
        cleanedFor: 3,
      },
    ]);
  });

  it("are of each topology, in order of their names, but no other application's and none that is being replaced", () => {
    const pod = workload("core/v1:Pod", "pod", "pod", { containers: [] });
    const daemon = workload("apps/v1:DaemonSet", "daemon", "daemon", {
      selector: { matchLabels: labels("daemon", "daemon") },
    });
    const ephemeral = workload("core/v1:ReplicationController", "rc", "ephemeral", {
      replicas: 3,
      selector: labels("rc", "ephemeral"),
    });
    const old = workload("core/v1:Pod", "old", "pod", {}, { delete: true });
    const other = workload("apps/v1:StatefulSet", "roach", "persistent", { replicas: 3 });
    (other.inputs.metadata.labels as Record<string, string>)["app.kubernetes.io/name"] = "cockroachdb";
    const rings = ringsOf(exported(pod, daemon, ephemeral, old, other));
    assert.deepEqual(
      rings.map(({ name, controllers, selector }) => [
        name,
        controllers[0].replicas,
        selector["app.kubernetes.io/instance"],
      ]),
      [
        ["daemon", undefined, "daemon"],
        ["pod", 1, "pod"],
        ["rc", 3, "rc"],
      ],
    );
  });

  it("are read where a secret in the template makes all of it secret", () => {
    const spec = { replicas: 3, selector: { matchLabels: labels("a", "persistent") } };
    const secret = { [runtime.specialSigKey]: runtime.specialSecretSig, plaintext: JSON.stringify(spec) };
    const [ring] = ringsOf(exported(workload("apps/v1:StatefulSet", "a", "persistent", secret)));
    assert.deepEqual(ring.selector, labels("a", "persistent"));
    assert.equal(ring.controllers[0].replicas, 3);
  });

  it("are in the cluster whose identity the state has", () => {
    const cluster = { type: "cassandra:index:KubernetesCluster", outputs: { uid: "u-1" } };
    assert.equal(clusterOf(exported(cluster)), "u-1");
    assert.equal(clusterOf(exported()), undefined);
  });

  it("are none of an empty stack", () => assert.deepEqual(ringsOf({ deployment: {} }), []));
});
