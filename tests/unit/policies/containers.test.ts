import * as assert from "node:assert/strict";
import { KubeObject } from "../../../policies/objects";
import { check, container, set } from "./check";

describe("the policies about containers", () => {
  it("want images that stay what they are, wherever their pods come from", () => {
    const bad = ["a", "a:latest", "registry:5000/a", "a@sha256:12"];
    const good = ["a:1", "registry:5000/a:1.0-b", `a@sha256:${"0".repeat(64)}`, `a:latest@sha256:${"0".repeat(64)}`];
    for (const image of bad) {
      const [line] = check("pinned-images", { spec: { initContainers: [container({ image })] } });
      assert.match(line, /^Pod, container a: image ".*" can change without an edit; give it a tag/, image);
    }
    for (const image of good) assert.deepEqual(check("pinned-images", set({}, container({ image }))), [], image);
    const pod = { spec: { containers: [container({ image: "a" })] } };
    const makers: Partial<KubeObject>[] = [
      { kind: "CronJob", spec: { jobTemplate: { spec: { template: pod } } } },
      ...["Job", "ReplicaSet", "ReplicationController", "Deployment", "DaemonSet", "StatefulSet"].map((kind) => ({
        kind,
        spec: { template: pod },
      })),
      { kind: "PodTemplate", template: pod },
      { spec: { containers: [container({})], ephemeralContainers: [container({ image: "a" })] } },
    ];
    for (const maker of makers) assert.equal(check("pinned-images", maker).length, 1, JSON.stringify(maker));
  });

  it("want a memory limit of every container", () => {
    const careless = set({}, container({}), container({ name: "b", resources: { requests: { memory: "1Gi" } } }));
    assert.deepEqual(check("memory-limits", careless), [
      "StatefulSet ring, container b: without a memory limit it may use all memory of its node; set resources.limits.memory",
    ]);
    assert.deepEqual(check("memory-limits", { kind: "Service", spec: {} }), []);
    const template = { spec: { containers: [{ name: "a", image: "a:1" }] } };
    assert.equal(check("memory-limits", { kind: "PodTemplate", template }).length, 1);
    // Kubernetes lets them have none.
    const ephemeralContainers = [{ name: "b", image: "b:1" }];
    assert.deepEqual(check("memory-limits", { spec: { containers: [container({})], ephemeralContainers } }), []);
  });

  it("want images of volumes that stay what they are", () => {
    const volumes = [
      { name: "data", image: { reference: "a:latest" } },
      { name: "other", emptyDir: {} },
    ];
    assert.deepEqual(check("pinned-images", { spec: { containers: [container({})], volumes } }), [
      'Pod, volume data: image "a:latest" can change without an edit; give it a tag other than latest, or a digest',
    ]);
    const pinned = [{ name: "data", image: { reference: "a:1" } }];
    assert.deepEqual(check("pinned-images", { spec: { containers: [container({})], volumes: pinned } }), []);
  });

  it("take a limit of zero, and one that is none, for no limit", () => {
    const limited = (memory: unknown) => container({ resources: { limits: { memory } } });
    for (const memory of ["0", "0Mi", 0, "-1Gi", "much", "", null])
      for (const list of ["containers", "initContainers"])
        assert.equal(check("memory-limits", { spec: { [list]: [limited(memory)] } }).length, 1, `${memory as string}`);
    for (const memory of ["1", "64Mi", 1024]) assert.deepEqual(check("memory-limits", set({}, limited(memory))), []);
    const patch = { ...set({}, limited("0")), isPart: true };
    assert.equal(check("memory-limits", patch).length, 1, "a patch that takes the limit away");
  });
});
