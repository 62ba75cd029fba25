import * as pulumi from "@pulumi/pulumi";
import { CassandraYaml } from "./cassandraYaml";
import { NeededSecret } from "./neededSecrets";

/** Where the certificates are mounted in a pod. */
export const tlsFolder = "/tls";

/** Whether clients must show a certificate that `ca.crt` has signed, as members must to each other. */
export const ClientCertificates = { None: "none", Required: "required" } as const;
export type ClientCertificates = (typeof ClientCertificates)[keyof typeof ClientCertificates];

/**
 * What cassandra.yaml says of them, in PEM (Cassandra 4.1 and later): members prove who they are to each other and to clients.
 * @param folder to which start.py copies them
 * @param ofClients whether clients prove who they are as well
 */
export function encryption(folder: string, ofClients: ClientCertificates): CassandraYaml {
  const files = {
    ssl_context_factory: { class_name: "org.apache.cassandra.security.PEMBasedSslContextFactory" },
    keystore: `${folder}/keystore.pem`,
    truststore: `${folder}/truststore.pem`,
    // No plain connection beside them.
    optional: false,
  };
  return {
    server_encryption_options: { internode_encryption: "all", require_client_auth: true, ...files },
    client_encryption_options: { enabled: true, require_client_auth: ofClients === "required", ...files },
  };
}

/**
 * Hook of a ring: says, in preview as well, that a ring which runs is about to refuse clients. Its members restart one at a time to do
 * so, and show certificates of their own to each other before it.
 */
export function tellOfClientCertificates(
  name: string,
  { name: ring, tlsSecret }: { name: string; tlsSecret?: string },
): pulumi.ResourceHook {
  const isRequired = (inputs: unknown) => (inputs as { clientCertificates?: string }).clientCertificates === "required";
  return new pulumi.ResourceHook(
    `${name}-client-certificates`,
    async ({ oldInputs, newInputs }) => {
      if (isRequired(oldInputs) || !isRequired(newInputs)) return;
      await pulumi.log.warn(
        `cassandra:clientCertificates: from its restart on, each member of ring ${ring} refuses clients that show no certificate signed by ` +
          `the ca.crt of Secret ${tlsSecret}`,
      );
    },
    { onDryRun: true },
  );
}

/** The Secret with them, as cert-manager writes it. Cassandra stops at a key of another kind. */
export function certificateSecret(secretName: string): NeededSecret {
  return {
    key: "tlsSecret",
    secretName,
    files: ["tls.crt", "tls.key", "ca.crt"],
    form: "in PEM, the key in PKCS#8",
    problem: (data) => {
      const [kind] = /^-----BEGIN [A-Z ]+-----/m.exec(Buffer.from(data["tls.key"], "base64").toString()) ?? [];
      if (kind === "-----BEGIN PRIVATE KEY-----") return undefined;
      return `its tls.key begins with ${kind ?? "no PEM"} (openssl pkcs8 -topk8 -nocrypt -in tls.key makes the right kind)`;
    },
  };
}
