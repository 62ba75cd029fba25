import * as assert from "node:assert/strict";
import type { V1Node, V1PodSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { lackOfNodes, warnOfTooFewNodes } from "../../../../components/operations/nodeRoom";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record, warningsOf } from "../../../support/recorder";

const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";
const node = (name: string, spec: V1Node["spec"] = {}): V1Node => ({
  metadata: { name, labels: { [hostname]: name, [zone]: name === "c" ? "z2" : "z1", disk: "ssd" } },
  spec,
});
const nodes = [node("a"), node("b"), node("c")];
const labelSelector = { matchLabels: { app: "x" }, matchExpressions: [{ key: "app", operator: "Exists" }] };
const apart = (topologyKey: string, other = labelSelector) => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: other }] },
  },
});
const spread = (minDomains: number | undefined, whenUnsatisfiable = "DoNotSchedule") => ({
  topologySpreadConstraints: [{ topologyKey: zone, maxSkew: 1, minDomains, whenUnsatisfiable, labelSelector }],
});
const set = (
  replicas: number | undefined,
  spec: Partial<V1PodSpec>,
  more: { kind?: string; labels?: object } = {},
) => ({
  apiVersion: "apps/v1",
  kind: more.kind ?? "StatefulSet",
  metadata: { name: "cassandra", namespace: "db" },
  spec: {
    replicas,
    template: { metadata: { labels: { app: "x", ...more.labels } }, spec: { containers: [], ...spec } },
  },
});
const lack = (workload: ReturnType<typeof set>, there = nodes, inUse: string[] = []) =>
  lackOfNodes("ring cassandra", workload, { nodes: there, inUse });

describe("nodes for the pods of a ring", () => {
  it("are enough where nothing is required of them", () => {
    assert.equal(lack(set(9, {})), undefined);
    assert.equal(lack(set(9, spread(3, "ScheduleAnyway"))), undefined);
    assert.equal(lack(set(9, apart(hostname, { ...labelSelector, matchLabels: { app: "y" } }))), undefined);
  });

  it("are as many as a required anti-affinity asks for", () => {
    assert.equal(lack(set(3, apart(hostname))), undefined);
    assert.equal(
      lack(set(4, apart(hostname))),
      "replicas: of the 4 pods of StatefulSet cassandra, 3 find a place on the nodes that there are, since another one for each pod " +
        "(podAntiAffinity) of kubernetes.io/hostname is required: the other 1 wait for more nodes",
    );
    assert.match(lack(set(3, apart(zone)))!, /, 2 find a place/);
  });

  it("are in as many zones as a required spread asks for", () => {
    assert.equal(lack(set(9, spread(undefined))), undefined);
    assert.equal(lack(set(9, spread(2))), undefined);
    assert.match(
      lack(set(3, spread(3)))!,
      /, 2 find a place .* since a spread over 3 \(topologySpreadConstraints\) of topology\.kubernetes\.io\/zone is required/,
    );
  });

  it("are those that take pods: not cordoned, with no other taint, unless a member runs there", () => {
    const three = set(3, apart(hostname));
    const cordoned = [node("a"), node("b"), node("c", { unschedulable: true })];
    assert.match(lack(three, cordoned)!, /, 2 find a place/);
    assert.equal(lack(three, cordoned, ["c"]), undefined);
    const tainted = [node("a"), node("b"), node("c", { taints: [{ key: "t", effect: "NoSchedule" }] })];
    assert.match(lack(three, tainted)!, /, 2 find a place/);
    assert.equal(
      lack(set(3, { ...apart(hostname), tolerations: [{ key: "t", operator: "Exists" }] }), tainted),
      undefined,
    );
  });

  it("are one at least", () => {
    const hdd = { nodeSelector: { disk: "hdd" } };
    const none =
      "ring cassandra: of 3 nodes, none may run pods of StatefulSet cassandra now, by `nodeSelector`, `affinity`, `tolerations`, taints and " +
      "cordons: the pods wait for one";
    assert.equal(lack(set(1, hdd)), none);
    assert.match(lack(set(undefined, hdd, { kind: "DaemonSet" }))!, /of DaemonSet cassandra now/);
    // Another hook says so of a rack.
    assert.equal(lack(set(1, hdd, { labels: { "cassandra/rack": "r" } })), undefined);
    const cordoned = nodes.map(({ metadata }) => node(metadata!.name!, { unschedulable: true }));
    assert.equal(lack(set(1, {}), cordoned), none);
    assert.equal(lack(set(undefined, {}, { kind: "DaemonSet" }), cordoned), undefined);
  });

  const warned = (newInputs: object, oldInputs?: object, refusal?: { code: number; message: string }) =>
    warningsOf(() =>
      withApiServer(
        { "/api/v1/nodes": { items: nodes }, "/api/v1/namespaces/db/pods": { items: [] } },
        async (kubeconfig) => {
          const args = { subject: "ring cassandra", selector: { app: "x" }, cluster: { kubeconfig } };
          await record(() => warnOfTooFewNodes("cassandra", args, new pulumi.ComponentResource("x:y:Z", "parent")));
          await callHook("cassandra-finds-nodes", { newInputs, oldInputs }, { onDryRun: true });
        },
        refusal,
      ),
    );

  it("are warned of where an edit asks for more or for others, and the account may see them", async () => {
    const four = set(4, apart(hostname));
    assert.equal((await warned(four)).length, 1);
    assert.equal((await warned(four, set(3, apart(hostname)))).length, 1);
    assert.equal((await warned(four, set(4, {}))).length, 1);
    assert.deepEqual(await warned(four, set(4, { ...apart(hostname), priorityClassName: "high" })), []);
    assert.deepEqual(await warned(four, undefined, { code: 403, message: "nodes is forbidden" }), []);
  });
});
