import assert from "node:assert/strict";
import { KubeObject } from "../../../../../lab/plugins/kubernetes/objects";
import { Progress, readinessRuleOf } from "../../../../../lab/plugins/kubernetes/readinessRules";
import { podReasons } from "../../../../../lab/plugins/kubernetes/waitForReady";
import { Values } from "../../../../../lab/plugins/values";
import { object } from "./object";

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
