import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "../../../../../lab/plugins/kubernetes/cluster";
import { certify } from "../../../../support/certificates";

const reference = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one", namespace: "db" } };

/** An API server that ends each connection with its second request, as where that was idle for too long. */
async function withForgetfulServer<T>(use: (cluster: Cluster, asked: string[]) => Promise<T>): Promise<T> {
  const asked: string[] = [];
  const seen = new WeakSet<object>();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "server-"));
  const { key, crt } = certify(folder, "server", true);
  fs.rmSync(folder, { recursive: true });
  const server = https.createServer({ key, cert: crt }, (request, response) => {
    if (seen.has(request.socket)) return request.socket.destroy();
    seen.add(request.socket);
    const [asks] = request.url!.split("?");
    asked.push(`${request.method} ${asks}`);
    const kinds = { resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] };
    request.resume().on("end", () => response.end(JSON.stringify(asks === "/api/v1" ? kinds : reference)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: {} }],
  });
  try {
    return await use(await Cluster.connect({ kubeconfig }), asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("the stand-in's client of the API server", () => {
  it("sends what it may send twice again where the server has closed an idle connection", () =>
    withForgetfulServer(async (cluster, asked) => {
      await cluster.get(reference);
      await sleep(50);
      await cluster.get(reference);
      await sleep(50);
      await cluster.apply(reference, { manager: "m", force: false, dryRun: false });
      const object = "/api/v1/namespaces/db/configmaps/one";
      assert.deepEqual(asked.slice(-3), [`GET ${object}`, `GET ${object}`, `PATCH ${object}`]);
    }));

  it("does not send a delete again, which might be for an object that was made meanwhile", () =>
    withForgetfulServer(async (cluster) => {
      await cluster.get(reference);
      // Once the connection is idle.
      await sleep(50);
      await assert.rejects(cluster.delete(reference, "Foreground"), /socket hang up/);
    }));
});
