import { CoreV1Api } from "@kubernetes/client-node";
import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { AddressInfo, connect, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { readKubeconfig } from "../../components/kubernetes/kubeconfig";
import { kubectl } from "../../lab/src/toolchain";

const execute = promisify(execFile);
const minutes = 60_000;

/** Servers by the names that they are called by; addresses of this machine are reached without a proxy by all clients. */
const names = ["one.invalid", "two.invalid"];

/** A program that gives as a token what it was asked, so that the server sees that too. */
const credentialProgram = `#!${process.execPath}
const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
const asked = [apiVersion, spec.interactive, process.env.MORE, ...Object.entries(spec.cluster ?? {}).sort()];
const token = Buffer.from(JSON.stringify(asked)).toString("hex");
console.log(JSON.stringify({ apiVersion, kind: "ExecCredential", status: { token } }));
`;

/** One way of telling the cluster. */
interface Way {
  env?: Record<string, string>;
  choice?: Parameters<typeof readKubeconfig>[0];
  /** The same for kubectl. */
  args?: string[];
  /** The server that it leads to. */
  server: string;
}

describe("the connection of a guard, side by side with kubectl's, which reads a kubeconfig as the provider does", function () {
  this.timeout(10 * minutes);
  let folder: string;
  let kubectlPath: string;
  let seen: string[];
  const open: Server[] = [];
  const file = (name: string) => join(folder, name);

  async function listening(server: Server): Promise<number> {
    open.push(server);
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Issues a certificate that whoever trusts it takes for a server's and a client's. */
  async function certificate(name: string, ...extensions: string[]): Promise<void> {
    const subject = ["-subj", `/CN=${name}`, "-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
    await execute("openssl", ["req", "-x509", ...kind, ...subject, ...extensions.flatMap((line) => ["-addext", line])]);
  }

  before(async () => {
    kubectlPath = await kubectl();
    folder = fs.mkdtempSync(join(tmpdir(), "kubeconfig-"));
    await certificate("server", `subjectAltName=${names.map((name) => `DNS:${name}`).join()},IP:127.0.0.1`);
    await certificate("client");
    const pair = { key: fs.readFileSync(file("server.key")), cert: fs.readFileSync(file("server.crt")) };
    /** What tells one connection from another: the server, and who asks. */
    const note = (server: string, { headers, socket }: http.IncomingMessage) => {
      const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
      seen.push(`${server} ${headers.authorization ?? "no token"} ${subject?.CN ?? "no certificate"}`);
    };
    const answer = (response: http.ServerResponse) => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system", uid: "1" } }),
      );
    };
    const ports: Record<string, number> = {};
    for (const name of names) {
      ports[name] = await listening(
        https.createServer({ ...pair, requestCert: true, rejectUnauthorized: false }, (request, response) => {
          note(name, request);
          answer(response);
        }),
      );
    }
    ports.plain = await listening(
      http.createServer((request, response) => {
        note("plain", request);
        answer(response);
      }),
    );
    const proxy = http.createServer();
    proxy.on("connect", (request: http.IncomingMessage, socket: Socket) => {
      seen.push(`proxy to ${request.url}`);
      const [host] = request.url!.split(":");
      const target = connect(ports[host], "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      socket.pipe(target).pipe(socket);
      for (const end of [socket, target]) end.on("error", () => [socket, target].forEach((one) => one.destroy()));
    });
    ports.proxy = await listening(proxy);
    fs.writeFileSync(file("credentials"), credentialProgram, { mode: 0o755 });

    const authority = { "certificate-authority": "server.crt" };
    const local = (name: string) => ({ server: `https://127.0.0.1:${ports[name]}`, ...authority });
    const write = (name: string, cluster: object, user: object, rest: object = {}) =>
      fs.writeFileSync(
        file(name),
        JSON.stringify({
          apiVersion: "v1",
          kind: "Config",
          "current-context": name,
          contexts: [{ name, context: { cluster: name, user: name } }],
          clusters: [{ name, cluster }],
          users: [{ name, user }],
          ...rest,
        }),
      );
    write("one", local("one.invalid"), { token: "first" });
    write("two", local("two.invalid"), { token: "second" });
    // Another entry of a name that an earlier file has, and its own.
    write(
      "again",
      local("two.invalid"),
      { token: "again" },
      {
        clusters: [
          { name: "one", cluster: local("two.invalid") },
          { name: "again", cluster: local("two.invalid") },
        ],
        users: [
          { name: "one", user: { token: "again" } },
          { name: "again", user: { token: "again" } },
        ],
      },
    );
    write("no-context", local("two.invalid"), {}, { "current-context": "" });
    write("certificate", local("one.invalid"), { "client-certificate": "client.crt", "client-key": "client.key" });
    fs.writeFileSync(file("token"), "from-a-file\n");
    write("tokenFile", local("one.invalid"), { tokenFile: "token" });
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "./credentials",
      env: [{ name: "MORE", value: "words" }],
      interactiveMode: "IfAvailable",
    };
    const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }];
    write("exec", { ...local("one.invalid"), extensions }, { exec: { ...exec, provideClusterInfo: true } });
    write("old-exec", local("one.invalid"), { exec: { ...exec, apiVersion: "client.authentication.k8s.io/v1beta1" } });
    write("exec-and-token", local("one.invalid"), { exec, token: "plain" });
    write("plain", { server: `http://127.0.0.1:${ports.plain}` }, { token: "for nobody" });
    write("no-scheme", { server: `127.0.0.1:${ports.plain}` }, { token: "for nobody" });
    write("proxied", { server: "https://one.invalid", ...authority }, { token: "first" });
    write(
      "own-proxy",
      { server: "https://two.invalid", ...authority, "proxy-url": `http://127.0.0.1:${ports.proxy}` },
      {
        token: "second",
      },
    );
    fs.writeFileSync(file("empty"), "");
    fs.writeFileSync(file("comments"), "# nothing\n---\n");
    fs.writeFileSync(file("nulls"), "clusters:\nusers:\n- name: nobody\ncontexts:\n- name: nowhere\n");
    fs.mkdirSync(file("home/.kube"), { recursive: true });
    fs.copyFileSync(file("two"), file("home/.kube/config"));
    fs.copyFileSync(file("server.crt"), file("home/.kube/server.crt"));
    fs.mkdirSync(file("account"));
    fs.writeFileSync(file("account/token"), "of-a-pod\n");
    fs.writeFileSync(file("account/namespace"), "theirs");
    fs.copyFileSync(file("server.crt"), file("account/ca.crt"));
    pod = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: `${ports["one.invalid"]}` };
    proxyUrl = `http://127.0.0.1:${ports.proxy}`;
  });
  let pod: Record<string, string>;
  let proxyUrl: string;

  after(() => {
    for (const server of open) server.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** What servers saw of one client. */
  async function sight(client: () => Promise<unknown>): Promise<string[]> {
    seen = [];
    await client();
    return seen;
  }

  /** A mount namespace of its own has the account where a pod has it. */
  const inPod = `mount -t tmpfs none /var/run && mkdir -p /var/run/secrets/kubernetes.io && ln -s "$ACCOUNT" /var/run/secrets/kubernetes.io/serviceaccount && exec "$@"`;

  async function compare({ env = {}, choice = {}, args = [], server }: Way): Promise<void> {
    const path = "/api/v1/namespaces/kube-system";
    const whole = { PATH: process.env.PATH, HOME: file("nowhere"), ...env };
    const inAccount = { env: { ...whole, ACCOUNT: file("account") }, cwd: folder };
    const command = [kubectlPath, "get", "--raw", path, ...args];
    const theirs = await sight(() => execute("unshare", ["-m", "sh", "-ec", inPod, "sh", ...command], inAccount));
    const ours = await sight(async () => {
      const config = await readKubeconfig(choice, { env: whole, accountFolder: file("account") });
      await config.makeApiClient(CoreV1Api).readNamespace({ name: "kube-system" });
    });
    const what = JSON.stringify({ env, choice });
    assert.deepEqual(ours, theirs, what);
    assert.ok(theirs.at(-1)?.startsWith(`${server} `), `${what}: ${theirs.join()}`);
  }

  const config = (...files: string[]) => ({ KUBECONFIG: files.map((name) => name && file(name)).join(":") });

  it("is the same for files in KUBECONFIG: several, none, empty ones, and what earlier ones have said", async () => {
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

  it("is the same for a context and a cluster that are named, and for a path that is", async () => {
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

  it("is the same for whoever logs in: a token, its file, a certificate, a program", async () => {
    for (const name of ["tokenFile", "certificate", "exec", "old-exec", "exec-and-token"])
      await compare({ env: config(name), server: "one.invalid" });
  });

  it("is the same without TLS, where neither sends a token", async () => {
    for (const name of ["plain", "no-scheme"]) await compare({ env: config(name), server: "plain" });
  });

  it("is the same in a pod, whose account is taken where no kubeconfig says anything", async () => {
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
