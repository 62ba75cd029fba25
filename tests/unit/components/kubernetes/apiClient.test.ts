import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  waitUntilClear,
  KubernetesClient,
  undefinedWhenNotFound,
  retryWhileUnavailable,
  apiErrorKind,
} from "../../../../components/kubernetes/apiClient";

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
