import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";

/** Issuers of cert-manager's: of a namespace, or of the whole cluster. */
export const IssuerKind = { Issuer: "Issuer", ClusterIssuer: "ClusterIssuer" } as const;
export type IssuerKind = (typeof IssuerKind)[keyof typeof IssuerKind];

/** What signs a ring's certificate: an issuer of cert-manager's. */
export interface IssuerReference {
  /** Where it is known: in the ring's namespace, or everywhere. */
  kind: IssuerKind;
  /** Name of the object. */
  name: string;
}

/** How cert-manager makes a ring's certificate. */
export interface CertManager {
  /** Who signs it. Whoever else has one of its certificates is let in as a member. @default an authority that the ring has to itself */
  issuer?: IssuerReference;
}

export interface CertificatesArgs extends Identity, CertManager {
  namespace: pulumi.Input<string>;
  /** Secret that the certificate goes to. */
  secretName: string;
  /** Names in DNS under which clients reach the ring. */
  dnsNames: pulumi.Input<string[]>;
}

/**
 * The certificate of a ring, issued and renewed by cert-manager, which must be there. All members show the same one. Its Secrets, of
 * an authority as well, are cert-manager's own, and stay: a later ring of the name is trusted by the clients of this one.
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
    if (args.issuer?.kind === "ClusterIssuer") {
      const { name: issuer } = args.issuer;
      void pulumi.log.warn(
        `cassandra:tlsIssuer: ClusterIssuer/${issuer} signs for the whole cluster, and members of ring ${args.name} let in whoever has a ` +
          "certificate of its authority, as one of them; an authority of the ring's own (no tlsIssuer) signs for nobody else",
        this,
      );
    }
    // Cassandra reads no other encoding of keys.
    const privateKey = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" };

    if (!args.issuer) {
      const [first, authority] = [`${args.name}-self-signed`, `${args.name}-ca`];
      make(`${name}-self-signed`, "Issuer", first, { selfSigned: {} });
      make(`${name}-authority`, "Certificate", authority, {
        isCA: true,
        commonName: authority,
        secretName: authority,
        // Members trust one authority at a time: a new one is for a ring that is made anew.
        duration: "87600h",
        privateKey: { ...privateKey, rotationPolicy: "Never" },
        issuerRef: { kind: "Issuer", name: first },
      });
      make(`${name}-issuer`, "Issuer", authority, { ca: { secretName: authority } });
    }
    make(name, "Certificate", args.secretName, {
      secretName: args.secretName,
      dnsNames: args.dnsNames,
      usages: ["digital signature", "server auth", "client auth"],
      privateKey,
      issuerRef: args.issuer ?? { kind: "Issuer", name: `${args.name}-ca` },
    });
    this.registerOutputs({});
  }
}
