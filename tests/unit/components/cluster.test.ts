import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Cluster } from "../../../components/cluster";

/** Two clusters, of which nobody answers. */
const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "one",
  contexts: ["one", "two"].map((name) => ({ name, context: { cluster: name, user: name } })),
  clusters: ["one", "two"].map((name) => ({ name, cluster: { server: `https://${name}.invalid` } })),
  users: ["one", "two"].map((name) => ({ name, user: {} })),
});
const server = ({ core }: Cluster) =>
  (core as unknown as { api: { configuration: { baseServer: { url: string } } } }).api.configuration.baseServer.url;

describe("the client of a guard", () => {
  it("goes to the context that the provider is told, not to the current one", async () => {
    assert.equal(server(await Cluster.connect({ kubeconfig })), "https://one.invalid");
    assert.equal(server(await Cluster.connect({ kubeconfig, context: "two" })), "https://two.invalid");
  });

  it("takes the path of a kubeconfig too", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
    try {
      fs.writeFileSync(path.join(folder, "config"), kubeconfig);
      const client = await Cluster.connect({ kubeconfig: path.join(folder, "config"), context: "two" });
      assert.equal(server(client), "https://two.invalid");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("names the contexts that there are when it is told another one", async () => {
    await assert.rejects(Cluster.connect({ kubeconfig, context: "three" }), {
      message: 'kubernetes:context: the kubeconfig has no context "three"; it has one, two',
    });
  });
});
