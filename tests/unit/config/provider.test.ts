import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { readConfig } from "../../../config";
import { inProject } from "./read";

describe("config of the kubernetes provider", () => {
  before(inProject);

  it("tells guards which cluster the provider uses", () => {
    pulumi.runtime.setAllConfig({ "kubernetes:context": "minikube", "kubernetes:kubeconfig": "/etc/kubeconfig" });
    assert.deepEqual(readConfig().cluster, { kubeconfig: "/etc/kubeconfig", context: "minikube" });
    pulumi.runtime.setAllConfig({ "kubernetes:cluster": "one" });
    assert.deepEqual(readConfig().cluster, { cluster: "one" });
  });

  it("has a namespace that counts where the program's own config has none", () => {
    pulumi.runtime.setAllConfig({ "kubernetes:namespace": "shop" });
    assert.deepEqual([readConfig().namespace, readConfig().facts.persistent?.namespace], ["shop", "shop"]);
    pulumi.runtime.setAllConfig({ "kubernetes:namespace": "shop", "cassandra:namespace": "db" });
    assert.equal(readConfig().namespace, "db");
    pulumi.runtime.setAllConfig({ "kubernetes:namespace": "Shop" });
    assert.throws(readConfig, /kubernetes:namespace: invalid value "Shop": must be a name of lower-case letters/);
  });

  it("is refused where the provider writes to a folder", () => {
    pulumi.runtime.setAllConfig({ "kubernetes:renderYamlToDirectory": "yaml" });
    assert.throws(readConfig, {
      message:
        'kubernetes:renderYamlToDirectory: invalid value "yaml": must be left out; this program looks at rings in a cluster, and a ' +
        "folder of files is none",
    });
  });
});
