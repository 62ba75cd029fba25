import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;

describe("a namespace that does not admit all pods, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", volumeRetention: "delete", ...settings });
  const make = (kind: string, spec: object) => {
    const object = { apiVersion: "v1", kind, metadata: { name: "small" }, spec };
    return lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(object) });
  };
  /** Waits until the quota counts what there is. */
  const counted = () => lab.kubectl(["wait", "resourcequota/small", "--for=jsonpath={.status.used}", "--timeout=30s"]);

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  it("refuses, in preview and before it makes a pod, members that a quota has no room for, and lets them restart in a full one", async () => {
    await make("ResourceQuota", { hard: { "requests.memory": "2Gi" } });
    await counted();
    configure({ replicas: 3 });
    const lacks =
      'cassandra:memory: "1Gi", cassandra:replicas: 3 is not allowed for ring cassandra in namespace default: ResourceQuota small leaves ' +
      "2.0 GiB of its 2.0 GiB requests.memory, and this update needs 3.0 GiB; allowed is what the ResourceQuota leaves, or have it raised";
    await stack.refusedWith([lacks], "preview");
    await stack.refusedWith([lacks], "up", "--yes", "--skip-preview");
    configure({ replicas: 2 });
    await stack.up();
    // What is restarted has the room of the pod before it.
    configure({ replicas: 2, jvmOptions: ["-XX:TieredStopAtLevel=1"] });
    await stack.pulumi("preview");
    configure({ replicas: 2, memory: "1100Mi" });
    await stack.refusedWith(
      ["leaves 0 bytes of its 2.0 GiB requests.memory, and this update needs 152.0 MiB;"],
      "preview",
    );
    await lab.kubectl(["delete", "resourcequota", "small"]);
  });

  it("@all refuses what a LimitRange does not admit: a member's memory, and the size of a volume", async () => {
    const max = (type: string, amounts: object) => ({ type, max: amounts });
    await make("LimitRange", {
      limits: [max("Container", { memory: "1Gi" }), max("PersistentVolumeClaim", { storage: "2Gi" })],
    });
    configure({ replicas: 2, memory: "2Gi" });
    await stack.refusedWith(
      [
        'cassandra:memory: "2Gi" is not allowed for ring cassandra in namespace default: maximum memory usage per Container is 1Gi, but limit ' +
          "is 2Gi; allowed is what LimitRange small admits, or have it changed",
      ],
      "preview",
    );
    configure({ replicas: 3, topologies: ["cockroachdb"], acceptDataLoss: true, cockroachdb: { volumeSize: "3Gi" } });
    await stack.refusedWith(
      [
        "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi; allowed is what LimitRange small admits",
      ],
      "preview",
    );
    await lab.kubectl(["delete", "limitrange", "small"]);
  });

  it("@all warns of a required spread that there are too few nodes for, and of nodes that there are none of", async () => {
    const labelSelector = { matchLabels: { app: "cassandra" } };
    const apart = [{ topologyKey: "kubernetes.io/hostname", labelSelector }];
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: apart } };
    const only = { topologies: ["ephemeral"], acceptDataLoss: true };
    configure({ ...only, replicas: 3, affinity });
    assert.doesNotMatch(await stack.pulumi("preview"), /find a place/);
    configure({ ...only, replicas: 5, affinity });
    assert.match(
      await stack.pulumi("preview"),
      /warning: cassandra:replicas: of the 5 pods of ReplicationController cassandra, 3 find a place on the nodes that there are, since another one for each pod \(podAntiAffinity\) of kubernetes\.io\/hostname is required: the other 2 wait/,
    );
    configure({ topologies: ["daemon"], acceptDataLoss: true, nodeSelector: { disk: "none-such" } });
    assert.match(
      await stack.pulumi("preview"),
      /warning: ring cassandra: of 3 nodes, none may run pods of DaemonSet cassandra now, by `cassandra:nodeSelector`/,
    );
  });

  it("@all refuses a priority class that does not exist, for every topology", async () => {
    for (const topology of ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"]) {
      const replicas = ["daemon", "pod"].includes(topology) ? {} : { replicas: 2 };
      configure({ ...replicas, topologies: [topology], acceptDataLoss: true, priorityClassName: "none-such" });
      await stack.refusedWith(['cassandra:priorityClassName: "none-such" is not allowed for '], "preview");
    }
  });
});
