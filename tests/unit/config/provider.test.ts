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

  it("is refused where the provider writes to a folder", () => {
    pulumi.runtime.setAllConfig({ "kubernetes:renderYamlToDirectory": "yaml" });
    assert.throws(readConfig, {
      message:
        'kubernetes:renderYamlToDirectory: "yaml" is not allowed: rings are looked at and moved in a cluster, which a folder of files is ' +
        "not; allowed is to leave it out",
    });
  });
});
