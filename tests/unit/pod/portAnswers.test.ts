import * as assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { certify } from "../../support/certificates";
import { scripts } from "./runScript";

/** What a server does with a connection, whose first bytes are given; nothing is sent where it returns undefined. */
type Answer = (request: Buffer) => Buffer | undefined;

const checksum = (bytes: Buffer): Buffer => {
  const made = Buffer.alloc(4);
  made.writeUInt32BE(zlib.crc32(bytes, zlib.crc32(Buffer.from("fa2d55ca", "hex"))));
  return made;
};
const numbers = (...all: number[]): Buffer =>
  Buffer.concat(all.map((one) => Buffer.from(Uint32Array.of(one).buffer).swap32()));

/** What Cassandra answers: SUPPORTED to OPTIONS, and to the handshake of a member its versions of messages. */
const cassandra: Answer = (request) => {
  if (request.equals(Buffer.from("040000000500000000", "hex"))) return Buffer.from("8400000006000000020000", "hex");
  const [begin, end] = [request.subarray(0, -4), request.subarray(-4)];
  if (request.readUInt32BE(0) !== 0xca552dfa || !checksum(begin).equals(end)) return undefined;
  assert.equal(request.subarray(8).toString("hex").slice(0, 14), "060a0000631b58", "it names this pod");
  const versions = numbers(12, 13);
  return Buffer.concat([versions, checksum(versions)]);
};
/** What the proxy of a service mesh answers that takes the request for one of HTTP. */
const proxy: Answer = () => Buffer.from("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
const silence: Answer = () => undefined;

describe("port_answers.py", function () {
  this.timeout(60_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "answers-"));
  const servers: net.Server[] = [];
  let last = 0;

  before(() => {
    const { crt, key } = certify(folder, "member", true);
    for (const [name, text] of [
      ["tls.crt", crt],
      ["tls.key", key],
    ])
      fs.writeFileSync(path.join(folder, name), text);
    fs.copyFileSync(path.join(scripts, "port_answers.py"), path.join(folder, "port_answers.py"));
  });
  after(() => {
    for (const server of servers) server.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Listens at both ports of an address of its own. @returns the address */
  async function listening(make: () => net.Server): Promise<string> {
    last += 1;
    const host = `127.77.${process.pid % 250}.${last}`;
    for (const port of [9042, 7000]) {
      const server = make().listen(port, host);
      server.on("connection", (socket) => socket.on("error", () => undefined));
      await once(server, "listening");
      servers.push(server.unref());
    }
    return host;
  }
  const read = (answer: Answer) => (socket: net.Socket) =>
    socket
      .on("error", () => undefined)
      .once("data", (request) => {
        const said = answer(request);
        if (said) socket.end(said);
        else if (answer === cassandra) socket.destroy();
      });
  const answering = (answer: Answer) => listening(() => net.createServer(read(answer)));
  const encrypted = (answer: Answer, options: tls.TlsOptions = {}) => {
    const [cert, key] = ["tls.crt", "tls.key"].map((name) => fs.readFileSync(path.join(folder, name)));
    return listening(() =>
      tls.createServer({ cert, key, ...options }, read(answer)).on("tlsClientError", () => undefined),
    );
  };

  /** Whether Cassandra answers at its two ports. @param env of the pod @param changes of cassandra.yaml */
  async function asked(host: string, env: Record<string, string> = {}, changes: object = {}): Promise<boolean[]> {
    const at = fs.mkdtempSync(path.join(folder, "ring-"));
    fs.copyFileSync(path.join(folder, "port_answers.py"), path.join(at, "port_answers.py"));
    fs.writeFileSync(path.join(at, "cassandra.json"), JSON.stringify(changes));
    const program = `import sys; sys.path.insert(0, "${at}"); import port_answers as p; print(p.answers_cql("${host}"), p.answers_internode("${host}"))`;
    const options = { env: { PATH: process.env.PATH, POD_IP: "10.0.0.99", ...env } };
    const { stdout } = await promisify(execFile)("python3", ["-B", "-c", program], options);
    return stdout
      .trim()
      .split(" ")
      .map((word) => word === "True");
  }
  const encryption = {
    client_encryption_options: { enabled: true },
    server_encryption_options: { internode_encryption: "all" },
  };

  it("takes for silent whom it gets no word from, and nobody who refuses the connection, its encryption or its certificate", async () => {
    const isSilent = async (host: string) => {
      const program = `import sys; sys.path.insert(0, "${folder}"); import port_answers as p; print(p.is_silent("${host}"))`;
      const options = { env: { PATH: process.env.PATH, POD_IP: "10.0.0.99" } };
      return (await promisify(execFile)("python3", ["-B", "-c", program], options)).stdout.trim() === "True";
    };
    assert.equal(await isSilent(await answering(silence)), true);
    const others = await Promise.all([
      answering(cassandra),
      encrypted(cassandra),
      encrypted(cassandra, { requestCert: true, rejectUnauthorized: true }),
      listening(() => net.createServer((socket) => socket.resetAndDestroy())),
    ]);
    for (const host of [...others, "127.77.254.254"]) assert.equal(await isSilent(host), false, host);
  });

  it("tells when the certificate ends that clients are shown, of one that has ended as well, and of no stranger's", async () => {
    const ca = fs.mkdtempSync(path.join(folder, "ca-"));
    const valid = certify(ca, "ca", true);
    const { key } = certify(ca, "member", true);
    const again = ["x509", "-in", "member.crt", "-signkey", "member.key", "-days", "-1"];
    const ended = { key, crt: execFileSync("openssl", again, { cwd: ca, encoding: "utf8", stdio: "pipe" }) };
    const endOf = async (host: string, trusted: string) => {
      const env = { PATH: process.env.PATH, POD_IP: "10.0.0.99", RING_TLS: "x", RING_TLS_FOLDER: ca };
      for (const [name, text] of Object.entries({ "ca.crt": trusted, "tls.crt": valid.crt, "tls.key": valid.key }))
        fs.writeFileSync(path.join(ca, name), text);
      const program = `import sys; sys.path.insert(0, "${folder}"); import port_answers as p; print(p.certificate_end("${host}"))`;
      return (await promisify(execFile)("python3", ["-B", "-c", program], { env })).stdout.trim();
    };
    const shown = ({ crt, key }: { crt: string; key: string }) => encrypted(cassandra, { cert: crt, key });
    for (const one of [valid, ended]) {
      const until = new X509Certificate(one.crt).validTo;
      assert.equal(await endOf(await shown(one), one.crt), `${Date.parse(until) / 1000}`);
    }
    assert.equal(await endOf(await shown(valid), ended.crt), "None", "it is a stranger's");
    assert.equal(await endOf(await answering(cassandra), valid.crt), "None", "nothing is encrypted");
    assert.equal(await endOf("127.77.254.254", valid.crt), "None", "nobody is there");
  });

  it("hears Cassandra", async () => {
    assert.deepEqual(await asked(await answering(cassandra)), [true, true]);
  });

  it("hears nobody who accepts the connection and says nothing, nor who closes it, nor who answers otherwise", async () => {
    const hosts = await Promise.all([
      answering(silence),
      listening(() => net.createServer((socket) => socket.end())),
      listening(() => net.createServer((socket) => socket.resetAndDestroy())),
      answering(proxy),
    ]);
    const looks = [{}, encryption].flatMap((changes) => hosts.map((host) => asked(host, {}, changes)));
    for (const heard of await Promise.all(looks)) assert.deepEqual(heard, [false, false]);
    assert.deepEqual(await asked("127.77.254.254"), [false, false], "nothing listens");
  });

  it("hears a Cassandra that demands certificates, and not the proxy that has the connection end at itself", async () => {
    const env = { RING_TLS: "cassandra-tls", RING_TLS_FOLDER: folder };
    const demands = { requestCert: true, rejectUnauthorized: true, ca: fs.readFileSync(path.join(folder, "tls.crt")) };
    assert.deepEqual(await asked(await encrypted(cassandra, demands), env, encryption), [true, true]);
    assert.deepEqual(await asked(await encrypted(proxy), env, encryption), [false, false]);
    assert.deepEqual(await asked(await encrypted(silence), env, encryption), [false, false]);
  });

  it("takes the demand of a certificate for an answer where a person has set the encryption", async () => {
    const demands = { requestCert: true, rejectUnauthorized: true, ca: fs.readFileSync(path.join(folder, "tls.crt")) };
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
      assert.deepEqual(await asked(await encrypted(cassandra, { ...demands, maxVersion }), {}, encryption), [
        true,
        true,
      ]);
    assert.deepEqual(await asked(await encrypted(cassandra, demands)), [false, false], "it is not configured");
  });

  it("hears the other members while they restart one by one to encrypt", async () => {
    assert.deepEqual(await asked(await answering(cassandra), {}, encryption), [true, true]);
    assert.deepEqual(await asked(await encrypted(cassandra)), [true, true]);
  });

  it("is the readiness probe of its pod", async () => {
    const probe = async (host: string) => {
      const child = execFile(path.join(scripts, "readiness.sh"), { env: { PATH: process.env.PATH, POD_IP: host } });
      const [code] = (await once(child, "exit")) as [number];
      return code;
    };
    assert.equal(await probe(await answering(cassandra)), 0);
    assert.equal(await probe(await answering(silence)), 1);
  });
});
