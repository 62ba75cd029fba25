import * as assert from "node:assert/strict";
import { CassandraRingArgs, PersistentCluster } from "../../../../components/index";
import { ringArgs } from "../../../support/args";
import { record, warningsOf } from "../../../support/recorder";

interface Issued {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

describe("a certificate that cert-manager issues", () => {
  const issued = async (certManager: CassandraRingArgs["certManager"]) => {
    const args = { ...ringArgs, replicas: 3, volumeSize: "1Gi", tlsSecret: "cassandra-tls", certManager };
    const all = await record(() => new PersistentCluster("cassandra", args));
    return all
      .filter(({ type }) => type.startsWith("cert-manager.io/"))
      .map(({ inputs }) => inputs as unknown as Issued);
  };
  const named = (objects: Issued[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();

  it("is signed by an authority of the ring's own, whose key stays", async () => {
    const objects = await issued({});
    assert.deepEqual(named(objects), [
      "Certificate cassandra-ca",
      "Certificate cassandra-tls",
      "Issuer cassandra-ca",
      "Issuer cassandra-self-signed",
    ]);
    const [authority, own] = ["cassandra-ca", "cassandra-tls"].map(
      (name) => objects.find(({ kind, metadata }) => kind === "Certificate" && metadata.name === name)!.spec,
    );
    assert.equal((authority.privateKey as { rotationPolicy: string }).rotationPolicy, "Never");
    assert.deepEqual(own, {
      secretName: "cassandra-tls",
      dnsNames: [
        "localhost",
        "cassandra.db.svc",
        "*.cassandra.db.svc",
        "cassandra-client.db.svc",
        "cassandra.db.svc.cluster.local",
        "*.cassandra.db.svc.cluster.local",
        "cassandra-client.db.svc.cluster.local",
      ],
      usages: ["digital signature", "server auth", "client auth"],
      privateKey: { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" },
      issuerRef: { kind: "Issuer", name: "cassandra-ca" },
    });
  });

  it("holds the names in full of the cluster's domain", async () => {
    const objects = await issued({ clusterDomain: "example.internal" });
    const { spec } = objects.find(({ metadata }) => metadata.name === "cassandra-tls")!;
    const inFull = (spec.dnsNames as string[]).slice(4);
    assert.deepEqual(inFull, [
      "cassandra.db.svc.example.internal",
      "*.cassandra.db.svc.example.internal",
      "cassandra-client.db.svc.example.internal",
    ]);
  });

  it("is signed by the issuer that it is told, and one that signs for others as well is warned of", async () => {
    const issuer = { kind: "ClusterIssuer", name: "company" } as const;
    let objects: Issued[] = [];
    const said = await warningsOf(async () => (objects = await issued({ issuer })));
    assert.deepEqual(said, [
      "tlsIssuer: ClusterIssuer/company signs for the whole cluster. Every holder of a certificate of its authority can join " +
        "ring cassandra as a member. Without an issuer, the ring has an authority that signs for no other ring",
    ]);
    assert.deepEqual(await warningsOf(() => issued({ issuer: { kind: "Issuer", name: "mine" } })), []);
    assert.deepEqual(named(objects), ["Certificate cassandra-tls"]);
    assert.deepEqual(objects[0].spec.issuerRef, issuer);
  });
});
