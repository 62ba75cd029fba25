import * as assert from "node:assert/strict";
import type { V1PodSpec, V1ResourceQuota } from "@kubernetes/client-node";
import { shortagesOf, type Wanted } from "../../../../components/operations/quotaRoom";

const pod = (memory: string, more: object = {}): V1PodSpec => ({
  containers: [{ name: "cassandra", resources: { requests: { memory, cpu: "100m" } } }],
  ...more,
});
const wanted = (change: Partial<Wanted<V1PodSpec>> = {}): Wanted<V1PodSpec> => ({
  spec: pod("1Gi"),
  count: 3,
  added: 3,
  areRenewed: false,
  present: [],
  leaving: [],
  ...change,
});
const quota = (
  hard: Record<string, string>,
  used: Record<string, string> = {},
  spec: object = {},
): V1ResourceQuota => ({
  metadata: { name: "team" },
  spec,
  status: { hard, used },
});
/** What lacks: resource, what the quota leaves, and what is needed. */
const lacks = (quotas: V1ResourceQuota[], ...of: [Wanted<V1PodSpec>, Parameters<typeof shortagesOf>[2]?]) =>
  shortagesOf(quotas, ...of).map(({ resource, left, needed }) => [resource, left, needed]);

describe("whether quotas have room for an update", () => {
  it("counts all pods that are added, by each resource of each quota", () => {
    assert.deepEqual(lacks([quota({ pods: "3", memory: "3Gi", "count/pods": "3" })], wanted()), []);
    const few = quota({ pods: "5", "requests.memory": "10Gi" }, { pods: "3", "requests.memory": "8Gi" });
    assert.deepEqual(lacks([few, quota({ services: "0" })], wanted()), [
      ["pods", 2, 3],
      ["requests.memory", 2 * 2 ** 30, 3 * 2 ** 30],
    ]);
  });

  it("does not mind fractions: three times 100m are 300m", () => {
    assert.deepEqual(lacks([quota({ cpu: "300m" })], wanted()), []);
    assert.equal(lacks([quota({ cpu: "299m" })], wanted()).length, 1);
  });

  it("lets restarted pods have the room of those before them, in a quota that is full", () => {
    const full = quota({ pods: "3", memory: "3Gi" }, { pods: "3", memory: "3Gi" });
    const three = { present: [pod("1Gi"), pod("1Gi"), pod("1Gi")], added: 0, areRenewed: true };
    assert.deepEqual(lacks([full], wanted(three)), []);
    assert.deepEqual(lacks([full], wanted({ ...three, spec: pod("512Mi") })), []);
    assert.deepEqual(lacks([full], wanted({ ...three, spec: pod("1Gi"), areRenewed: false })), []);
    assert.deepEqual(lacks([full], wanted({ ...three, spec: pod("2Gi") })), [["memory", 0, 3 * 2 ** 30]]);
  });

  it("counts those that are added while the others are still large", () => {
    const nearlyFull = quota({ memory: "7Gi" }, { memory: "6Gi" });
    const two = { present: [pod("3Gi"), pod("3Gi")], count: 3, added: 1, areRenewed: true, spec: pod("2Gi") };
    assert.deepEqual(lacks([nearlyFull], wanted(two)), [["memory", 2 ** 30, 2 * 2 ** 30]]);
  });

  it("counts on the room of pods that are about to go", () => {
    const full = quota({ pods: "3" }, { pods: "3" });
    assert.deepEqual(lacks([full], wanted({ leaving: [pod("1Gi"), pod("1Gi"), pod("1Gi")] })), []);
  });

  it("counts PersistentVolumeClaims that are added, and those that grow", () => {
    const claim = (storage: string) => ({ resources: { requests: { storage } } });
    const claims = {
      spec: claim("2Gi"),
      count: 3,
      added: 1,
      areRenewed: false,
      present: [claim("1Gi"), claim("1Gi")],
      leaving: [],
    };
    const has = (storage: string) => [quota({ "requests.storage": storage }, { "requests.storage": "2Gi" })];
    const none = wanted({ added: 0 });
    assert.deepEqual(lacks(has("4Gi"), none, claims), []);
    assert.deepEqual(lacks(has("4Gi"), none, { ...claims, areRenewed: true }), [
      ["requests.storage", 2 * 2 ** 30, 4 * 2 ** 30],
    ]);
    assert.deepEqual(lacks([quota({ persistentvolumeclaims: "2" }, { persistentvolumeclaims: "2" })], none, claims), [
      ["persistentvolumeclaims", 0, 1],
    ]);
    // A quota with scopes counts no claims.
    assert.deepEqual(
      lacks([quota({ persistentvolumeclaims: "0" }, {}, { scopes: ["NotTerminating"] })], none, claims),
      [],
    );
  });

  it("leaves out quotas whose scopes the pods are not in", () => {
    const scoped = (spec: object) =>
      lacks([quota({ pods: "0" }, {}, spec)], wanted({ spec: pod("1Gi", { priorityClassName: "high" }) }));
    const selector = (operator: string, ...values: string[]) => ({
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] },
    });
    const counts = [
      { scopes: ["NotTerminating", "NotBestEffort"] },
      { scopes: ["PriorityClass"] },
      selector("In", "high"),
      selector("NotIn", "low"),
      selector("Exists"),
    ];
    const leavesOut = [
      { scopes: ["Terminating"] },
      { scopes: ["NotTerminating", "BestEffort"] },
      { scopes: ["CrossNamespacePodAffinity"] },
      selector("In", "low"),
      selector("NotIn", "high"),
      selector("DoesNotExist"),
    ];
    for (const spec of counts) assert.equal(scoped(spec).length, 1, JSON.stringify(spec));
    for (const spec of leavesOut) assert.deepEqual(scoped(spec), [], JSON.stringify(spec));
  });
});
