import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

export interface Made {
  crt: string;
  key: string;
}

/**
 * Makes a certificate of that name in a folder.
 * @param by who signs it; it does so itself otherwise
 * @param more further options: extensions, and those of openssl
 */
export function certify(
  folder: string,
  name: string,
  isAuthority: boolean,
  by?: string,
  { extensions = [], options = [] }: { extensions?: string[]; options?: string[] } = {},
): Made {
  const file = (name: string) => path.join(folder, name);
  const sections = [
    "[req]\nprompt = no\ndistinguished_name = subject\nx509_extensions = extensions",
    `[subject]\nCN = ${name}`,
    ["[extensions]", `basicConstraints = critical, CA:${isAuthority}`, ...extensions].join("\n"),
  ];
  writeFileSync(file("config"), sections.join("\n"));
  const [crt, key] = [`${name}.crt`, `${name}.key`];
  const newKey = options.includes("-newkey") ? [] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const made = ["-noenc", ...newKey, ...options, "-keyout", key, "-out", crt];
  const signer = by ? ["-CA", `${by}.crt`, "-CAkey", `${by}.key`] : [];
  execFileSync("openssl", ["req", "-x509", "-config", "config", ...made, ...signer], { cwd: folder, stdio: "pipe" });
  return { crt: readFileSync(file(crt), "utf8"), key: readFileSync(file(key), "utf8") };
}

/** Contents of the Secrets of a CockroachDB cluster, as `cockroach cert` makes them in a folder, by the names of the files. */
export function cockroachCertificates(folder: string): Record<"node" | "client", Record<string, string>> {
  const authority = certify(folder, "ca", true);
  const signed = (name: string, usage: string) =>
    certify(folder, name, false, "ca", { extensions: [`extendedKeyUsage = ${usage}`] });
  const [node, root] = [signed("node", "serverAuth, clientAuth"), signed("root", "clientAuth")];
  return {
    node: { "ca.crt": authority.crt, "node.crt": node.crt, "node.key": node.key },
    client: { "ca.crt": authority.crt, "client.root.crt": root.crt, "client.root.key": root.key },
  };
}
