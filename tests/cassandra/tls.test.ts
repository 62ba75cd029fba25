import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { run } from "../../lab/src/run";
import { tlsFolder } from "../../components/objects/tls";
import { certify, smallMembers } from "../support/stack";
import { inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;

/** Python, which the image has: shows the certificate of FOLDER to ADDRESS PORT, and prints the serial number of the one that it is shown. */
const peerSerial = `
import socket, ssl, sys
folder, address, port = sys.argv[1:]
context = ssl.create_default_context(cafile=folder + "/ca.crt")
context.check_hostname = False
context.load_cert_chain(folder + "/tls.crt", folder + "/tls.key")
with context.wrap_socket(socket.create_connection((address, int(port)), 5)) as connection:
    print("serial=" + connection.getpeercert()["serialNumber"])
`;
/** Where the certificates of a ring come from. */
interface Source {
  title: string;
  settings: Record<string, string>;
  certManager: boolean;
  /** Has the Secret hold another certificate, for the first time before there is a ring. */
  renew: (lab: Lab, folder: string) => Promise<void>;
  /** What comes before the first ring. */
  before: (lab: Lab, stack: RingStack) => Promise<void>;
}

/** Puts a certificate that was never there before into the Secret, signed by the authority in a folder. */
async function sign(lab: Lab, folder: string): Promise<void> {
  const file = (name: string) => path.join(folder, name);
  const authority = ["-CA", file("ca.crt"), "-CAkey", file("ca.key")];
  const made = ["-keyout", file("tls.key"), "-out", file("tls.crt")];
  await certify("-subj", "/CN=member", ...authority, ...made);
  const files = ["tls.crt", "tls.key", "ca.crt"].map((name) => `--from-file=${file(name)}`);
  const secret = ["create", "secret", "generic", "cassandra-tls", ...files, "--dry-run=client", "-o", "yaml"];
  await lab.kubectl(["apply", "--server-side", "-f", "-"], { input: await lab.kubectl(secret) });
}

/** What `cmctl renew` does. */
async function renewByCertManager(lab: Lab): Promise<void> {
  const conditions = [
    {
      type: "Issuing",
      status: "True",
      reason: "ManuallyTriggered",
      message: "a test renews it",
      lastTransitionTime: new Date().toISOString().replace(/\.\d+Z/, "Z"),
    },
  ];
  const patch = JSON.stringify({ status: { conditions } });
  await lab.kubectl(["patch", "certificate", "cassandra-tls", "--subresource=status", "--type=merge", "-p", patch]);
}

const sources: Source[] = [
  {
    title: "with certificates of a Secret",
    settings: { tls: "secret" },
    certManager: false,
    renew: sign,
    before: async (_, stack) => {
      const why = await stack.refused("preview");
      assert.match(why, /cassandra:tlsSecret: "cassandra-tls" is not allowed in namespace default: there is no such/);
    },
  },
  {
    title: "@all with certificates that cert-manager issues",
    settings: { tls: "cert-manager" },
    certManager: true,
    renew: renewByCertManager,
    before: () => Promise.resolve(),
  },
];

for (const { title, settings, certManager, renew, before: prepare } of sources) {
  describe(`a ring that encrypts what goes over the network, ${title}`, function () {
    this.timeout(25 * minutes);
    let lab: Lab;
    let stack: RingStack;
    let folder: string;
    const configure = (more: Record<string, unknown>) =>
      stack.configure({
        ...smallMembers,
        storage: "minikube-hostpath",
        storageClassName: "fast",
        replicas: 3,
        ...settings,
        ...more,
      });

    inRingLab((made) => ({ lab, stack } = made), { certManager });

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "certificates-"));
      const files = ["-keyout", path.join(folder, "ca.key"), "-out", path.join(folder, "ca.crt")];
      await certify("-subj", "/CN=authority", ...files);
    });

    after(() => folder && rmSync(folder, { recursive: true }));

    const secret = async () => {
      const { data } = await stack.get<{ data: Record<string, string> }>("secret", "cassandra-tls");
      return (name: string) => Buffer.from(data[name], "base64").toString();
    };
    const serialOf = async (certificate: string) =>
      (await run("openssl", ["x509", "-noout", "-serial"], { input: certificate })).trim();
    /** Serial number of the certificate that the Secret holds. */
    const held = async () => serialOf((await secret())("tls.crt"));

    /** Serial number of the certificate that a port shows to a member, whom alone every port is open to; none where it speaks no TLS. */
    async function shown(address: string, port: number): Promise<string> {
      const ask = ["/usr/bin/env", "python3", "-", tlsFolder, address, String(port)];
      const said = await stack.exec("cassandra-0", ask, peerSerial).catch((error: Error) => error.message);
      return /^serial=[0-9A-F]+$/m.exec(said)?.[0] ?? "none";
    }

    it("speaks nothing else, to clients and among its members", async () => {
      configure({});
      await prepare(lab, stack);
      if (!certManager) await renew(lab, folder);
      await stack.up();
      await stack.oneRing(3);
      await stack.writeRows("cassandra-0", 1000);
      await stack.everyPodCounts(1000);
      const serial = await held();
      for (const { status } of await stack.pods())
        for (const port of [9042, 7000]) assert.equal(await shown(status.podIP!, port), serial, `port ${port}`);
      const { username, password } = await stack.superuser();
      const plain = stack.exec("cassandra-0", ["cqlsh", "-u", username, "-p", password, "-e", "SHOW HOST"]);
      await assert.rejects(plain, /Connection error|Unable to connect/);
      // What a driver is given, and nothing of the key.
      const { persistent } = JSON.parse(await stack.pulumi("stack", "output", "--json", "usage")) as {
        persistent: { caCertificate: string };
      };
      assert.equal(persistent.caCertificate, (await secret())("ca.crt"));
      const key = (await secret())("tls.key").split("\n")[1];
      assert.ok(!(await stack.pulumi("stack", "export", "--show-secrets")).includes(key), "the state has the key");
    });

    it("@all takes renewed certificates without a restart and without a failed request", async () => {
      const pods = await stack.pods();
      const { failures } = await stack.underLoad({ authority: (await secret())("ca.crt") }, async () => {
        const before = await held();
        await renew(lab, folder);
        for (let i = 0; (await held()) === before; i++) {
          assert.ok(i < 60, "the Secret holds the same certificate");
          await sleep(1000);
        }
        const serial = await held();
        for (const { metadata, status } of pods) {
          for (const port of [9042, 7000]) {
            for (let i = 0; (await shown(status.podIP!, port)) !== serial; i++) {
              assert.ok(i < 180, `${metadata.name} shows another one at ${port}: ${await stack.log(metadata.name)}`);
              await sleep(1000);
            }
          }
        }
        await stack.oneRing(3);
      });
      assert.deepEqual(failures, []);
      for (const { metadata } of pods) assert.equal(await stack.restarts(metadata.name), 0);
      assert.deepEqual(
        (await stack.pods()).map(({ metadata: { uid } }) => uid),
        pods.map(({ metadata: { uid } }) => uid),
      );
    });

    it("is not switched to plain connections while it runs", async () => {
      configure({ tls: "none" });
      const why = await stack.refused("preview");
      assert.match(why, /cassandra:tls: "none" is not allowed for ring cassandra \(persistent\) while/);
    });

    it("@all has the same authority after destroy and up, and every row", async () => {
      const authority = (await secret())("ca.crt");
      configure({});
      await stack.destroy();
      await stack.serving(0);
      await stack.up();
      await stack.oneRing(3);
      await stack.everyPodCounts(1000);
      assert.equal((await secret())("ca.crt"), authority);
    });

    it("@all refuses clients without a certificate once one is required, and serves those with one all the while", async () => {
      configure({ clientCertificates: "required" });
      const warning =
        /each member of ring cassandra refuses clients that show no certificate signed by the ca\.crt of Secret cassandra-tls/;
      assert.match(await stack.pulumi("preview"), warning);
      const file = await secret();
      const own = { authority: file("ca.crt"), certificate: { key: file("tls.key"), cert: file("tls.crt") } };
      const { failures } = await stack.underLoad(own, async () => void (await stack.up()));
      assert.deepEqual(failures, []);
      await stack.oneRing(3);
      // Each pod asks with its own certificate.
      await stack.everyPodCounts(1000);
      const { username, password } = await stack.superuser();
      const encrypted = ["env", `SSL_CERTFILE=${tlsFolder}/ca.crt`, "cqlsh", "--ssl", "-u", username, "-p", password];
      await assert.rejects(
        stack.exec("cassandra-0", [...encrypted, "-e", "SHOW HOST"]),
        /Connection error|Unable to connect/,
      );
    });
  });
}
