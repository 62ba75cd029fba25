import { CoreV1Api } from "@kubernetes/client-node";
import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readKubeconfig } from "../../components/kubernetes/kubeconfig";
import { kubectl } from "../../lab/src/toolchain";
import { certificate, writeFiles } from "./kubeconfig/files";
import { names, Servers } from "./kubeconfig/servers";

const execute = promisify(execFile);
const minutes = 60_000;

/** One way in which a user names the cluster. */
interface Way {
  env?: Record<string, string>;
  choice?: Parameters<typeof readKubeconfig>[0];
  /** Arguments by which kubectl gets the same choice. */
  args?: string[];
  /** The server that must be asked. */
  server: string;
}
describe("the connection of a guard, side by side with kubectl's, which reads a kubeconfig as the provider does", function () {
  this.timeout(10 * minutes);
  let folder: string;
  let kubectlPath: string;
  let servers: Servers;
  /** Environment of a pod, and address of the proxy. */
  let pod: Record<string, string>;
  let proxyUrl: string;
  const file = (name: string) => join(folder, name);

  before(async () => {
    kubectlPath = await kubectl();
    folder = fs.mkdtempSync(join(tmpdir(), "kubeconfig-"));
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join()},IP:127.0.0.1`;
    await certificate(folder, "server", alternatives);
    await certificate(folder, "client");
    servers = await Servers.start({
      key: fs.readFileSync(file("server.key")),
      cert: fs.readFileSync(file("server.crt")),
    });
    writeFiles(folder, servers);
    pod = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: `${servers.ports["one.invalid"]}` };
    proxyUrl = `http://127.0.0.1:${servers.ports.proxy}`;
  });

  after(() => {
    servers.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Runs a command in a mount namespace that has the account where a pod has it. */
  const inPod = `mount -t tmpfs none /var/run && mkdir -p /var/run/secrets/kubernetes.io && ln -s "$ACCOUNT" /var/run/secrets/kubernetes.io/serviceaccount && exec "$@"`;

  async function compare({ env = {}, choice = {}, args = [], server }: Way): Promise<void> {
    const path = "/api/v1/namespaces/kube-system";
    const whole = { PATH: process.env.PATH, HOME: file("nowhere"), ...env };
    const inAccount = { env: { ...whole, ACCOUNT: file("account") }, cwd: folder };
    const command = [kubectlPath, "get", "--raw", path, ...args];
    const theirs = await servers.sight(() =>
      execute("unshare", ["-m", "sh", "-ec", inPod, "sh", ...command], inAccount),
    );
    const ours = await servers.sight(async () => {
      const config = await readKubeconfig(choice, { env: whole, accountFolder: file("account") });
      await config.makeApiClient(CoreV1Api).readNamespace({ name: "kube-system" });
    });
    const what = JSON.stringify({ env, choice });
    assert.deepEqual(ours, theirs, what);
    assert.ok(theirs.at(-1)?.startsWith(`${server} `), `${what}: ${theirs.join()}`);
  }

  const config = (...files: string[]) => ({ KUBECONFIG: files.map((name) => name && file(name)).join(":") });

  it("is the same for files in KUBECONFIG: several, none, empty ones, and names that several files have", async () => {
    const ways: [string, ...string[]][] = [
      ["one.invalid", "one"],
      ["one.invalid", "one", "two"],
      ["two.invalid", "two", "one"],
      ["two.invalid", "missing", "two", "one"],
      ["two.invalid", "", "two"],
      ["two.invalid", "two", ""],
      ["two.invalid", "", "", "two", "two"],
      ["one.invalid", "one", "again"],
      ["one.invalid", "no-context", "one"],
      ["one.invalid", "empty", "one"],
      ["one.invalid", "comments", "one"],
      ["one.invalid", "nulls", "one"],
    ];
    for (const [server, ...files] of ways) await compare({ env: config(...files), server });
    await compare({ env: { KUBECONFIG: "", HOME: file("home") }, server: "two.invalid" });
    await compare({ env: { HOME: file("home") }, server: "two.invalid" });
  });

  it("is the same for a named context, a named cluster and a named path", async () => {
    const env = config("one", "two");
    await compare({ env, choice: { context: "two" }, args: ["--context", "two"], server: "two.invalid" });
    await compare({ env, choice: { cluster: "two" }, args: ["--cluster", "two"], server: "two.invalid" });
    await compare({ env, choice: { context: "", cluster: "" }, server: "one.invalid" });
    // A path is read as contents, and has no folder: here it has what it needs in it.
    const whole = JSON.parse(fs.readFileSync(file("two"), "utf8")) as { clusters: { cluster: object }[] };
    const data = fs.readFileSync(file("server.crt")).toString("base64");
    Object.assign(whole.clusters[0].cluster, {
      "certificate-authority": undefined,
      "certificate-authority-data": data,
    });
    fs.writeFileSync(file("whole"), JSON.stringify(whole));
    for (const kubeconfig of [file("whole"), JSON.stringify(whole)])
      await compare({ env, choice: { kubeconfig }, args: ["--kubeconfig", file("whole")], server: "two.invalid" });
  });

  it("is the same for each way to log in: a token, a file of a token, a certificate, a program", async () => {
    for (const name of ["tokenFile", "certificate", "exec", "old-exec", "exec-and-token"])
      await compare({ env: config(name), server: "one.invalid" });
  });

  it("is the same without TLS, where neither sends a token", async () => {
    for (const name of ["plain", "no-scheme"]) await compare({ env: config(name), server: "plain" });
  });

  it("is the same in a pod, whose account is used where no kubeconfig names a cluster", async () => {
    await compare({ env: pod, server: "one.invalid" });
    await compare({ env: { ...pod, ...config("missing") }, server: "one.invalid" });
    await compare({ env: { ...pod, ...config("empty") }, server: "one.invalid" });
    await compare({ env: { ...pod, ...config("two") }, server: "two.invalid" });
    await compare({ env: { ...pod, HOME: file("home") }, server: "two.invalid" });
  });

  it("is the same behind a proxy, of the environment or of the kubeconfig", async () => {
    await compare({ env: { ...config("proxied"), HTTPS_PROXY: proxyUrl }, server: "one.invalid" });
    await compare({
      env: { ...config("proxied"), https_proxy: proxyUrl.replace("http://", "") },
      server: "one.invalid",
    });
    await compare({ env: { ...config("own-proxy"), HTTPS_PROXY: "http://192.0.2.1:1" }, server: "two.invalid" });
    await compare({ env: { ...config("own-proxy"), NO_PROXY: "two.invalid" }, server: "two.invalid" });
    await compare({ env: { ...config("one"), HTTPS_PROXY: "http://192.0.2.1:1" }, server: "one.invalid" });
  });
});
