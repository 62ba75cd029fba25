import * as pulumi from "@pulumi/pulumi";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { CassandraYaml } from "../cassandra/cassandraYaml";
import { NeededSecret } from "../operations/requiredSecrets";

/** Where the certificates are mounted in a pod. */
export const tlsFolder = "/tls";

/** Whether clients must show a certificate that `ca.crt` has signed, as members must to each other. */
export const ClientCertificates = { None: "none", Required: "required" } as const;
export type ClientCertificates = (typeof ClientCertificates)[keyof typeof ClientCertificates];

/**
 * What cassandra.yaml says of them, in PEM (Cassandra 4.1 and later): members prove who they are to each other and to clients.
 * @param folder to which `certificates.py` copies them
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

/** Whether a certificate is signed by one of these authorities, by way of those that stand beside it. */
function isSignedBy(authorities: X509Certificate[], one: X509Certificate, between: X509Certificate[]): boolean {
  const signs = (issuer: X509Certificate) => one.checkIssued(issuer) && one.verify(issuer.publicKey);
  const isBy = (next: X509Certificate) =>
    signs(next) &&
    isSignedBy(
      authorities,
      next,
      between.filter((other) => other !== next),
    );
  return authorities.some(signs) || between.some(isBy);
}

/** Kinds of private keys that Cassandra reads (`PEMReader`). */
const keyKinds = ["rsa", "dsa", "ec"];
/** Purposes of a certificate: to be a server, to be a client, or any. A member is both to the others. */
const [server, client, any] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"];

const subjectOf = ({ subject }: X509Certificate) => subject.replaceAll("\n", ", ");

/** Why a certificate is not valid at a time, in milliseconds; clocks may differ by five minutes. */
function untimely(one: X509Certificate, now: number): string | undefined {
  if (Date.parse(one.validTo) < now) return `its certificate ${subjectOf(one)} expired at ${one.validTo}`;
  if (Date.parse(one.validFrom) > now + 5 * 60_000)
    return `its certificate ${subjectOf(one)} is valid from ${one.validFrom} on`;
  return undefined;
}

/**
 * Why members would not start with these files, or would let in whom they should not; undefined when nothing is wrong. Members look for
 * each other at addresses, which are in no certificate, and so check no names: whoever has a certificate of an authority in ca.crt is one
 * of them. Whether that authority signs for others as well, no file tells.
 */
function problemOf(files: Record<"tls.crt" | "tls.key" | "ca.crt", string>, now: number): string | undefined {
  const [kind] = /^-----BEGIN [A-Z ]+-----/m.exec(files["tls.key"]) ?? [];
  if (kind !== "-----BEGIN PRIVATE KEY-----")
    return `its tls.key begins with ${kind ?? "no PEM"} (openssl pkcs8 -topk8 -nocrypt -in tls.key makes the right kind)`;
  const certificatesIn = (file: "tls.crt" | "ca.crt") => {
    const blocks = files[file].match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return [...new Map(blocks.map((pem) => new X509Certificate(pem)).map((one) => [one.fingerprint256, one])).values()];
  };
  try {
    const [authorities, [own, ...between]] = [certificatesIn("ca.crt"), certificatesIn("tls.crt")];
    if (authorities.length === 0 || !own)
      return `its ${authorities.length === 0 ? "ca.crt" : "tls.crt"} holds no certificate`;
    const isTop = (one: X509Certificate) => !authorities.some((other) => other !== one && one.checkIssued(other));
    const tops = authorities.filter(isTop).length;
    if (tops > 2)
      return `its ca.crt holds ${tops} authorities, and members let in whoever has a certificate that any of them has signed`;
    // A ring may have one certificate, which nobody has signed.
    const isItself = authorities.length === 1 && authorities[0].fingerprint256 === own.fingerprint256;
    const other = isItself ? undefined : authorities.find(({ ca }) => !ca);
    if (other) return `its ca.crt holds ${subjectOf(other)}, which is no authority`;
    const key = createPrivateKey(files["tls.key"]);
    if (!keyKinds.includes(key.asymmetricKeyType ?? ""))
      return `its tls.key is of kind ${key.asymmetricKeyType}, of which Cassandra reads none: ${keyKinds.join(", ")} are allowed`;
    if (!own.checkPrivateKey(key)) return "its tls.key is not that of its tls.crt";
    const isFor = (purpose: string) => !own.keyUsage || [purpose, any].some((one) => own.keyUsage.includes(one));
    if (!isFor(server) || !isFor(client))
      return `its tls.crt is not for ${isFor(server) ? "clients" : "servers"}, and members are both to each other (extendedKeyUsage)`;
    const isTimely = (one: X509Certificate) => untimely(one, now) === undefined;
    // Those that nobody needs may have expired, as of an authority that another one has followed.
    if (isTimely(own) && isSignedBy(authorities.filter(isTimely), own, between.filter(isTimely))) return undefined;
    const [late] = [own, ...between, ...authorities].flatMap((one) => untimely(one, now) ?? []);
    return late ?? "no authority in its ca.crt has signed its tls.crt";
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
}

/**
 * The Secret with them, as cert-manager writes it. Cassandra stops at a key of another kind.
 * @param now the time at which they are to be valid, in milliseconds
 */
export function certificateSecret(secretName: string, now = Date.now()): NeededSecret {
  return {
    key: "tlsSecret",
    secretName,
    files: ["tls.crt", "tls.key", "ca.crt"],
    form: "in PEM, the key in PKCS#8, signed by an authority that signs for this ring alone, or by one of two while it changes",
    problem: (data) => {
      const text = (file: string) => Buffer.from(data[file], "base64").toString();
      return problemOf({ "tls.crt": text("tls.crt"), "tls.key": text("tls.key"), "ca.crt": text("ca.crt") }, now);
    },
  };
}
