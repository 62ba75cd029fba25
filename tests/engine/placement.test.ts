import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, Pod, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const dedicated = { key: "dedicated", value: "cassandra", effect: "NoSchedule" };

describe("where members run, on simulated nodes of which two are for databases alone", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", async (made) => {
    ({ lab, stack } = made);
    for (const node of ["node1", "node2"]) {
      await lab.kubectl(["taint", "node", node, "dedicated=cassandra:NoSchedule"]);
      await lab.kubectl(["label", "node", node, "disk=ssd"]);
    }
    const priority = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "databases" } };
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify({ ...priority, value: 1000 }) });
  });

  /** Names of the nodes that the pods of an application run on. */
  const nodesOf = async (app: string) => {
    const { items } = await stack.get<{ items: (Pod & { spec: { priority?: number } })[] }>(
      "pods",
      "-A",
      "-l",
      `app=${app}`,
    );
    return items.map(({ spec }) => spec.nodeName).sort();
  };
  const asked = {
    ...smallMembers,
    storage: "minikube-hostpath",
    topologies: ["persistent", "ephemeral", "daemon", "cockroachdb"],
    replicas: 2,
    daemon: {},
    cockroachdb: { replicas: 2, sqlClient: true },
    cpuLimit: "2",
    priorityClassName: "databases",
  };

  it("is as tolerations and labels say, for each topology", async () => {
    stack.configure({ ...asked, tolerations: [dedicated], nodeSelector: { disk: "ssd" } });
    await stack.up();
    const both = ["node1", "node2"];
    assert.deepEqual([...new Set(await nodesOf("cassandra"))], both);
    assert.deepEqual(
      [...new Set(await nodesOf("cockroachdb"))].filter((node) => !both.includes(node!)),
      [],
    );
    const set = await stack.get<{ spec: { template: { spec: { containers: object[]; priorityClassName: string } } } }>(
      "statefulset/cassandra",
    );
    assert.match(JSON.stringify(set.spec.template.spec), /"priorityClassName":"databases"/);
    assert.match(JSON.stringify(set.spec.template.spec), /"limits":\{"cpu":"2",/);
    await stack.up("--expect-no-changes");
  });

  it("is the rooms of a zone, each of which is a rack", async () => {
    await lab.kubectl(["label", "node", "node1", "node2", "node3", "topology.kubernetes.io/zone=z", "--overwrite"]);
    for (const [room, node] of [
      ["left", "node2"],
      ["right", "node3"],
    ])
      await lab.kubectl(["label", "node", node, `room=${room}`]);
    const racks = { racks: ["l", "r"], rackNodeSelectors: { l: { room: "left" }, r: { room: "right" } } };
    stack.configure({
      ...asked,
      ...racks,
      replicas: 4,
      acceptDataLoss: true,
      topologies: ["persistent"],
      persistent: { name: "rooms", clusterName: "rooms" },
      tolerations: [dedicated],
    });
    await stack.up();
    const nodes = async (rack: string) =>
      (await stack.get<{ items: Pod[] }>("pods", "-l", `cassandra/rack=${rack}`)).items.map(
        ({ spec }) => spec.nodeName,
      );
    assert.deepEqual(
      [await nodes("l"), await nodes("r")],
      [
        ["node2", "node2"],
        ["node3", "node3"],
      ],
    );
  });

  it("moves with affinity, one member at a time, and what Kubernetes does not know is refused in preview", async () => {
    const required = (key: string, operator: string) => ({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key, operator }] }],
        },
      },
    });
    const only = { ...asked, topologies: ["ephemeral"], tolerations: [dedicated], acceptDataLoss: true };
    stack.configure(only);
    await stack.up();
    stack.configure({ ...only, affinity: required("disk", "Has") });
    await stack.refusedWith(['"Has"'], "preview");
    stack.configure({ ...only, affinity: required("disk", "Exists") });
    await stack.up();
    assert.deepEqual([...new Set(await nodesOf("cassandra"))], ["node1", "node2"]);
  });
});
