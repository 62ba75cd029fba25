import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { PersistentCluster } from "../../../../components/index";
import { certificateSecret } from "../../../../components/objects/certificateCheck";
import { certify, Made } from "../../../support/certificates";
import { withApiServer } from "../../../support/apiServer";
import { ringArgs } from "../../../support/args";
import { callHook, only, record } from "../../../support/recorder";

const secretPath = "/api/v1/namespaces/db/secrets/cassandra-tls";
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the certificates of a ring", () => {
  const check = (data: Record<string, string> | undefined, refusal?: { code: number; message: string }) =>
    withApiServer(
      { [secretPath]: data && { data } },
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

  let folder: string;
  let made: Record<"authority" | "another" | "between" | "member" | "below", Made>;
  /** A Secret's data. */
  const files = (tlsCrt: string, tlsKey: string, caCrt: string) => ({
    "tls.crt": base64(tlsCrt),
    "tls.key": base64(tlsKey),
    "ca.crt": base64(caCrt),
  });
  const right = () => files(made.member.crt, made.member.key, made.authority.crt);
  const refusal = (data: Record<string, string>) =>
    check(data).then(
      () => "",
      ({ message }: Error) => message.replace(/.* in namespace db: /, "").replace(/; allowed is .*/, ""),
    );

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "certificates-"));
    made = {
      authority: certify(folder, "authority", true),
      another: certify(folder, "another", true),
      between: certify(folder, "between", true, "authority"),
      member: certify(folder, "member", false, "authority"),
      below: certify(folder, "below", false, "between"),
    };
  });

  after(() => rmSync(folder, { recursive: true }));

  it("are what a Secret must hold, which is looked at in preview", async () => {
    await check(right());
    await assert.rejects(check(undefined), {
      message:
        'tlsSecret: "cassandra-tls" is not allowed in namespace db: there is no such Secret; allowed is a Secret with ' +
        "tls.crt, tls.key, ca.crt, in PEM, the key in PKCS#8, signed by an authority that signs for this ring alone, or by one of two " +
        "while it changes",
    });
    await assert.rejects(check({ ...right(), "ca.crt": "" }), /it has no ca\.crt; allowed/);
  });

  it("have a key of the kind that Cassandra reads, and their own", async () => {
    const key = base64("-----BEGIN RSA PRIVATE KEY-----\n");
    assert.equal(
      await refusal({ ...right(), "tls.key": key }),
      "its tls.key begins with -----BEGIN RSA PRIVATE KEY----- (openssl pkcs8 -topk8 -nocrypt -in tls.key makes the right kind)",
    );
    assert.equal(
      await refusal(files(made.member.crt, made.another.key, made.authority.crt)),
      "its tls.key is not that of its tls.crt",
    );
  });

  it("are trusted by one authority, or by two while one follows the other, and by nothing that is none", async () => {
    const { authority, another, between, member } = made;
    const trusting = (...all: Made[]) => files(member.crt, member.key, all.map(({ crt }) => crt).join(""));
    assert.equal(await refusal(trusting(another, authority)), "");
    assert.equal(
      await refusal(trusting(another, authority, certify(folder, "third", true))),
      "its ca.crt holds 3 authorities, and members let in every holder of a certificate that any of them has signed",
    );
    // One is no further one for what it signs, nor for standing there twice.
    assert.equal(await refusal(trusting(another, authority, between, authority)), "");
    assert.equal(await refusal(trusting(authority, member)), "its ca.crt holds CN=member, which is no authority");
    const alone = certify(folder, "alone", false);
    assert.equal(await refusal(files(alone.crt, alone.key, alone.crt)), "");
  });

  it("are signed by such an authority, also by way of those that stand beside it", async () => {
    const { authority, another, between, member, below } = made;
    const unsigned = "no authority in its ca.crt has signed its tls.crt";
    assert.equal(await refusal(files(member.crt, member.key, another.crt)), unsigned);
    assert.equal(await refusal(files(below.crt, below.key, authority.crt)), unsigned);
    assert.equal(await refusal(files(below.crt + between.crt, below.key, authority.crt)), "");
    assert.equal(await refusal(files(below.crt, below.key, between.crt)), "");
    // The same authority, signed by one that is not trusted: a step that leads nowhere.
    const cross = certify(folder, "between", true, "another", { options: ["-key", "between.key"] });
    for (const steps of [
      [cross, between],
      [between, cross],
    ])
      assert.equal(
        await refusal(files(below.crt + steps.map(({ crt }) => crt).join(""), below.key, authority.crt)),
        "",
      );
  });

  it("are for what members are to each other, servers and clients, with a kind of key that Cassandra reads", async () => {
    const { authority } = made;
    const signed = (name: string, extensions: string[], options?: string[]) => {
      const { crt, key } = certify(folder, name, false, "authority", { extensions, options });
      return refusal(files(crt, key, authority.crt));
    };
    const toEachOther = "and members are both to each other (extendedKeyUsage)";
    assert.equal(
      await signed("s", ["extendedKeyUsage = serverAuth"]),
      `its tls.crt is not for clients, ${toEachOther}`,
    );
    assert.equal(
      await signed("c", ["extendedKeyUsage = clientAuth"]),
      `its tls.crt is not for servers, ${toEachOther}`,
    );
    assert.equal(await signed("both", ["extendedKeyUsage = serverAuth, clientAuth"]), "");
    assert.equal(await signed("any", ["extendedKeyUsage = anyExtendedKeyUsage"]), "");
    assert.equal(
      await signed("ed", [], ["-newkey", "ed25519"]),
      "its tls.key is of kind ed25519, which is not read: rsa, dsa, ec are allowed",
    );
    assert.equal(await signed("rsa", [], ["-newkey", "rsa:2048"]), "");
  });

  it("are valid now, as far as they are needed, and can be read", async () => {
    const { authority } = made;
    const old = certify(folder, "old", true, undefined, { options: ["-days", "90"] });
    const after = (days: number, data: Record<string, string>) =>
      certificateSecret("cassandra-tls", Date.now() + days * 24 * 3_600_000).problem!(data);
    assert.match(after(31, right())!, /^its certificate CN=member expired at [A-Z][a-z]+ .* GMT$/);
    // Of an authority that another one has followed.
    const long = certify(folder, "long", false, "old", { options: ["-days", "90"] });
    assert.equal(after(31, files(long.crt, long.key, authority.crt + old.crt)), undefined);
    assert.match(after(-1, right())!, /^its certificate CN=member is valid from [A-Z][a-z]+ .* GMT on$/);
    assert.equal(await refusal({ ...right(), "tls.crt": base64("x") }), "its tls.crt holds no certificate");
    assert.equal(await refusal({ ...right(), "ca.crt": base64("x") }), "its ca.crt holds no certificate");
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert.match(await refusal({ ...right(), "ca.crt": base64(broken) }), /^it cannot be read: /);
  });

  it("are left to what the pods say by an account that may not look at Secrets", async () => {
    await check(undefined, { code: 403, message: "no" });
    await assert.rejects(check(undefined, { code: 500, message: "broken" }));
  });
});
