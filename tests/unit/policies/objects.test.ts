import * as assert from "node:assert/strict";
import { objectsOf } from "../../../policies/objects";
import { check, container, set } from "./check";

describe("the objects that policies see", () => {
  it("see patches, lists in lists and Helm releases", () => {
    const type = (kind: string) => `kubernetes:apps/v1:${kind}`;
    const item = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" } };
    assert.deepEqual(objectsOf(type("Deployment"), item), [item]);
    assert.deepEqual(objectsOf(type("DeploymentList"), { items: [item, item] }), [item, item]);
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: [item, { apiVersion: "apps/v1", kind: "DeploymentList", items: [item] }],
    };
    const nested = { apiVersion: "v1", kind: "List", items: [list, item] };
    assert.deepEqual(objectsOf("kubernetes:core/v1:List", nested), [item, item, item]);
    // Those of a list of one kind need not say which.
    const unnamed = { items: [{ metadata: { name: "cql" }, spec: {} }] };
    const [ingress] = objectsOf("kubernetes:networking.k8s.io/v1:IngressList", unnamed);
    assert.equal(check("private-services", ingress).length, 1);
    const templates = { items: [{ template: { spec: { containers: [container({ image: "a" })] } } }] };
    const [template] = objectsOf("kubernetes:core/v1:PodTemplateList", templates);
    assert.equal(check("pinned-images", template).length, 1);
    const [patch] = objectsOf(type("DeploymentPatch"), set({}, { name: "a", image: "a:latest" }));
    assert.equal(check("pinned-images", patch).length, 1);
    assert.deepEqual(check("memory-limits", patch), [], "what a patch does not say may be there");
    const [release] = objectsOf("kubernetes:helm.sh/v3:Release", { chart: "cassandra" });
    assert.match(check("seen-objects", release)[0], /^Release cassandra: no policy sees the objects of a Helm release/);
    assert.deepEqual(objectsOf("random:index/randomPassword:RandomPassword", {}), []);
  });

  it("are none that controllers make of others", () => {
    const makers = [
      "argoproj.io/v1alpha1:Application",
      "argoproj.io/v1alpha1:ApplicationSet",
      "helm.toolkit.fluxcd.io/v2:HelmRelease",
      "kustomize.toolkit.fluxcd.io/v1:Kustomization",
      "helm.cattle.io/v1:HelmChart",
      "helm.cattle.io/v1:HelmChartConfig",
      "fleet.cattle.io/v1alpha1:GitRepo",
      "helm.crossplane.io/v1beta1:Release",
      "kubernetes.crossplane.io/v1alpha2:Object",
    ];
    for (const type of makers) {
      const [object] = objectsOf(`kubernetes:${type}`, { metadata: { name: "db" }, spec: {} });
      const [line] = check("seen-objects", object);
      assert.match(line ?? "", /^\w+ db: no policy sees the objects that .* makes of it; make them resources/, type);
    }
    for (const type of ["argoproj.io/v1alpha1:AppProject", "apps/v1:Deployment", "example.com/v1:Application"])
      assert.deepEqual(check("seen-objects", objectsOf(`kubernetes:${type}`, { spec: {} })[0]), [], type);
  });
});
