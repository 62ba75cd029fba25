import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { JobError, parseJob, PodJob, runJob } from "../../../../components/cassandra/podJob";

describe("a long job in a pod", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "job-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** In place of a pod: this machine, with a folder for `/tmp`. */
  const run = async (...[command, ...args]: string[]): Promise<string> => {
    const env = { ...process.env, TMPDIR: folder };
    return (await promisify(execFile)(command, args, { env })).stdout;
  };
  const watch = { stallTimeoutMinutes: 1, pause: 20 };
  const job = (script: string): PodJob => ({ name: "work", command: ["sh", "-c", script, "sh", folder] });
  const runs = () => readFileSync(join(folder, "runs"), "utf8").length;

  it("ends with what it has printed", async () => {
    assert.equal(await runJob(run, job("echo one; echo two >&2"), watch), "one\ntwo");
  });

  it("fails with what it has printed, and never by its connection", async () => {
    await assert.rejects(runJob(run, job("echo no room; exit 3"), watch), new JobError("no room"));
    let looks = 0;
    const flaky = (...command: string[]) => (++looks === 2 ? Promise.reject(new Error("broke off")) : run(...command));
    assert.equal(await runJob(flaky, job("sleep 0.1; echo done"), watch), "done");
  });

  /** Ends once the test says so. */
  const waiting = 'printf x >>"$1/runs"; until [ -e "$1/go" ]; do sleep 0.05; done; echo done';
  const go = () => writeFileSync(join(folder, "go"), "");

  it("runs once where two ask for it at the same time", async () => {
    let begun = 0;
    const counted = async (...command: string[]) => {
      const said = await run(...command);
      if (command.some((word) => word.includes("setsid")) && ++begun === 2) go();
      return said;
    };
    const both = await Promise.all([runJob(counted, job(waiting), watch), runJob(counted, job(waiting), watch)]);
    assert.deepEqual([both, runs()], [["done", "done"], 1]);
  });

  it("is started again where its container ended in its midst", async () => {
    const dies = job('printf x >>"$1/runs"; [ $(wc -c <"$1/runs") -gt 1 ] || kill -9 $PPID; echo done');
    assert.equal(await runJob(run, dies, watch), "done");
    assert.equal(runs(), 2);
  });

  it("tells how far it is, and is given up without progress", async () => {
    const progress = ["cat", join(folder, "progress")];
    writeFileSync(join(folder, "progress"), "half");
    const hangs = { ...job(waiting), progress };
    await assert.rejects(
      runJob(run, hangs, { stallTimeoutMinutes: 0.001, pause: 20 }),
      /it has made no progress, for 0.001 minutes \(stallTimeoutMinutes\)/,
    );
    // It goes on by itself, and whoever asks for it again watches that one.
    const said: string[] = [];
    const report = (line: string) => Promise.resolve(void said.push(line)).then(go);
    await runJob(run, hangs, { ...watch, report });
    assert.deepEqual([said, runs()], [["half"], 1]);
  });

  it("says which permission is missing, and goes on asking for nothing", async () => {
    const forbidden = Object.assign(new Error("may not run commands"), { code: 403 });
    await assert.rejects(
      runJob(() => Promise.reject(forbidden), job("true"), watch),
      /may not run commands/,
    );
  });

  it("takes no answer without a state for one", () => {
    assert.deepEqual(parseJob("done\nall of it\n"), { state: "done", said: "all of it" });
    assert.throws(() => parseJob("Defaulted container"), /a job shows no state/);
  });
});
