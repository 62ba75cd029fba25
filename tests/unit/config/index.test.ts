import * as assert from "node:assert/strict";
import { badStacks } from "../../support/badConfig";
import { defaultFacts, defaultRing, defaultVolumes, inProject, localVolumes, problemsOf, read } from "./read";

describe("readConfig", () => {
  before(inProject);

  const stack = {
    storage: "existing",
    storageClassName: "",
    namespace: "default",
    createNamespace: false,
    acceptDataLoss: false,
    enforcedStandard: "restricted",
    cluster: {},
    takesOver: false,
  };

  it("has these defaults", () => {
    assert.deepEqual(read({}), {
      ...stack,
      facts: { persistent: { ...defaultFacts, name: "cassandra", disk: "volumes" } },
      persistent: { ...defaultRing, ...defaultVolumes, racks: [], stallTimeoutMinutes: 15 },
    });
  });

  it("takes what a stack sets", () => {
    const given = {
      replicas: 5,
      racks: ["a", "b", "c", "d", "e"],
      stallTimeoutMinutes: 60,
      volumeSize: "1.5Ti",
      volumeRetention: "delete",
      localVolumes,
      image: "registry.example:5000/team/cassandra:5.0.9@sha256:" + "a".repeat(64),
      memory: "8Gi",
      cpu: "2",
      clusterName: "K8 Demo_1",
      datacenter: "DC1-K8Demo",
      jvmOptions: ["-Dcassandra.ring_delay_ms=5000"],
    };
    const whole = { storage: "local", storageClassName: "fast.disks", namespace: "db", createNamespace: true };
    assert.deepEqual(read({ ...given, ...whole, maxHeap: "3G", acceptDataLoss: "true" }), {
      ...stack,
      ...whole,
      acceptDataLoss: true,
      facts: {
        persistent: {
          ...defaultFacts,
          namespace: "db",
          clusterName: "K8 Demo_1",
          datacenter: "DC1-K8Demo",
          racks: "a, b, c, d, e",
          name: "cassandra",
          disk: "volumes",
          volumeRetention: "delete",
        },
      },
      persistent: { ...defaultRing, ...given, maxHeapMiB: 3072 },
    });
  });

  it("names the StorageClass after the namespace when the stack makes one", () => {
    assert.equal(read({ storage: "gce-pd", namespace: "db" }).storageClassName, "db-cassandra");
  });

  it("asks for the Pod Security Standard that the pods can meet", () => {
    assert.equal(read({ topologies: ["daemon"] }).enforcedStandard, "restricted");
    assert.equal(read({ topologies: ["daemon"], daemon: { hostPath: "/mnt" } }).enforcedStandard, "privileged");
    assert.equal(read({ persistent: { lockMemory: true } }).enforcedStandard, "privileged");
  });

  it("tells all problems at once, a line each", () => {
    const problems = problemsOf({ replicas: 0, storage: "floppy", volumeSize: "big", colour: "red" });
    assert.deepEqual(problems.map((line) => line.split(":")[1]).sort(), [
      "colour",
      "replicas",
      "storage",
      "volumeSize",
    ]);
  });

  for (const { name, config, refusals } of badStacks("")) {
    it(`refuses a stack file: ${name}`, () => {
      assert.ok(refusals.length > 0);
      const plain = Object.entries(config).map(([key, value]) => [key.replace("cassandra:", ""), value]);
      assert.deepEqual(problemsOf(Object.fromEntries(plain) as Record<string, unknown>), refusals);
    });
  }
});
