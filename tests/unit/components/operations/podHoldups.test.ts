import * as assert from "node:assert/strict";
import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { holdupsOf } from "../../../../components/operations/podHoldups";
import { watchPods } from "../../../../components/operations/podWatch";

const now = Date.parse("2026-01-01T12:00:00Z");
const pod = (name: string, status: V1Pod["status"], change: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name, uid: `uid-of-${name}`, ...change },
  spec: {
    containers: [],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: `data-${name}` } }],
  },
  status: { phase: "Pending", ...status },
});
const warning = (kind: string, name: string, reason: string, message: string, minutesAgo = 1): CoreV1Event => ({
  metadata: { name: "e" },
  involvedObject: { kind, name, ...(kind === "Pod" && { uid: `uid-of-${name}` }) },
  reason,
  message,
  lastTimestamp: new Date(now - minutesAgo * 60_000),
});
const pending = pod("cassandra-0", {});
const lines = (pods: V1Pod[], events: CoreV1Event[] = []) =>
  holdupsOf({ pods, events, makers: ["cassandra"] }, now).map(({ line }) => line);
const unschedulable = (message: string) =>
  pod("cassandra-0", {
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });

describe("what holds the pods of a ring", () => {
  it("is nothing while they run, are about to run, or end", () => {
    const creating = { containerStatuses: [{ state: { waiting: { reason: "ContainerCreating" } } }] };
    const failing = { containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] };
    const pods = [
      pod("cassandra-0", { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }),
      pod("cassandra-1", creating as unknown as V1Pod["status"]),
      pod("cassandra-2", failing as unknown as V1Pod["status"], { deletionTimestamp: new Date(now) }),
    ];
    const events = [warning("Pod", "cassandra-0", "FailedMount", "a volume is late")];
    assert.deepEqual(lines(pods, events), []);
  });

  it("is told by the words of Kubernetes, with what to do", () => {
    assert.deepEqual(lines([unschedulable("0/3 nodes are available: 3 Insufficient memory.")]), [
      "cassandra-0 has no node yet: Unschedulable: 0/3 nodes are available: 3 Insufficient memory.; add nodes, or set `cpu` and `memory` " +
        "to what a node has free",
    ]);
    assert.match(
      lines([unschedulable("0/3 nodes are available: 3 node(s) had untolerated taint(s).")])[0],
      /set `tolerations`, or add nodes without the taint$/,
    );
    assert.match(
      lines([unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")])[0],
      /set `nodeSelector`, `affinity` and `racks` to labels that nodes have$/,
    );
    const image = {
      containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff", message: "no such tag\nmore" } } }],
    };
    assert.deepEqual(lines([pod("cassandra-0", image as unknown as V1Pod["status"])]), [
      "cassandra-0 does not run yet: ImagePullBackOff: no such tag; set `image` to one that exists, and `imagePullSecrets` if it needs a login",
    ]);
  });

  it("is told once for all pods that wait for the same, and again for each other cause", () => {
    const full = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available" };
    const image = {
      containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff", message: "no such tag" } } }],
    };
    const many = Array.from({ length: 50 }, (_, i) => pod(`cassandra-${i}`, { conditions: [full] }));
    const found = lines([...many, pod("cassandra-50", image as unknown as V1Pod["status"])]);
    assert.deepEqual(found, [
      "cassandra-0 has no node yet: Unschedulable: 0/3 nodes are available, as do 49 more",
      "cassandra-50 does not run yet: ImagePullBackOff: no such tag; set `image` to one that exists, and `imagePullSecrets` if it needs a login",
    ]);
  });

  it("may be what makes them, or their volume", () => {
    const quota = warning(
      "StatefulSet",
      "cassandra",
      "FailedCreate",
      'pods "cassandra-0" is forbidden: exceeded quota: small',
    );
    assert.match(
      lines([], [quota])[0],
      /^StatefulSet cassandra makes no pod yet: FailedCreate: pods .*; set `memory`, `cpu` and `cpuLimit`/,
    );
    const standard = warning("StatefulSet", "cassandra", "FailedCreate", 'violates PodSecurity "restricted:latest"');
    assert.match(lines([], [quota, { ...standard, lastTimestamp: new Date(now) }])[0], /violates PodSecurity/);
    const claim = warning(
      "PersistentVolumeClaim",
      "data-cassandra-0",
      "ProvisioningFailed",
      'storageclass "x" not found',
    );
    const both = lines(
      [unschedulable("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.")],
      [claim],
    );
    assert.deepEqual(both, [
      'PersistentVolumeClaim data-cassandra-0 is not bound yet: ProvisioningFailed: storageclass "x" not found; set `storageClassName` to a ' +
        "StorageClass of the cluster",
    ]);
    assert.match(
      lines([pending], [warning("Pod", "cassandra-0", "FailedMount", "timed out")])[0],
      /^cassandra-0 does not start yet: FailedMount/,
    );
  });

  it("is nothing that has passed: a pod runs by now, its controller has made one since, or another pod had its name", () => {
    const running = pod("cassandra-0", { phase: "Running", conditions: [{ type: "Ready", status: "False" }] });
    const events = [
      warning("Pod", "cassandra-0", "FailedScheduling", "unbound immediate PersistentVolumeClaims", 3),
      warning("Pod", "cassandra-0", "FailedMount", "timed out", 3),
    ];
    assert.deepEqual(lines([running], events), []);
    const made = pod("cassandra-0", { phase: "Running" }, { creationTimestamp: new Date(now - 60_000) });
    const quota = warning("StatefulSet", "cassandra", "FailedCreate", "exceeded quota", 2);
    assert.deepEqual(lines([made], [quota]), []);
    assert.equal(lines([made], [{ ...quota, lastTimestamp: new Date(now) }]).length, 1);
    const former = warning("Pod", "cassandra-0", "FailedMount", "timed out");
    assert.deepEqual(
      lines([pending], [{ ...former, involvedObject: { ...former.involvedObject, uid: "former" } }]),
      [],
    );
    assert.deepEqual(lines([], [warning("Job", "cassandra", "FailedCreate", "exceeded quota")]), []);
  });

  it("is no event of another object, or of long ago", () => {
    const events = [
      warning("StatefulSet", "other", "FailedCreate", "exceeded quota"),
      warning("StatefulSet", "cassandra", "FailedCreate", "exceeded quota", 6),
    ];
    assert.deepEqual(lines([pending], events), []);
  });
});

describe("the watch on the pods of a ring", () => {
  const watched = async (looks: (string[] | Error)[], isQuiet = false) => {
    const said: string[] = [];
    let n = 0;
    const next = () => {
      const look = looks[n++];
      return look instanceof Error
        ? Promise.reject(look)
        : Promise.resolve(look.map((id) => ({ id, line: `${id} ${n}` })));
    };
    const report = (line: string, final = false) => Promise.resolve(void said.push(`${line}${final ? "" : " ..."}`));
    const lastWords = () => Promise.resolve("cassandra-1 says: waiting");
    const watch = {
      isQuiet,
      get isOver() {
        return n >= looks.length;
      },
    };
    await watchPods({ holdups: next, lastWords }, report, watch, 0);
    return said.filter((line) => !line.endsWith("...") || n === 1);
  };

  it("tells once what it has seen twice, and what members say as it passes", async () => {
    assert.deepEqual(await watched([["a"], ["a", "b"], ["a"], ["b"], ["b"]]), ["a 2", "b 5"]);
    assert.deepEqual(await watched([[]]), ["cassandra-1 says: waiting ..."]);
    assert.deepEqual(await watched([[]], true), []);
  });

  it("goes on where a look fails", async () => {
    assert.deepEqual(await watched([["a"], new Error("forbidden"), ["a"], ["a"]]), ["a 4"]);
  });
});
