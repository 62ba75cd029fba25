import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";
import { propertyName } from "../engine/propertyNames";

/** Kinds of issuers of cert-manager: an Issuer belongs to a namespace, a ClusterIssuer to the whole Kubernetes cluster. */
export const IssuerKind = { Issuer: "Issuer", ClusterIssuer: "ClusterIssuer" } as const;
export type IssuerKind = (typeof IssuerKind)[keyof typeof IssuerKind];

/** The issuer of cert-manager that signs a ring's certificate. */
export interface IssuerReference {
  /** Kind of the issuer. An Issuer must be in the ring's namespace. */
  kind: IssuerKind;
  /** Name of the issuer. */
  name: string;
}

/** How cert-manager makes a ring's certificate. */
export interface CertManager {
  /**
   * The issuer that signs the certificate. Every other holder of a certificate of the same authority is let in as a member.
   * @default an authority that signs for this ring alone
   */
  issuer?: IssuerReference;
  /** DNS domain of the Kubernetes cluster, with which the ring's names in full end. @default "cluster.local" */
  clusterDomain?: string;
}

export interface CertificatesArgs extends Identity, CertManager {
  /** Namespace of the ring. */
  namespace: pulumi.Input<string>;
  /** Name of the Secret that cert-manager writes the certificate into. */
  secretName: string;
  /** Names in DNS by which clients reach the ring. */
  dnsNames: pulumi.Input<string[]>;
}

/**
 * The certificate of a ring, which cert-manager issues and renews. cert-manager must be installed. All members use the same certificate.
 * cert-manager owns the Secrets, also that of the authority, and they stay after `pulumi destroy`: clients of this ring trust a later
 * ring of the same name.
 */
export class Certificates extends pulumi.ComponentResource {
  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:Certificates", name, {}, opts);
    const make = (logicalName: string, kind: string, objectName: string, spec: object) =>
      new k8s.apiextensions.CustomResource(
        logicalName,
        {
          apiVersion: "cert-manager.io/v1",
          kind,
          metadata: { name: objectName, namespace: args.namespace, labels: labels(args) },
          spec,
        },
        { parent: this },
      );
    const { issuer } = args;
    if (issuer?.kind === "ClusterIssuer") void warnOfSharedAuthority(issuer.name, args.name, this);

    const [selfSigned, authority] = [`${args.name}-self-signed`, `${args.name}-ca`];
    if (!issuer) {
      make(`${name}-self-signed`, "Issuer", selfSigned, { selfSigned: {} });
      make(`${name}-authority`, "Certificate", authority, authorityCertificate(authority, selfSigned));
      make(`${name}-issuer`, "Issuer", authority, { ca: { secretName: authority } });
    }
    make(name, "Certificate", args.secretName, ringCertificate(args, issuer ?? { kind: "Issuer", name: authority }));
    this.registerOutputs({});
  }
}

/** Cassandra reads keys in PKCS#8 only. */
const privateKey = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" };

/** Spec of the certificate of an authority that signs for one ring alone. */
function authorityCertificate(name: string, issuer: string) {
  return {
    isCA: true,
    commonName: name,
    secretName: name,
    // Members trust one authority at a time, so that the authority never changes while the ring lives: ten years, with the same key.
    duration: "87600h",
    privateKey: { ...privateKey, rotationPolicy: "Never" },
    issuerRef: { kind: "Issuer", name: issuer },
  };
}

/** Spec of the certificate that all members use. */
function ringCertificate({ secretName, dnsNames }: CertificatesArgs, issuerRef: IssuerReference) {
  return { secretName, dnsNames, usages: ["digital signature", "server auth", "client auth"], privateKey, issuerRef };
}

function warnOfSharedAuthority(issuer: string, ring: string, parent: pulumi.Resource): Promise<void> {
  return pulumi.log.warn(
    `${propertyName("tlsIssuer")}: ClusterIssuer/${issuer} signs for the whole cluster. Every holder of a certificate of its authority ` +
      `can join ring ${ring} as a member. Without an issuer, the ring has an authority that signs for no other ring`,
    parent,
  );
}
