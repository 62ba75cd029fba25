import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { namespaceOfContext, readKubeconfig } from "../../../../components/kubernetes/kubeconfig";

describe("the kubeconfig of a guard", () => {
  it("says which key is wrong, its value and what is allowed", async () => {
    await assert.rejects(readKubeconfig({ kubeconfig: "/nowhere/config" }), {
      message:
        'kubernetes:kubeconfig: "/nowhere/config" is not allowed: there is no such file; allowed is a path, or the contents',
    });
    const kubeconfig = JSON.stringify({
      clusters: [{ name: "one", cluster: { server: "https://one.invalid" } }],
      contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
      users: [{ name: "one", user: {} }],
      "current-context": "one",
    });
    await assert.rejects(readKubeconfig({ kubeconfig, cluster: "two" }), {
      message: 'kubernetes:cluster: the kubeconfig has no cluster "two"; it has one',
    });
  });

  it("has no word of credentials in what it says of a file that is none", async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), "kubeconfig-"));
    const file = join(folder, "config");
    const cases: [string, RegExp][] = [
      ["token: [secret", /^KUBECONFIG: \S+ is no kubeconfig: it is neither YAML nor JSON: [^\n]+$/],
      ["secret", /^KUBECONFIG: \S+ is no kubeconfig: it has no fields$/],
      ["- secret", /^KUBECONFIG: \S+ is no kubeconfig: it has no fields$/],
      ["contexts: secret", /^KUBECONFIG: \S+ is no kubeconfig: its contexts are no list$/],
    ];
    try {
      for (const [text, message] of cases) {
        fs.writeFileSync(file, text);
        await assert.rejects(readKubeconfig({}, { env: { KUBECONFIG: file } }), (error: Error) => {
          assert.match(error.message, message);
          assert.ok(!error.message.includes("secret"), error.message);
          return true;
        });
      }
      await assert.rejects(readKubeconfig({}, { env: { KUBECONFIG: folder } }), {
        message: `KUBECONFIG: ${folder} cannot be read: EISDIR: illegal operation on a directory, read`,
      });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
    await assert.rejects(readKubeconfig({ kubeconfig: "{" }), /^Error: kubernetes:kubeconfig is no kubeconfig: /);
  });

  it("has the namespace of its context, else that of the pod that reads it, and none where it cannot be read", () => {
    const nowhere = { accountFolder: "/nowhere", env: { HOME: "/nowhere" } };
    const kubeconfig = JSON.stringify({
      clusters: [{ name: "one", cluster: { server: "https://one.invalid" } }],
      contexts: [
        { name: "shop", context: { cluster: "one", namespace: "shop" } },
        { name: "bare", context: { cluster: "one" } },
      ],
      "current-context": "shop",
    });
    assert.equal(namespaceOfContext({ kubeconfig }, nowhere), "shop");
    assert.equal(namespaceOfContext({ kubeconfig, context: "bare" }, nowhere), undefined);
    assert.equal(namespaceOfContext({ kubeconfig: "contexts: [" }, nowhere), undefined);
    assert.equal(namespaceOfContext({}, nowhere), undefined);
    const accountFolder = fs.mkdtempSync(join(tmpdir(), "account-"));
    try {
      fs.writeFileSync(join(accountFolder, "token"), "secret");
      fs.writeFileSync(join(accountFolder, "namespace"), "ours\n");
      const env = { HOME: "/nowhere", KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
      assert.equal(namespaceOfContext({}, { accountFolder, env }), "ours");
    } finally {
      fs.rmSync(accountFolder, { recursive: true });
    }
  });

  it("says what to set where nothing names a cluster", async () => {
    const elsewhere = { accountFolder: "/nowhere" };
    await assert.rejects(readKubeconfig({}, { ...elsewhere, env: { KUBECONFIG: "/nowhere/a:" } }), {
      message:
        'KUBECONFIG "/nowhere/a:" has no current context, or does not exist: no cluster is named; set kubernetes:context to ' +
        "one of its contexts (none), or kubernetes:kubeconfig or KUBECONFIG to the path of a kubeconfig that has one",
    });
    await assert.rejects(
      readKubeconfig({}, { ...elsewhere, env: { HOME: "/nowhere" } }),
      /^Error: ~\/\.kube\/config has no/,
    );
    await assert.rejects(
      readKubeconfig({ kubeconfig: JSON.stringify({ contexts: [{ name: "one", context: {} }] }) }),
      /^Error: kubernetes:kubeconfig has no current context: .* one of its contexts \(one\)/,
    );
  });

  it("begins `~/` in the account's own folder, as the provider does, whatever HOME says", async () => {
    const folder = fs.mkdtempSync(join(userInfo().homedir, "kubeconfig-"));
    try {
      const cluster = { server: "https://one.invalid" };
      const contexts = [{ name: "one", context: { cluster: "one" } }];
      const text = JSON.stringify({ "current-context": "one", contexts, clusters: [{ name: "one", cluster }] });
      fs.writeFileSync(join(folder, "config"), text);
      const kubeconfig = `~/${folder.split("/").at(-1)}/config`;
      const config = await readKubeconfig({ kubeconfig }, { env: { HOME: "/nowhere" } });
      assert.equal(config.getCurrentCluster()?.server, cluster.server);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
