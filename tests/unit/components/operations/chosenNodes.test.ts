import * as assert from "node:assert/strict";
import { DaemonCluster, type DaemonClusterArgs } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { ringArgs } from "../../../support/args";
import { callHook, record } from "../../../support/recorder";

const node = (name: string, labels: object = {}, taints: object[] = []) => ({
  metadata: { name, labels: { disk: name === "c" ? "hdd" : "ssd", ...labels } },
  spec: { taints },
});
const podOn = (nodeName: string, metadata: object = {}) => ({ metadata, spec: { nodeName } });
const daemonSets = "/apis/apps/v1/namespaces/db/daemonsets/cassandra";
/** A ring with members on the nodes a, b and c, beside which there is a node d without a member. */
const ring = (was: object = {}) => ({
  [daemonSets]: { spec: { template: { spec: was } } },
  "/api/v1/namespaces/db/pods": {
    items: [podOn("a"), podOn("b"), podOn("c"), podOn("e", { deletionTimestamp: "2026" })],
  },
  "/api/v1/nodes": { items: [node("a"), node("b"), node("c"), node("d", { disk: "new" })] },
});

interface Circumstances {
  objects?: Record<string, unknown>;
  args?: Partial<DaemonClusterArgs>;
  isPreview?: boolean;
  refusal?: { code: number; message: string };
}

/** Gives the DaemonSet's pods this spec. @returns what the hook says */
async function edit(spec: object, { objects = ring(), args, isPreview = true, refusal }: Circumstances = {}) {
  const said: string[] = [];
  const pulumi = await import("@pulumi/pulumi");
  const { info, warn } = pulumi.log;
  for (const level of ["info", "warn"] as const)
    pulumi.log[level] = (line: string) => Promise.resolve(void said.push(`${level}: ${line}`));
  const newInputs = { metadata: { name: "cassandra", namespace: "db" }, spec: { template: { spec } } };
  try {
    await withApiServer(
      objects,
      async (kubeconfig) => {
        const cluster = { kubeconfig };
        await record(() => new DaemonCluster("cassandra", { ...ringArgs, ...args, cluster }), isPreview);
        await callHook("cassandra-keeps-nodes", { newInputs }, { onDryRun: true });
      },
      refusal,
    );
  } finally {
    Object.assign(pulumi.log, { info, warn });
  }
  return said;
}

const affinityTo = (...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values }] }],
    },
  },
});

describe("an edit of the nodes of a DaemonSet", () => {
  const toNone = {
    message:
      'nodeSelector: {"disk":"sdd"} is not allowed for ring cassandra: it picks no node, so that the members on a, b, c all leave, and ' +
      "no member stays to which they could stream their data; allowed is what picks at least one of these nodes. To lose the data: " +
      "`acceptDataLoss: true` in the program",
  };

  it("is refused where it picks no node, in preview as well", async () => {
    for (const isPreview of [true, false])
      await assert.rejects(edit({ nodeSelector: { disk: "sdd" } }, { isPreview }), toNone);
    await assert.rejects(edit({ affinity: affinityTo("sdd") }), /^Error: affinity: {"nodeAffinity".*it picks no node/);
  });

  it("is refused where it picks none of the nodes that have members", () =>
    assert.rejects(edit({ nodeSelector: { disk: "new" } }), /of the nodes that have members, it picks none/));

  it("is refused where all nodes have a taint that it tolerates no longer", async () => {
    const taints = [{ key: "dedicated", value: "db", effect: "NoExecute" }];
    const tainted = ["a", "b", "c"].map((name) => node(name, {}, taints));
    const tolerations = [{ key: "dedicated", operator: "Exists" }];
    const objects = { ...ring({ tolerations }), "/api/v1/nodes": { items: tainted } };
    await assert.rejects(edit({}, { objects }), /^Error: tolerations: none is not allowed .* it picks no node/);
    const sameTaint = { tolerations: [{ key: "dedicated", value: "db" }] };
    assert.deepEqual(await edit(sameTaint, { objects }), []);
    const cordoned = [{ key: "node.kubernetes.io/unschedulable", effect: "NoExecute" }];
    const states = { ...ring({ tolerations }), "/api/v1/nodes": { items: [node("a", {}, cordoned)] } };
    assert.match((await edit({}, { objects: states }))[0], /nodes b, c no longer match/);
  });

  it("may lose the data where that is accepted", async () => {
    const [said] = await edit({ nodeSelector: { disk: "sdd" } }, { args: { acceptDataLoss: true } });
    assert.match(said, /^warn: .*it picks no node/);
  });

  it("tells whose members leave", async () => {
    assert.deepEqual(await edit({ nodeSelector: { disk: "ssd" } }), [
      "info: cassandra: node c no longer matches: its member decommissions first",
    ]);
    assert.deepEqual(await edit({ affinity: affinityTo("hdd", "new") }), [
      "info: cassandra: nodes a, b no longer match: their members decommission first, one at a time",
    ]);
  });

  it("passes where it takes no node away, or there is no member", async () => {
    assert.deepEqual(await edit({ nodeSelector: {} }, { objects: ring({ nodeSelector: { disk: "ssd" } }) }), []);
    const none = { ...ring(), "/api/v1/namespaces/db/pods": { items: [] } };
    assert.deepEqual(await edit({ nodeSelector: { disk: "sdd" } }, { objects: none }), []);
    assert.deepEqual(await edit({ nodeSelector: { disk: "sdd" } }, { objects: {} }), []);
  });

  it("looks at no node where it chooses no others", async () => {
    const objects = { ...ring({ nodeSelector: { disk: "ssd" }, tolerations: [] }), "/api/v1/nodes": undefined };
    assert.deepEqual(await edit({ nodeSelector: { disk: "ssd" }, affinity: {} }, { objects }), []);
  });

  it("is warned of in preview, and refused afterwards, where the account may not look", async () => {
    const refusal = { code: 403, message: "nodes is forbidden" };
    assert.deepEqual(await edit({ nodeSelector: { disk: "sdd" } }, { refusal }), [
      "warn: ring cassandra: which nodes it is to have could not be checked: nodes is forbidden",
    ]);
    await assert.rejects(
      edit({ nodeSelector: { disk: "sdd" } }, { refusal, isPreview: false }),
      /could not be checked: nodes is forbidden. Nothing was touched/,
    );
  });
});
