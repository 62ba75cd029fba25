import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import { AddressInfo, createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { waitUntilClear, KubernetesClient, retryWhileUnavailable } from "../../../../components/kubernetes/apiClient";
import { undefinedWhenNotFound, apiErrorKind } from "../../../../components/kubernetes/apiErrors";

/** Two clusters, of which nobody answers. */
const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "one",
  contexts: ["one", "two"].map((name) => ({ name, context: { cluster: name, user: name } })),
  clusters: ["one", "two"].map((name) => ({ name, cluster: { server: `https://${name}.invalid` } })),
  users: ["one", "two"].map((name) => ({ name, user: {} })),
});
const server = ({ core }: KubernetesClient) =>
  (core as unknown as { api: { configuration: { baseServer: { url: string } } } }).api.configuration.baseServer.url;

describe("the client of a guard", () => {
  it("goes to the context that the provider is told, not to the current one", async () => {
    assert.equal(server(await KubernetesClient.connect({ kubeconfig })), "https://one.invalid");
    assert.equal(server(await KubernetesClient.connect({ kubeconfig, context: "two" })), "https://two.invalid");
  });

  it("takes the path of a kubeconfig too", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
    try {
      fs.writeFileSync(path.join(folder, "config"), kubeconfig);
      const client = await KubernetesClient.connect({ kubeconfig: path.join(folder, "config"), context: "two" });
      assert.equal(server(client), "https://two.invalid");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("names the contexts that there are when it is told another one", async () => {
    await assert.rejects(KubernetesClient.connect({ kubeconfig, context: "three" }), {
      message: 'kubernetes:context: the kubeconfig has no context "three"; it has one, two',
    });
  });
});

describe("an API server that cannot be reached", () => {
  const kubeconfigOf = (server: string) =>
    JSON.stringify({
      "current-context": "one",
      contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
      clusters: [{ name: "one", cluster: { server } }],
      users: [{ name: "one", user: {} }],
    });
  const failure = async (server: string): Promise<Error & { code?: string }> => {
    const client = await KubernetesClient.connect({ kubeconfig: kubeconfigOf(server) });
    return client.pods("a", { app: "cassandra" }).then(
      () => assert.fail("answered"),
      (error: Error) => error,
    );
  };

  it("is named with the request and the reason, and worth asking again", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    const error = await failure(`http://127.0.0.1:${port}`);
    const request = `GET http://127.0.0.1:${port}/api/v1/namespaces/a/pods?labelSelector=app%3Dcassandra`;
    assert.equal(error.message, `${request}: connect ECONNREFUSED 127.0.0.1:${port}`);
    assert.equal(apiErrorKind(error), "silent");
  });

  it("may break off before its answer and within it", async () => {
    const heads = ["", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"];
    for (const head of heads) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(head));
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const error = await failure(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.close();
      assert.match(error.message, /^GET http:\/\/127.0.0.1:\d+\/api\/.*: other side closed$/);
      assert.equal(apiErrorKind(error), "silent");
    }
  });
});

describe("what the API server answers", () => {
  const refused = (code: number | string) => Object.assign(new Error(`${code}`), { code });

  it("is told apart: only a 404 says that something is not there", () => {
    const answers: [number | string, string][] = [
      [404, "absent"],
      [401, "forbidden"],
      [403, "forbidden"],
      [409, "conflict"],
      [429, "silent"],
      [500, "silent"],
      [503, "silent"],
      [504, "silent"],
      ["ECONNREFUSED", "silent"],
      ["ETIMEDOUT", "silent"],
      ["UND_ERR_SOCKET", "silent"],
      ["UND_ERR_CONNECT_TIMEOUT", "silent"],
      ["UND_ERR_INVALID_ARG", "other"],
      [422, "other"],
    ];
    for (const [code, what] of answers) assert.equal(apiErrorKind(refused(code)), what, `${code}`);
    assert.equal(apiErrorKind(new Error("a command failed in a pod")), "other");
    assert.equal(undefinedWhenNotFound(refused(404)), undefined);
    for (const code of [401, 403, 409, 500, "ECONNREFUSED"])
      assert.throws(() => undefinedWhenNotFound(refused(code)), { message: `${code}` });
  });

  it("is asked for again where it said nothing, and believed where it did", async () => {
    let looks = 0;
    const look = (code: number) => () => (looks++ === 0 ? Promise.reject(refused(code)) : Promise.resolve("there"));
    assert.equal(await retryWhileUnavailable(look(503)), "there");
    assert.equal(looks, 2);
    for (const code of [403, 404]) {
      looks = 0;
      await assert.rejects(retryWhileUnavailable(look(code)), { message: `${code}` });
      assert.equal(looks, 1);
    }
  });

  it("is waited for as long as what stands in the way changes", async () => {
    const words = ["one", "two", "three", undefined];
    await waitUntilClear(() => Promise.resolve(words.shift()), 0.0001, 1);
    await assert.rejects(
      waitUntilClear(() => Promise.resolve("its finalizer"), 0.0001, 5),
      /^Error: for 0.0001 minutes: its finalizer$/,
    );
  });
});
