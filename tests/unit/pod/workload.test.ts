import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { scripts } from "./runScript";

type Answers = Record<string, unknown>;

/** What `workload.observe` returns where the API server gives these answers, a line each; 4 where it does not know the pod. */
function view(answers: Answers, disk = "pod"): string[] | number {
  const program = `
import io, json, os, sys, urllib.error
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import kubernetes_api, ring_record, workload
answers = json.load(sys.stdin)
def call(path, patch=None, kind=None):
    if path not in answers:
        raise urllib.error.HTTPError(path, 404, "Not Found", {}, io.BytesIO())
    return answers[path]
kubernetes_api.call = call
kubernetes_api.account = workload.account = lambda file: "db"
ring_record.path = lambda: "/record"
try:
    seen = workload.observe()
except kubernetes_api.UnknownPod:
    sys.exit(4)
print("version", seen["version"])
for entry in seen["entries"].items():
    print("entry", *entry)
for member, (address, leaves) in seen["pods"].items():
    print("pod", member, address or "-", "leaving" if leaves else "here")
print("replicas", seen["desired_replicas"])
print("successor", "yes" if seen["controller_replaces_pods"] else "no")
print("self", "leaving" if seen["is_removed"] else "here")
`;
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program, scripts], {
    input: JSON.stringify(answers),
    encoding: "utf8",
    env: {
      PATH: process.env.PATH,
      RING_MEMBER: "b",
      POD_IP: "10.0.0.99",
      HOSTNAME: "b",
      RING_DISK: disk,
      RING_SELECTOR: "app=x,ring=y",
    },
  });
  assert.ok(status !== null && (status === 0 || status === 4), stderr);
  return status === 0 ? stdout.trim().split("\n") : status;
}

const id = "70000000-0000-4000-8000-000000000000";
const gone = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const owner = (kind: string) => [{ kind, name: "ring", controller: true }];
const pod = (name: string, extra: object = {}, status: object = {}) => ({
  metadata: { name, namespace: "db", ...extra },
  spec: { nodeName: `node-${name}` },
  status: { phase: "Running", podIP: "10.0.0.1", ...status },
});

const namespace = "/api/v1/namespaces/db";
const list = `${namespace}/pods?labelSelector=app%3Dx%2Cring%3Dy`;
/** What an API server answers on a ring of a ReplicationController that asks for three pods. */
function world(own: object = {}, rest: Answers = {}): Answers {
  const self = pod("b", { ownerReferences: owner("ReplicationController"), ...own });
  return {
    [namespace]: { metadata: { name: "db" } },
    [`${namespace}/pods/b`]: self,
    "/record": { metadata: { resourceVersion: "17" }, data: { forming: "a b", a: `${id} 10.0.0.1` } },
    [list]: { items: [self] },
    [`${namespace}/replicationcontrollers/ring`]: {
      kind: "ReplicationController",
      metadata: {},
      spec: { replicas: 3 },
    },
    ...rest,
  };
}

const line = (lines: string[] | number, word: string) =>
  (lines as string[]).filter((one) => one.startsWith(`${word} `)).map((one) => one.slice(word.length + 1));

