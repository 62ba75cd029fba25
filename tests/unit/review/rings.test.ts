import * as assert from "node:assert/strict";
import { step, summary, told, urn } from "./stream";

describe("what is told of a ring", () => {
  const claims = { volumeClaimTemplates: [{ metadata: { name: "data" } }] };
  const going = { ...claims, persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } };
  const staying = { ...claims, persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain" } };
  const stay = "their PersistentVolumeClaims stay, with the data";
  const go = "their PersistentVolumeClaims are deleted with them (volumeRetention: delete): the data is lost";
  const inPods = "data in their pods is lost";

  /** The line on the members of a ring, whose controller is to be another one. @param wanted none: it is deleted */
  function members(topology: string, kind: string, was: object, wanted: object | undefined, disk = "pod"): string {
    const component = urn(`cassandra:index:${topology}`, "ring");
    const object = (spec: object) => {
      const containers = [{ env: [{ name: "RING_DISK", value: disk }] }];
      const template = { spec: { containers } };
      return { spec: { replicas: 3, ...(kind === "core/v1:Pod" ? template.spec : { template }), ...spec } };
    };
    const after = wanted && object(wanted);
    const event = step(after ? "replace" : "delete", `kubernetes:${kind}`, "ring", object(was), after);
    const { old, new: next } = event.resourcePreEvent.metadata as Record<"old" | "new", { parent: string } | undefined>;
    for (const side of [old, next]) if (side) side.parent = component;
    const text = told(step("same", `cassandra:index:${topology}`, "ring", {}, {}), event, summary());
    assert.match(text, /no member serves clients/);
    return /^- ((?:deleted|created)[^]*?)$/m.exec(text)![1];
  }

  it("says what becomes of the data when its controller is deleted and created again", () => {
    const again = "deleted and created again, all at once: 3 members";
    for (const topology of ["PersistentCluster", "CockroachCluster"]) {
      const of = (was: object, wanted: object) => members(topology, "apps/v1:StatefulSet", was, wanted);
      assert.equal(of(claims, claims), `${again}; ${stay}`, "Kubernetes keeps them by default");
      assert.equal(of(staying, going), `${again}; ${stay}`, "the object that is there decides");
      assert.equal(of(going, staying), `${again}; ${go}`);
      assert.equal(of({}, {}), `${again}; ${inPods}`, "without volumes of their own");
    }
    assert.equal(members("EphemeralCluster", "core/v1:ReplicationController", {}, {}), `${again}; ${inPods}`);
    assert.equal(members("SinglePod", "core/v1:Pod", {}, {}), `${again}; ${inPods}`);
    const daemon = "deleted and created again, all at once: the member of each node";
    const of = (disk: string) => members("DaemonCluster", "apps/v1:DaemonSet", {}, {}, disk);
    assert.equal(of("node"), `${daemon}; the folders on their nodes stay, with the data`);
    assert.equal(of("pod"), `${daemon}; ${inPods}`);
  });

  it("says which addresses of members drivers are told, where it is others than before", () => {
    const component = urn("cassandra:index:PersistentCluster", "ring");
    const said = (was: boolean, wanted: boolean) => {
      const object = (isTold: boolean, memory: string) => {
        const env = isTold ? [{ name: "RING_MEMBER_SERVICE", value: "LoadBalancer" }] : [];
        return { spec: { replicas: 3, template: { spec: { memory, containers: [{ env }] } } } };
      };
      const event = step("update", "kubernetes:apps/v1:StatefulSet", "ring", object(was, "1Gi"), object(wanted, "2Gi"));
      const sides = event.resourcePreEvent.metadata as Record<"old" | "new", { parent: string }>;
      for (const side of [sides.old, sides.new]) side.parent = component;
      const text = told(step("same", "cassandra:index:PersistentCluster", "ring", {}, {}), event, summary());
      return /^- as members restart, drivers are told the addresses of (\w+ ?\w*)/m.exec(text)?.[1];
    };
    assert.equal(said(false, true), "load balancers");
    assert.equal(said(true, false), "pods");
    assert.equal(said(true, true), undefined);
    assert.equal(said(false, false), undefined);
  });

  it("says what becomes of the data when all of its members are deleted", () => {
    const all = "deleted: all of its members";
    const of = (was: object) => members("PersistentCluster", "apps/v1:StatefulSet", was, undefined);
    assert.deepEqual([of(staying), of(going)], [`${all}; ${stay}`, `${all}; ${go}`]);
    const daemons = members("DaemonCluster", "apps/v1:DaemonSet", {}, undefined, "node");
    assert.equal(daemons, `${all}; the folders on their nodes stay, with the data`);
  });
});
