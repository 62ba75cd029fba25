import * as pulumi from "@pulumi/pulumi";
import type { CassandraYaml } from "../cassandra/cassandraYaml";
import { propertyName } from "../engine/propertyNames";

/** Where the Secret with the certificates is mounted in a pod. */
export const tlsFolder = "/tls";

/** Whether clients must show a certificate that `ca.crt` has signed. Members always must. */
export const ClientCertificates = { None: "none", Required: "required" } as const;
export type ClientCertificates = (typeof ClientCertificates)[keyof typeof ClientCertificates];

/**
 * Keys of cassandra.yaml of an encrypted ring (PEM files, Cassandra 4.1 and later). Members show certificates to each other and to
 * clients.
 * @param folder to which `certificates.py` copies the certificates
 * @param ofClients whether clients must show a certificate as well
 */
export function encryption(folder: string, ofClients: ClientCertificates): CassandraYaml {
  const files = {
    ssl_context_factory: { class_name: "org.apache.cassandra.security.PEMBasedSslContextFactory" },
    keystore: `${folder}/keystore.pem`,
    truststore: `${folder}/truststore.pem`,
    // No plain connections besides the encrypted ones.
    optional: false,
  };
  return {
    server_encryption_options: { internode_encryption: "all", require_client_auth: true, ...files },
    client_encryption_options: { enabled: true, require_client_auth: ofClients === "required", ...files },
  };
}

/**
 * Hook of a ring's component: warns, in preview as well, that a running ring is about to refuse clients without a certificate. Members
 * restart one at a time for that change.
 */
export function warnOfClientCertificates(
  name: string,
  { name: ring, tlsSecret }: { name: string; tlsSecret?: string },
): pulumi.ResourceHook {
  const isRequired = (inputs: unknown) => (inputs as { clientCertificates?: string }).clientCertificates === "required";
  return new pulumi.ResourceHook(
    `${name}-client-certificates`,
    async ({ oldInputs, newInputs }) => {
      if (isRequired(oldInputs) || !isRequired(newInputs)) return;
      await pulumi.log.warn(
        `${propertyName("clientCertificates")}: after its restart, each member of ring ${ring} refuses clients that show no certificate ` +
          `signed by the ca.crt of Secret ${tlsSecret}`,
      );
    },
    { onDryRun: true },
  );
}
