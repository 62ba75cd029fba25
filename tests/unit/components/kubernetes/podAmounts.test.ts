import * as assert from "node:assert/strict";
import type { V1Container } from "@kubernetes/client-node";
import { claimAmounts, podAmounts } from "../../../../components/kubernetes/podAmounts";

const container = (requests: object, limits?: object, more: object = {}) =>
  ({ name: "x", resources: { requests, limits }, ...more }) as V1Container;

describe("what a pod counts in a ResourceQuota", () => {
  it("is the sum of its containers, by each name that a quota has for it", () => {
    const containers = [container({ cpu: "500m", memory: "1Gi" }, { memory: "1Gi" }), container({ cpu: "100m" })];
    assert.deepEqual(podAmounts({ containers }), {
      pods: 1,
      "count/pods": 1,
      cpu: 0.6,
      memory: 2 ** 30,
      "requests.cpu": 0.6,
      "requests.memory": 2 ** 30,
      "limits.memory": 2 ** 30,
    });
  });

  it("takes the limit for a request that is not given, and adds the overhead of the runtime", () => {
    const spec = { containers: [container({}, { cpu: "2" })], overhead: { cpu: "250m" } };
    const { "requests.cpu": requests, "limits.cpu": limits } = podAmounts(spec);
    assert.deepEqual([requests, limits], [2.25, 2]);
  });

  it("is what the pod as a whole asks for, where it does", () => {
    const spec = { containers: [container({ cpu: "1" })], resources: { requests: { cpu: "3" } } };
    assert.equal(podAmounts(spec).cpu, 3);
  });

  it("is that of an init container which asks for more than all that runs later; sidecars run beside both", () => {
    const of = (...initContainers: V1Container[]) =>
      podAmounts({ containers: [container({ cpu: "1" })], initContainers }).cpu;
    assert.equal(of(container({ cpu: "4" })), 4);
    assert.equal(of(container({ cpu: "500m" })), 1);
    const sidecar = container({ cpu: "1" }, {}, { restartPolicy: "Always" });
    assert.equal(of(sidecar), 2);
    assert.equal(of(sidecar, container({ cpu: "4" })), 5);
    assert.equal(of(container({ cpu: "4" }), sidecar), 4);
  });
});

describe("what a PersistentVolumeClaim counts in a ResourceQuota", () => {
  it("is its size and itself, once more by its class", () => {
    assert.deepEqual(claimAmounts({ resources: { requests: { storage: "1Ki" } }, storageClassName: "fast" }), {
      persistentvolumeclaims: 1,
      "count/persistentvolumeclaims": 1,
      "requests.storage": 1024,
      "fast.storageclass.storage.k8s.io/requests.storage": 1024,
      "fast.storageclass.storage.k8s.io/persistentvolumeclaims": 1,
    });
    assert.deepEqual(Object.keys(claimAmounts({})).length, 3);
  });
});
