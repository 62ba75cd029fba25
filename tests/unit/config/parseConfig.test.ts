import * as assert from "node:assert/strict";
import { defaultFacts, defaultRing, inProject, read } from "./read";

describe("parseConfig", () => {
  before(inProject);

  it("names the first ring plainly and further rings after their topologies, in Kubernetes and in Cassandra", () => {
    const { ephemeral, daemon, pod, facts } = read({ topologies: ["ephemeral", "daemon", "pod"], clusterName: "K8" });
    assert.deepEqual(
      [ephemeral, daemon, pod].map((one) => [one?.name, one?.clusterName]),
      [
        ["cassandra", "K8"],
        ["cassandra-daemon", "K8-daemon"],
        ["cassandra-pod", "K8-pod"],
      ],
    );
    assert.deepEqual(facts, {
      ephemeral: { ...defaultFacts, clusterName: "K8", name: "cassandra", disk: "pods" },
      daemon: { ...defaultFacts, clusterName: "K8-daemon", name: "cassandra-daemon", disk: "pods" },
      pod: { ...defaultFacts, clusterName: "K8-pod", name: "cassandra-pod", disk: "pods" },
    });
  });

  it("keeps a name that a topology is given, and the plain name for the others", () => {
    const { persistent, cockroachdb } = read({
      topologies: ["cockroachdb", "persistent"],
      cockroachdb: { name: "roach", insecure: true },
    });
    assert.deepEqual([persistent?.name, cockroachdb?.name], ["cassandra", "roach"]);
  });

  it("takes what a topology sets for itself, numbers and booleans too, and the common value for the rest", () => {
    const { ephemeral, daemon } = read({
      topologies: ["ephemeral", "daemon"],
      replicas: 5,
      cpu: "2",
      ephemeral: { replicas: 2, cpu: 1, clusterName: "E" },
      daemon: { memory: "3Gi", nodeSelector: { ring: true }, hostPath: "/mnt/ring" },
    });
    const { replicas, cpu, memory, clusterName } = ephemeral!;
    assert.deepEqual([replicas, cpu, memory, clusterName], [2, "1", "2Gi", "E"]);
    assert.deepEqual(daemon, {
      ...defaultRing,
      stallTimeoutMinutes: 15,
      name: "cassandra-daemon",
      clusterName: "cassandra-daemon",
      cpu: "2",
      memory: "3Gi",
      maxHeapMiB: 1536,
      nodeSelector: { ring: "true" },
      hostPath: "/mnt/ring",
    });
  });
});
