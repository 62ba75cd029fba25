import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { CassandraRingArgs, PersistentCluster } from "../../../components/index";
import { withApiServer } from "../apiServer";
import { callHook, only, record } from "../recorder";
import { ringArgs } from "./args";

interface Issued {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

const path = "/api/v1/namespaces/db/secrets/cassandra-tls";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const certificates = {
  "tls.crt": base64("a certificate"),
  "tls.key": base64("-----BEGIN PRIVATE KEY-----\n"),
  "ca.crt": base64("an authority"),
};

/** What is warned of meanwhile. */
async function warningsOf(happen: () => Promise<unknown>): Promise<string[]> {
  const said: string[] = [];
  const { warn } = pulumi.log;
  pulumi.log.warn = (line: string) => Promise.resolve(void said.push(line));
  try {
    await happen();
  } finally {
    pulumi.log.warn = warn;
  }
  return said;
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
        "cassandra.db.svc.cluster.local",
        "*.cassandra.db.svc.cluster.local",
        "cassandra-client.db.svc.cluster.local",
      ],
      usages: ["digital signature", "server auth", "client auth"],
      privateKey: { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" },
      issuerRef: { kind: "Issuer", name: "cassandra-ca" },
    });
  });

  it("is signed by the issuer that it is told", async () => {
    const issuer = { kind: "ClusterIssuer", name: "company" } as const;
    const objects = await issued({ issuer });
    assert.deepEqual(named(objects), ["Certificate cassandra-tls"]);
    assert.deepEqual(objects[0].spec.issuerRef, issuer);
  });
});

describe("certificates of clients", () => {
  const args = { ...ringArgs, replicas: 3, volumeSize: "1Gi", tlsSecret: "cassandra-tls" };
  const ringOf = async (more: Partial<CassandraRingArgs>) => {
    const all = await record(() => new PersistentCluster("cassandra", { ...args, ...more }));
    const { data } = only(all, "core/v1:ConfigMap").inputs as { data: Record<string, string> };
    const { require_client_auth: isAsked } = (
      JSON.parse(data["cassandra.json"]) as { client_encryption_options: { require_client_auth: boolean } }
    ).client_encryption_options;
    return { isAsked, inputs: only(all, "cassandra:index:PersistentCluster").inputs };
  };

  it("are asked for where they are required, and a ring that was made before stays as it is in the state", async () => {
    const [without, withThem] = [await ringOf({}), await ringOf({ clientCertificates: "required" })];
    assert.deepEqual([without.isAsked, withThem.isAsked], [false, true]);
    assert.deepEqual(without.inputs, { namespace: "db", clusterName: "K8Demo" });
    assert.deepEqual(withThem.inputs, { ...without.inputs, clientCertificates: "required" });
  });

  it("are announced in preview where a ring that runs begins to ask for them", async () => {
    const [{ inputs: before }, { inputs: after }] = [
      await ringOf({}),
      await ringOf({ clientCertificates: "required" }),
    ];
    const tell = (oldInputs: object, newInputs: object) =>
      warningsOf(() => callHook("cassandra-client-certificates", { oldInputs, newInputs }, { onDryRun: true }));
    assert.deepEqual(await tell(before, after), [
      "cassandra:clientCertificates: from its restart on, each member of ring cassandra refuses clients that show no certificate signed " +
        "by the ca.crt of Secret cassandra-tls",
    ]);
    for (const [was, wanted] of [
      [before, before],
      [after, after],
      [after, before],
    ])
      assert.deepEqual(await tell(was, wanted), []);
  });
});

describe("the certificates of a ring", () => {
  const check = (data: Record<string, string> | undefined, refusal?: { code: number; message: string }) =>
    withApiServer(
      { [path]: data && { data } },
      async (kubeconfig) => {
        const args = {
          ...ringArgs,
          replicas: 3,
          volumeSize: "1Gi",
          tlsSecret: "cassandra-tls",
          cluster: { kubeconfig },
        };
        const all = await record(() => new PersistentCluster("cassandra", args));
        assert.match(JSON.stringify(only(all, "apps/v1:StatefulSet").inputs), /"secretName":"cassandra-tls"/);
        await callHook("cassandra-needs-secrets", { newInputs: { metadata: { namespace: "db" } } }, { onDryRun: true });
      },
      refusal,
    );

  it("are what a Secret must hold, which is looked at in preview", async () => {
    await check(certificates);
    await assert.rejects(check(undefined), {
      message:
        'cassandra:tlsSecret: "cassandra-tls" is not allowed in namespace db: there is no such Secret; allowed is a Secret with ' +
        "tls.crt, tls.key, ca.crt, in PEM, the key in PKCS#8",
    });
    await assert.rejects(check({ ...certificates, "ca.crt": "" }), /it has no ca\.crt; allowed/);
  });

  it("have a key of the kind that Cassandra reads", async () => {
    const key = base64("-----BEGIN RSA PRIVATE KEY-----\n");
    await assert.rejects(
      check({ ...certificates, "tls.key": key }),
      /its tls\.key begins with -----BEGIN RSA PRIVATE KEY----- \(openssl pkcs8 -topk8 -nocrypt -in tls\.key makes/,
    );
  });

  it("are left to what the pods say by an account that may not look at Secrets", async () => {
    await check(undefined, { code: 403, message: "no" });
    await assert.rejects(check(undefined, { code: 500, message: "broken" }));
  });
});
