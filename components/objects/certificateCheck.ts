import { createPrivateKey, X509Certificate } from "node:crypto";
import type { RequiredSecret } from "../operations/requiredSecrets";

/** What the files of a Secret with a certificate must be. */
interface Expected {
  /** Names of the files: the certificate, its key, and the authorities. */
  own: string;
  key: string;
  authorities: string;
  /** What the certificate is for. */
  roles: ("server" | "client")[];
  /** Kinds of private keys that the program reads. */
  keyKinds: string[];
  /** Whether the key must be in PKCS#8. @default any form that Node.js reads */
  isPkcs8?: true;
  /** Common name, by which the program knows whose certificate it is. @default any */
  commonName?: string;
}

/** As cert-manager names the files. Cassandra's `PEMReader` reads these keys. */
const ofMember: Expected = {
  own: "tls.crt",
  key: "tls.key",
  authorities: "ca.crt",
  roles: ["server", "client"],
  keyKinds: ["rsa", "dsa", "ec"],
  isPkcs8: true,
};

/** As `cockroach cert` names the files. */
const ofCockroach = (name: string, commonName: string, roles: Expected["roles"]): Expected => ({
  own: `${name}.crt`,
  key: `${name}.key`,
  authorities: "ca.crt",
  roles,
  keyKinds: ["rsa", "ec", "ed25519"],
  commonName,
});

type Files = Record<"own" | "key" | "authorities", string>;

/**
 * The Secret with the certificates of a ring, and what is wrong with one. Cassandra would not start with it, or would let in whom it
 * should not. Members reach each other at addresses, which are in no certificate, so they check no names: every holder of a certificate of
 * an authority in ca.crt can join. Whether that authority signs for others as well cannot be seen in the files.
 * @param now the time at which the certificates must be valid, in milliseconds since 1970
 */
export function certificateSecret(secretName: string, now = Date.now()): RequiredSecret {
  return {
    key: "tlsSecret",
    secretName,
    files: filesOf(ofMember),
    form: "in PEM, the key in PKCS#8, signed by an authority that signs for this ring alone, or by one of two while it changes",
    problem: (data) => problemOf(ofMember, data, now),
  };
}

/** The Secret with the certificate of CockroachDB's nodes, or of its client `root`, and what is wrong with one. */
export function cockroachSecret(of: "node" | "client", secretName: string, now = Date.now()): RequiredSecret {
  const expected =
    of === "node" ? ofCockroach("node", "node", ["server", "client"]) : ofCockroach("client.root", "root", ["client"]);
  return {
    key: `cockroachdb.${of}Certificates`,
    secretName,
    files: filesOf(expected),
    form: "as `cockroach cert` makes them",
    problem: (data) => problemOf(expected, data, now),
  };
}

const filesOf = ({ own, key, authorities }: Expected) => [own, key, authorities];

/** Why a program would not start with these files, or would let in whom it should not; undefined if nothing is wrong. */
function problemOf(expected: Expected, data: Record<string, string>, now: number): string | undefined {
  const text = (file: string) => Buffer.from(data[file], "base64").toString();
  const { own, key, authorities } = expected;
  try {
    return problemOfFiles(expected, { own: text(own), key: text(key), authorities: text(authorities) }, now);
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
}

function problemOfFiles(expected: Expected, files: Files, now: number): string | undefined {
  const [authorities, [own, ...between]] = [certificatesIn(files.authorities), certificatesIn(files.own)];
  return (
    problemOfEncoding(expected, files.key) ??
    (authorities.length === 0 ? `its ${expected.authorities} holds no certificate` : undefined) ??
    (own ? undefined : `its ${expected.own} holds no certificate`) ??
    problemOfAuthorities(expected, authorities, own) ??
    problemOfKey(expected, files.key, own) ??
    problemOfName(expected, own) ??
    problemOfPurpose(expected, own) ??
    problemOfChain(expected, authorities, [own, ...between], now)
  );
}

function problemOfEncoding({ isPkcs8, key }: Expected, pem: string): string | undefined {
  const [kind] = /^-----BEGIN [A-Z ]+-----/m.exec(pem) ?? [];
  if (kind === "-----BEGIN PRIVATE KEY-----" || (kind && !isPkcs8)) return undefined;
  const remedy = isPkcs8 ? ` (openssl pkcs8 -topk8 -nocrypt -in ${key} makes the right kind)` : "";
  return `its ${key} begins with ${kind ?? "no PEM"}${remedy}`;
}

/** The certificates in a file, each one once. */
function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return [
    ...new Map(blocks.map((block) => new X509Certificate(block)).map((one) => [one.fingerprint256, one])).values(),
  ];
}

function problemOfAuthorities(
  { authorities: file }: Expected,
  authorities: X509Certificate[],
  own: X509Certificate,
): string | undefined {
  const isTop = (one: X509Certificate) => !authorities.some((other) => other !== one && one.checkIssued(other));
  const tops = authorities.filter(isTop).length;
  if (tops > 2)
    return `its ${file} holds ${tops} authorities, and members let in every holder of a certificate that any of them has signed`;
  // A ring may have a single certificate that has signed itself.
  const isItself = authorities.length === 1 && authorities[0].fingerprint256 === own.fingerprint256;
  const other = isItself ? undefined : authorities.find(({ ca }) => !ca);
  return other && `its ${file} holds ${subjectOf(other)}, which is no authority`;
}

function problemOfKey(expected: Expected, pem: string, own: X509Certificate): string | undefined {
  const key = createPrivateKey(pem);
  const { keyKinds, key: file } = expected;
  if (!keyKinds.includes(key.asymmetricKeyType ?? ""))
    return `its ${file} is of kind ${key.asymmetricKeyType}, which is not read: ${keyKinds.join(", ")} are allowed`;
  return own.checkPrivateKey(key) ? undefined : `its ${file} is not that of its ${expected.own}`;
}

function problemOfName({ own: file, commonName }: Expected, own: X509Certificate): string | undefined {
  const isNamed = commonName === undefined || own.subject.split("\n").includes(`CN=${commonName}`);
  return isNamed ? undefined : `its ${file} is of ${subjectOf(own)}, and must be of CN=${commonName}`;
}

/** Purposes of a certificate: to be a server, to be a client, or any. A member is both to the other members. */
const purposes = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };
const anyPurpose = "2.5.29.37.0";

function problemOfPurpose({ own: file, roles }: Expected, own: X509Certificate): string | undefined {
  const isFor = (purpose: string) => !own.keyUsage || [purpose, anyPurpose].some((one) => own.keyUsage.includes(one));
  const missing = roles.find((role) => !isFor(purposes[role]));
  if (missing === undefined) return undefined;
  const both = roles.length > 1 ? ", and members are both to each other" : "";
  return `its ${file} is not for ${missing}s${both} (extendedKeyUsage)`;
}

/** Only the certificates on the way to an authority must be valid. An authority that another one has followed may have expired. */
function problemOfChain(
  expected: Expected,
  authorities: X509Certificate[],
  [own, ...between]: X509Certificate[],
  now: number,
): string | undefined {
  const isTimely = (one: X509Certificate) => untimely(one, now) === undefined;
  if (isTimely(own) && isSignedBy(authorities.filter(isTimely), own, between.filter(isTimely))) return undefined;
  const [late] = [own, ...between, ...authorities].flatMap((one) => untimely(one, now) ?? []);
  return late ?? `no authority in its ${expected.authorities} has signed its ${expected.own}`;
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
