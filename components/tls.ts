import { CassandraYaml } from "./cassandraYaml";
import { NeededSecret } from "./neededSecrets";

/** Where the certificates are mounted in a pod. */
export const tlsFolder = "/tls";

/**
 * What cassandra.yaml says of them, in PEM (Cassandra 4.1 and later): members prove who they are to each other, to clients they do.
 * @param folder to which start.py copies them
 */
export function encryption(folder: string): CassandraYaml {
  const files = {
    ssl_context_factory: { class_name: "org.apache.cassandra.security.PEMBasedSslContextFactory" },
    keystore: `${folder}/keystore.pem`,
    truststore: `${folder}/truststore.pem`,
    // No plain connection beside them.
    optional: false,
  };
  return {
    server_encryption_options: { internode_encryption: "all", require_client_auth: true, ...files },
    client_encryption_options: { enabled: true, require_client_auth: false, ...files },
  };
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
