import assert from "node:assert/strict";
import { otherCluster } from "../../../../../lab/plugins/kubernetes/otherCluster";

describe("the kubernetes stand-in: its cluster", () => {
  const at = (server: string, name = "shop") =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server } }],
      users: [{ name: "me", user: {} }],
      contexts: [{ name: "it", context: { cluster: name, user: "me" } }],
      "current-context": "it",
    });
  const [here, there] = [at("https://10.0.0.1:6443"), at("https://10.0.0.2:6443")];

  it("is another one at another address, unless an identifier was there before and stays", async () => {
    const address = ["kubeconfig", "context", "cluster"];
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: there }), address);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: at("https://10.0.0.1:6443", "x") }), []);
    const named = (kubeconfig: string, clusterIdentifier = "a") => ({ kubeconfig, clusterIdentifier });
    assert.deepEqual(await otherCluster({ kubeconfig: here }, named(there)), address);
    assert.deepEqual(await otherCluster(named(here), named(there)), []);
    assert.deepEqual(await otherCluster(named(here), named(here, "b")), ["clusterIdentifier"]);
  });

  it("is looked at only where the settings name a kubeconfig, before and after", async () => {
    assert.deepEqual(await otherCluster({}, { kubeconfig: there }), []);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, {}), []);
    assert.deepEqual(await otherCluster({ kubeconfig: here }, { kubeconfig: "no such file" }), []);
  });
});
