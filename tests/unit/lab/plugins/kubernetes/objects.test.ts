import assert from "node:assert/strict";
import * as objects from "../../../../../lab/plugins/kubernetes/objects";
import { autonamed, idOf, kindOf, parseId, withName } from "../../../../../lab/plugins/kubernetes/objects";
import { CheckSubject } from "../../../../../lab/plugins/providerServer";
import { secret } from "../../../../../lab/plugins/values";
import { object } from "./object";

describe("the kubernetes stand-in: kinds and names", () => {
  it("reads the API version and kind from a type token", () => {
    assert.deepEqual(kindOf("kubernetes:apps/v1:StatefulSet"), { apiVersion: "apps/v1", kind: "StatefulSet" });
    assert.deepEqual(kindOf("kubernetes:core/v1:Service"), { apiVersion: "v1", kind: "Service" });
    assert.deepEqual(kindOf("kubernetes:core/v1:ConfigMapPatch"), { apiVersion: "v1", kind: "ConfigMap" });
    assert.deepEqual(kindOf("kubernetes:example.com/v1:Foo"), { apiVersion: "example.com/v1", kind: "Foo" });
  });

  it("refuses what is no plain object", () => {
    for (const type of ["helm.sh/v3:Release", "yaml/v2:ConfigFile", "kustomize:Directory", "core/v1:ConfigMapList"]) {
      assert.throws(() => kindOf(`kubernetes:${type}`), /plain objects only/);
    }
  });

  it("turns an id into a place and back", () => {
    assert.deepEqual(parseId("here/it"), { namespace: "here", name: "it" });
    assert.deepEqual(parseId("it"), { name: "it" });
    assert.equal(idOf(object("v1", "Pod")), "here/it");
  });

  const subject = (rest: Partial<CheckSubject>): CheckSubject => ({
    urn: "urn",
    type: "kubernetes:core/v1:ConfigMap",
    name: "settings",
    id: "",
    oldInputs: {},
    oldState: {},
    inputs: {},
    randomSeed: new Uint8Array([1]),
    autonaming: { mode: "propose", proposed: "" },
    ...rest,
  });
  const unnamed = { ...object("v1", "ConfigMap"), metadata: {} };

  it("makes a name up from the logical name and the seed, and marks it", () => {
    const { metadata } = withName(unnamed, subject({}));
    assert.match(metadata.name!, /^settings-[0-9a-f]{8}$/);
    assert.equal(metadata.annotations?.[autonamed], "true");
    assert.equal(withName(unnamed, subject({})).metadata.name, metadata.name);
    assert.notEqual(withName(unnamed, subject({ randomSeed: new Uint8Array([2]) })).metadata.name, metadata.name);
    assert.equal(withName(unnamed, subject({ name: "n".repeat(100) })).metadata.name?.length, 63);
  });

  it("keeps the name that it made up, but not one that the program gave and took away", () => {
    const made = { metadata: { name: "settings-old", annotations: { [autonamed]: "true" } } };
    assert.equal(withName(unnamed, subject({ oldInputs: made })).metadata.name, "settings-old");
    const given = { metadata: { name: "settings-old" } };
    assert.notEqual(withName(unnamed, subject({ oldInputs: given })).metadata.name, "settings-old");
  });

  it("leaves the program's own names alone and follows the autonaming configuration", () => {
    assert.deepEqual(withName(object("v1", "ConfigMap"), subject({})), object("v1", "ConfigMap"));
    const enforced = subject({ autonaming: { mode: "enforce", proposed: "dev-settings" } });
    assert.equal(withName(unnamed, enforced).metadata.name, "dev-settings");
    assert.throws(() => withName(unnamed, subject({ autonaming: { mode: "disable", proposed: "" } })), /disabled/);
    assert.throws(() => withName(unnamed, subject({ type: "kubernetes:core/v1:ConfigMapPatch" })), /must name/);
  });

  it("drops from inputs what only the API server writes, and spells the keys of CRD schemas its way", () => {
    const spec = { x_kubernetes_int_or_string: secret(true) };
    const inputs = { metadata: { name: "it", uid: "1" }, status: {}, spec };
    assert.deepEqual(objects.objectOf(inputs, "kubernetes:example.com/v1:Foo"), {
      apiVersion: "example.com/v1",
      kind: "Foo",
      metadata: { name: "it" },
      spec: { "x-kubernetes-int-or-string": true },
    });
  });
});
