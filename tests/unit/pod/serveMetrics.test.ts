import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { scripts } from "./runScript";

describe("serve_metrics.py", function () {
  this.timeout(30_000);
  const address = `127.78.${process.pid % 250}.1`;
  let folder: string;
  let server: ChildProcess;
  let exporter: http.Server;
  let said = "";
  /** What the exporter does with a question. */
  let answer: (response: http.ServerResponse) => void;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "metrics-"));
    exporter = http.createServer((_, response) => answer(response)).listen(0, "127.0.0.1");
    await once(exporter, "listening");
    const env = {
      PATH: process.env.PATH,
      POD_IDENTITY: "ordinal",
      POD_IP: address,
      HOSTNAME: "cassandra-0",
      RING_MEMBER: "cassandra-0",
      RING_RECORD: "cassandra-ring",
      RING_METRICS_PORT: "9500",
      RING_EXPORTER_PORT: `${(exporter.address() as AddressInfo).port}`,
      CASSANDRA_CLUSTER_NAME: "demo",
      CASSANDRA_DATA: folder,
      TMPDIR: folder,
    };
    server = spawn("python3", ["-B", path.join(scripts, "serve_metrics.py")], { env });
    for (const stream of [server.stdout!, server.stderr!]) stream.on("data", (text) => (said += String(text)));
  });
  after(() => {
    server.kill();
    exporter.close();
    rmSync(folder, { recursive: true });
  });

  async function get(page = "/metrics"): Promise<{ status: number; text: string }> {
    for (let i = 0; ; i++) {
      try {
        const response = await fetch(`http://${address}:9500${page}`);
        return { status: response.status, text: await response.text() };
      } catch (error) {
        if (i === 50) throw new Error(`${(error as Error).message}: ${said}`);
        await sleep(100);
      }
    }
  }

  it("tells of a member that waits, whose record is out of reach, and asks no exporter", async () => {
    answer = () => assert.fail("nothing runs that could answer");
    let { status, text } = await get();
    // It looks at the record while it answers.
    for (let i = 0; i < 50 && !text.includes("record_readable"); i++) {
      await sleep(100);
      ({ status, text } = await get());
    }
    assert.equal(status, 200);
    for (const line of [
      'member_state{cassandra_cluster="demo",state="waiting"} 1',
      'record_readable{cassandra_cluster="demo"} 0',
    ])
      assert.ok(text.includes(`cassandra_ring_${line}\n`), text);
    assert.match(text, /^cassandra_ring_disk_free_bytes\{cassandra_cluster="demo"\} \d+$/m);
    assert.equal((await get("/")).status, 404);
  });

  it("passes on what the exporter says, once for questions within seconds, and does without an answer that was cut off", async () => {
    writeFileSync(path.join(folder, "cassandra.pid"), `${process.pid}`);
    let asked = 0;
    answer = (response) => {
      asked++;
      response.writeHead(200, { "Content-Length": 1000 }).write("half");
      response.destroy();
    };
    const cutOff = await get();
    assert.equal(cutOff.status, 200);
    assert.match(cutOff.text, /^# HELP cassandra_ring_member_state/);
    await sleep(5500);
    answer = (response) => {
      asked++;
      response.end("cassandra_up 1\n");
    };
    const [first, second] = [await get(), await get()];
    for (const { text } of [first, second]) {
      assert.match(text, /^cassandra_up 1\n/);
      assert.match(text, /member_state\{cassandra_cluster="demo",state="starting"\} 1/);
    }
    assert.equal(asked, 2);
    assert.equal(said, "");
  });
});