describe("workload.observe", () => {
  it("prints the record and its version", () => {
    const lines = view(world());
    assert.deepEqual(line(lines, "version"), ["17"]);
    assert.deepEqual(line(lines, "entry"), ["forming a b", `a ${id} 10.0.0.1`]);
  });

  it("prints the pods that have not ended, with and without an address", () => {
    const items = [
      pod("a"),
      pod("b", gone),
      pod("c", {}, { phase: "Pending", podIP: undefined }),
      pod("d", {}, { phase: "Failed" }),
      pod("e", {}, { phase: "Succeeded" }),
    ];
    const lines = view(world({}, { [list]: { items } }));
    assert.deepEqual(line(lines, "pod"), ["a 10.0.0.1 here", "b 10.0.0.1 leaving", "c - here"]);
  });

  it("calls members by their nodes where the disk is the node's", () => {
    const items = [pod("a"), { ...pod("c"), spec: {} }];
    assert.deepEqual(line(view(world({}, { [list]: { items } }), "node"), "pod"), ["node-a 10.0.0.1 here"]);
  });

  it("tells how many pods a ReplicationController asks for, and that it makes another before one is gone", () => {
    const lines = view(world());
    assert.deepEqual(line(lines, "replicas"), ["3"]);
    assert.deepEqual(line(lines, "successor"), ["yes"]);
    assert.deepEqual(line(lines, "self"), ["here"]);
  });

  it("tells that this pod goes", () => {
    assert.deepEqual(line(view(world(gone)), "self"), ["leaving"]);
  });

  for (const [what, rest] of [
    ["is gone", { [`${namespace}/replicationcontrollers/ring`]: undefined }],
    [
      "is being deleted",
      {
        [`${namespace}/replicationcontrollers/ring`]: {
          kind: "ReplicationController",
          metadata: gone,
          spec: { replicas: 3 },
        },
      },
    ],
    ["is in a namespace that is being deleted", { [namespace]: { metadata: gone } }],
  ] as const) {
    it(`tells that the whole ring goes when its controller ${what}`, () => {
      assert.deepEqual(line(view(world(gone, rest)), "replicas"), ["0"]);
    });
  }

  it("does not take a pod that lost its controller for the whole ring while others are on record", () => {
    assert.deepEqual(line(view(world({ ...gone, ownerReferences: [] })), "replicas"), ["-1"]);
  });

  const daemonSet = (status: object, nodeSelector?: object, affinity?: object) => ({
    [`/apis/apps/v1/namespaces/db/daemonsets/ring`]: {
      kind: "DaemonSet",
      metadata: { generation: 2 },
      spec: { template: { spec: { nodeSelector, affinity } } },
      status,
    },
  });

  it("tells how many nodes a DaemonSet picks, once it has counted, and that a node gets no second pod", () => {
    const own = { ownerReferences: owner("DaemonSet") };
    const counted = view(world(own, daemonSet({ observedGeneration: 2, desiredNumberScheduled: 5 })));
    assert.deepEqual([line(counted, "replicas"), line(counted, "successor")], [["5"], ["no"]]);
    const early = view(world(own, daemonSet({ observedGeneration: 1, desiredNumberScheduled: 0 })));
    assert.deepEqual(line(early, "replicas"), ["-1"]);
  });

  it("does not take a DaemonSet that picks no node for a ring that is being deleted", () => {
    const own = { ...gone, ownerReferences: owner("DaemonSet") };
    const set = daemonSet({ observedGeneration: 2, desiredNumberScheduled: 0 });
    assert.deepEqual(line(view(world(own, set)), "replicas"), ["-1"]);
    const path = `/apis/apps/v1/namespaces/db/daemonsets/ring`;
    const deleted = { [path]: { ...(set[path] as object), metadata: { generation: 2, ...gone } } };
    assert.deepEqual(line(view(world(own, deleted)), "replicas"), ["0"]);
    assert.deepEqual(line(view(world(own, { ...set, [namespace]: { metadata: gone } })), "replicas"), ["0"]);
  });

  it("tells a pod that its node's folder waits for the next one, unless the node is picked no longer", () => {
    const own = { ...gone, ownerReferences: owner("DaemonSet") };
    const node = (labels: object) => ({ "/api/v1/nodes/node-b": { metadata: { name: "node-b", labels } } });
    const set = daemonSet({ observedGeneration: 2, desiredNumberScheduled: 5 }, { disk: "ssd" });
    const self = (rest: Answers) => line(view(world(own, { ...set, ...rest }), "node"), "self");
    assert.deepEqual(self(node({ disk: "ssd" })), ["here"]);
    assert.deepEqual(self(node({ disk: "hdd" })), ["leaving"]);
    assert.deepEqual(self({}), ["leaving"], "the node is gone");
  });

  it("tells it so as well where node affinity picks the nodes of a DaemonSet", () => {
    const own = { ...gone, ownerReferences: owner("DaemonSet") };
    const node = { "/api/v1/nodes/node-b": { metadata: { name: "node-b", labels: { disk: "ssd", size: "4" } } } };
    const self = (...nodeSelectorTerms: object[]) => {
      const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
      const set = daemonSet({ observedGeneration: 2, desiredNumberScheduled: 5 }, undefined, {
        nodeAffinity: required,
      });
      return line(view(world(own, { ...set, ...node }), "node"), "self")[0];
    };
    const says = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
    const all = (...matchExpressions: object[]) => ({ matchExpressions });
    for (const [expected, ...terms] of [
      ["here", all(says("disk", "In", "hdd", "ssd"))],
      ["leaving", all(says("disk", "In", "hdd"))],
      ["leaving", all(says("disk", "In", "ssd"), says("zone", "Exists"))],
      ["here", all(says("disk", "In", "hdd")), all(says("zone", "DoesNotExist"), says("zone", "NotIn", "a"))],
      ["here", all(says("size", "Gt", "3"), says("size", "Lt", "5"))],
      ["leaving", all(says("size", "Gt", "4"))],
      ["leaving", all(says("disk", "Gt", "1"))],
      ["leaving", all(says("zone", "Lt", "1"))],
      ["here", { matchFields: [says("metadata.name", "In", "node-b")] }],
      ["leaving", { matchFields: [says("metadata.name", "In", "node-a")] }],
      ["leaving", {}],
    ] as [string, ...object[]][])
      assert.equal(self(...terms), expected, JSON.stringify(terms));
  });

  it("tells a pod that stands alone that it is the ring", () => {
    const record = { "/record": { metadata: { resourceVersion: "17" }, data: { forming: "b", b: "empty" } } };
    const alone = view(world({ ownerReferences: [{ kind: "PodDisruptionBudget", name: "x" }] }, record));
    assert.deepEqual([line(alone, "replicas"), line(alone, "successor")], [["1"], ["no"]]);
    assert.deepEqual(line(view(world({ ...gone, ownerReferences: [] }, record)), "replicas"), ["0"]);
  });

  it("looks at no other pod while it is the ring, and at all of them where it may have been one of many", () => {
    const alone = (data: Record<string, string>) => {
      const record = { metadata: { resourceVersion: "17" }, data };
      return line(view(world({ ownerReferences: [] }, { [list]: undefined, "/record": record })), "pod");
    };
    const own = { formed: "then", b: `${id} 10.0.0.1`, "repair.b": "then", moving: "b joins", superuser: "admin" };
    const ofItself: Record<string, string>[] = [{}, { b: "empty", forming: "b" }, own];
    for (const data of ofItself) assert.deepEqual(alone(data), ["b 10.0.0.1 here"]);
    const ofOthers: Record<string, string>[] = [
      { ...own, a: `${id} 10.0.0.2` },
      { forming: "a b" },
      { "repair.a": "then" },
    ];
    for (const data of ofOthers) assert.throws(() => alone(data), /kubernetes_api\.NotFound/, "there is no list");
  });

  it("ends with 4 when the pod is gone", () => {
    assert.equal(view({ ...world(), [`${namespace}/pods/b`]: undefined }), 4);
  });
});
