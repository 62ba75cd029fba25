import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Servers } from "./servers";

const execute = promisify(execFile);

/** A credential program whose token tells what the client asked for, so that the server sees the question too. */
const credentialProgram = `#!${process.execPath}
const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
const asked = [apiVersion, spec.interactive, process.env.MORE, ...Object.entries(spec.cluster ?? {}).sort()];
const token = Buffer.from(JSON.stringify(asked)).toString("hex");
console.log(JSON.stringify({ apiVersion, kind: "ExecCredential", status: { token } }));
`;

/** Issues a self-signed certificate, which serves as a server's, a client's and an authority's. */
export async function certificate(folder: string, name: string, ...extensions: string[]): Promise<void> {
  const subject = ["-subj", `/CN=${name}`, "-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1"];
  await execute("openssl", ["req", "-x509", ...kind, ...subject, ...extensions.flatMap((line) => ["-addext", line])]);
}

/** Writes kubeconfig files of every kind that the test compares, and an account as a pod has one. */
export function writeFiles(folder: string, { ports }: Servers): void {
  const file = (name: string) => join(folder, name);
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
}
