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

  it("says what becomes of the data when all of its members are deleted", () => {
    const all = "deleted: all of its members";
    const of = (was: object) => members("PersistentCluster", "apps/v1:StatefulSet", was, undefined);
    assert.deepEqual([of(staying), of(going)], [`${all}; ${stay}`, `${all}; ${go}`]);
    const daemons = members("DaemonCluster", "apps/v1:DaemonSet", {}, undefined, "node");
    assert.equal(daemons, `${all}; the folders on their nodes stay, with the data`);
  });
});
