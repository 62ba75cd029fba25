/** The instance's certificate authority, and the certificates and kubeconfigs signed by it. */
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Instance } from "./instance";
import { run } from "./run";

/** Files of a certificate. */
export interface Certificate {
  crt: string;
  key: string;
}

export interface Subject {
  /** User name, or name of the server. */
  name: string;
  /** Group of the user. @default none */
  group?: string;
  /** What a server is called by its clients: `DNS:...` and `IP:...`. @default none: not a server */
  addresses?: string[];
}

/** The certificate authority, and the pair of keys that service account tokens are signed and checked with. */
export interface Authority extends Certificate {
  tokenKey: string;
  tokenPublicKey: string;
}

/** Made once, for ten years. */
export async function authority(instance: Instance): Promise<Authority> {
  const tokens = { tokenKey: instance.path("pki", "tokens.key"), tokenPublicKey: instance.path("pki", "tokens.pub") };
  const files = { ...filesOf(instance, "ca"), ...tokens };
  if (existsSync(files.tokenPublicKey)) return files;
  mkdirSync(instance.path("pki"), { recursive: true, mode: 0o700 });
  const usage = ["basicConstraints = critical, CA:true", "keyUsage = critical, keyCertSign, cRLSign"];
  await request(files, { name: instance.context }, usage, ["-days", "3650"]);
  await run("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", files.tokenKey]);
  await run("openssl", ["pkey", "-in", files.tokenKey, "-pubout", "-out", files.tokenPublicKey]);
  return files;
}

/**
 * Issues a certificate for a year, unless the same one is there and good for another month. A running API server drops
 * its connections when a certificate that it uses changes, so it must not change without need.
 * @param file name of its files, one for each holder
 */
export async function issue(instance: Instance, file: string, subject: Subject): Promise<Certificate> {
  const ca = await authority(instance);
  const files = filesOf(instance, file);
  const usage = [
    "basicConstraints = critical, CA:false",
    "keyUsage = critical, digitalSignature",
    `extendedKeyUsage = clientAuth${subject.addresses ? ", serverAuth" : ""}`,
    ...(subject.addresses ? [`subjectAltName = ${subject.addresses.join(", ")}`] : []),
  ];
  await request(files, subject, usage, ["-days", "365", "-CA", ca.crt, "-CAkey", ca.key]);
  return files;
}

/** Writes a kubeconfig that holds its certificates, for a user of the cluster whose API server is at `server`. */
export async function kubeconfig(instance: Instance, file: string, server: string, subject: Subject): Promise<string> {
  const ca = await authority(instance);
  const { crt, key } = await issue(instance, file.replace("/", "-").replace(".json", ""), subject);
  const base64 = (path: string) => readFileSync(path).toString("base64");
  const name = instance.context;
  const user = `${name}-${subject.name}`;
  return instance.write(file, {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca.crt) } }],
    users: [{ name: user, user: { "client-certificate-data": base64(crt), "client-key-data": base64(key) } }],
    contexts: [{ name, context: { cluster: name, user } }],
    "current-context": name,
  });
}

function filesOf(instance: Instance, name: string): Certificate {
  return { crt: instance.path("pki", `${name}.crt`), key: instance.path("pki", `${name}.key`) };
}

/** The configuration comes from here, not from the host's openssl.cnf, whose defaults differ between systems. */
async function request(files: Certificate, subject: Subject, extensions: string[], options: string[]): Promise<void> {
  const config = [
    "[req]\nprompt = no\ndistinguished_name = subject\nx509_extensions = extensions",
    `[subject]\n${subject.group ? `O = ${subject.group}\n` : ""}CN = ${subject.name}`,
    `[extensions]\n${extensions.join("\n")}`,
  ].join("\n");
  const [made, making] = [`${files.crt}.config`, `${files.crt}.config.new`];
  if (existsSync(made) && readFileSync(made, "utf8") === config && goodForAMonth(files.crt)) return;
  writeFileSync(making, config);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", files.key];
  await run("openssl", ["req", "-x509", "-config", making, ...key, "-out", files.crt, ...options]);
  renameSync(making, made);
}

function goodForAMonth(file: string): boolean {
  const left = Date.parse(new X509Certificate(readFileSync(file)).validTo) - Date.now();
  return left > 30 * 24 * 3_600_000;
}
