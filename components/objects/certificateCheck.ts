import { createPrivateKey, X509Certificate } from "node:crypto";
import type { RequiredSecret } from "../operations/requiredSecrets";

/** Files of a Secret with certificates, as cert-manager names them. */
const files = ["tls.crt", "tls.key", "ca.crt"] as const;
type Files = Record<(typeof files)[number], string>;

/**
 * The Secret with the certificates of a ring, and what is wrong with one. Cassandra would not start with it, or would let in whom it
 * should not.
 * @param now the time at which the certificates must be valid, in milliseconds since 1970
 */
export function certificateSecret(secretName: string, now = Date.now()): RequiredSecret {
  return {
    key: "tlsSecret",
    secretName,
    files: [...files],
    form: "in PEM, the key in PKCS#8, signed by an authority that signs for this ring alone, or by one of two while it changes",
    problem: (data) => {
      const text = (file: string) => Buffer.from(data[file], "base64").toString();
      return problemOf({ "tls.crt": text("tls.crt"), "tls.key": text("tls.key"), "ca.crt": text("ca.crt") }, now);
    },
  };
}

/**
 * Why members would not start with these files, or would let in whom they should not; undefined if nothing is wrong. Members reach each
 * other at addresses, which are in no certificate, so they check no names: every holder of a certificate of an authority in ca.crt can
 * join. Whether that authority signs for others as well cannot be seen in the files.
 */
function problemOf(given: Files, now: number): string | undefined {
  try {
    return problemOfEncoding(given) ?? problemOfCertificates(given, now);
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
}

function problemOfEncoding(given: Files): string | undefined {
  const [kind] = /^-----BEGIN [A-Z ]+-----/m.exec(given["tls.key"]) ?? [];
  if (kind === "-----BEGIN PRIVATE KEY-----") return undefined;
  return `its tls.key begins with ${kind ?? "no PEM"} (openssl pkcs8 -topk8 -nocrypt -in tls.key makes the right kind)`;
}

function problemOfCertificates(given: Files, now: number): string | undefined {
  const [authorities, [own, ...between]] = [certificatesIn(given["ca.crt"]), certificatesIn(given["tls.crt"])];
  if (authorities.length === 0 || !own)
    return `its ${authorities.length === 0 ? "ca.crt" : "tls.crt"} holds no certificate`;
  return (
    problemOfAuthorities(authorities, own) ??
    problemOfKey(given["tls.key"], own) ??
    problemOfPurpose(own) ??
    problemOfChain(authorities, own, between, now)
  );
}

/** The certificates in a file, each one once. */
function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return [
    ...new Map(blocks.map((block) => new X509Certificate(block)).map((one) => [one.fingerprint256, one])).values(),
  ];
}

function problemOfAuthorities(authorities: X509Certificate[], own: X509Certificate): string | undefined {
  const isTop = (one: X509Certificate) => !authorities.some((other) => other !== one && one.checkIssued(other));
  const tops = authorities.filter(isTop).length;
  if (tops > 2)
    return `its ca.crt holds ${tops} authorities, and members let in every holder of a certificate that any of them has signed`;
  // A ring may have a single certificate that has signed itself.
  const isItself = authorities.length === 1 && authorities[0].fingerprint256 === own.fingerprint256;
  const other = isItself ? undefined : authorities.find(({ ca }) => !ca);
  return other && `its ca.crt holds ${subjectOf(other)}, which is no authority`;
}

/** Kinds of private keys that Cassandra reads (`PEMReader`). */
const keyKinds = ["rsa", "dsa", "ec"];

function problemOfKey(pem: string, own: X509Certificate): string | undefined {
  const key = createPrivateKey(pem);
  if (!keyKinds.includes(key.asymmetricKeyType ?? ""))
    return `its tls.key is of kind ${key.asymmetricKeyType}, of which Cassandra reads none: ${keyKinds.join(", ")} are allowed`;
  return own.checkPrivateKey(key) ? undefined : "its tls.key is not that of its tls.crt";
}

/** Purposes of a certificate: to be a server, to be a client, or any. A member is both to the other members. */
const [server, client, any] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"];

function problemOfPurpose(own: X509Certificate): string | undefined {
  const isFor = (purpose: string) => !own.keyUsage || [purpose, any].some((one) => own.keyUsage.includes(one));
  if (isFor(server) && isFor(client)) return undefined;
  return `its tls.crt is not for ${isFor(server) ? "clients" : "servers"}, and members are both to each other (extendedKeyUsage)`;
}

/** Only the certificates on the way to an authority must be valid. An authority that another one has followed may have expired. */
function problemOfChain(
  authorities: X509Certificate[],
  own: X509Certificate,
  between: X509Certificate[],
  now: number,
): string | undefined {
  const isTimely = (one: X509Certificate) => untimely(one, now) === undefined;
  if (isTimely(own) && isSignedBy(authorities.filter(isTimely), own, between.filter(isTimely))) return undefined;
  const [late] = [own, ...between, ...authorities].flatMap((one) => untimely(one, now) ?? []);
  return late ?? "no authority in its ca.crt has signed its tls.crt";
}

/** Whether one of the authorities has signed a certificate, directly or by way of the certificates that stand beside it. */
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

const subjectOf = ({ subject }: X509Certificate) => subject.replace(/\n/g, ", ");

/** Clocks of machines may differ by this much. */
const clockDifference = 5 * 60_000;

/** Why a certificate is not valid at a time in milliseconds since 1970; undefined if it is valid. */
function untimely(one: X509Certificate, now: number): string | undefined {
  if (Date.parse(one.validTo) < now) return `its certificate ${subjectOf(one)} expired at ${one.validTo}`;
  if (Date.parse(one.validFrom) > now + clockDifference)
    return `its certificate ${subjectOf(one)} is valid from ${one.validFrom} on`;
  return undefined;
}
