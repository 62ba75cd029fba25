import * as pulumi from "@pulumi/pulumi";
import { Cluster, ClusterChoice, nothingWhenNotFound } from "./cluster";
import { CassandraYaml } from "./cassandraYaml";

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

/** Keys of the Secret, as cert-manager writes them. */
const files = ["tls.crt", "tls.key", "ca.crt"];

/**
 * A pod whose Secret is missing waits for it in silence, and Cassandra stops at a key of another kind: both are refused before, in
 * preview as well. An account that may not look at Secrets is left to what the pods say later.
 */
export function refuseWithoutCertificates(
  name: string,
  cluster: ClusterChoice | undefined,
  secretName: string,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-needs-certificates`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
      const { core } = await Cluster.connect(cluster);
      let isForbidden = false;
      const found = await core
        .readNamespacedSecret({ name: secretName, namespace })
        .catch((error: Error & { code?: number }) => {
          isForbidden = error.code === 403;
          if (!isForbidden) return nothingWhenNotFound(error);
        });
      if (isForbidden) return;
      const problem = certificateProblem(found?.data);
      if (problem)
        throw new Error(
          `cassandra:tlsSecret: "${secretName}" is not allowed in namespace ${namespace}: ${problem}; allowed is a Secret with ` +
            `${files.join(", ")}, in PEM, the key in PKCS#8`,
        );
    },
    { onDryRun: true },
  );
}

/** What is wrong with the data of a Secret; undefined when nothing is. */
function certificateProblem(data: Record<string, string> | undefined): string | undefined {
  if (!data) return "there is no such Secret";
  const missing = files.filter((file) => !data[file]);
  if (missing.length > 0) return `it has no ${missing.join(" and no ")}`;
  const [kind] = /^-----BEGIN [A-Z ]+-----/m.exec(Buffer.from(data["tls.key"], "base64").toString()) ?? [];
  if (kind === "-----BEGIN PRIVATE KEY-----") return undefined;
  return `its tls.key begins with ${kind ?? "no PEM"} (openssl pkcs8 -topk8 -nocrypt -in tls.key makes the right kind)`;
}
