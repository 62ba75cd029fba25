import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  stallLimitMinutes,
  nextLeavingStep,
  leavingStateScript,
  parseLeaving,
  plainDecommission,
} from "../../../../components/operations/memberDecommission";

const streams = (mode: string, total = 0, sent = 0) => ({ mode, total, sent, toReceive: 0, received: 0 });

describe("a member that is to leave", () => {
  const judge = (busy: boolean, failure: string, mode?: string) =>
    nextLeavingStep({ busy, failure, ...(mode && { streams: streams(mode) }) });

  it("is watched by what Cassandra says, however it was begun", () => {
    assert.deepEqual(nextLeavingStep({ busy: true, failure: "", streams: streams("LEAVING", 4096, 1024) }), {
      waitFor: "1.0 KiB of 4.0 KiB sent",
    });
    assert.deepEqual(judge(true, "", "NORMAL"), { waitFor: "getting ready" });
    assert.deepEqual(judge(true, "an earlier one", "LEAVING"), {
      waitFor: "waiting until all members know that it leaves",
    });
    // By hand: nothing of ours runs in the pod, and nobody would note its end.
    assert.deepEqual(judge(false, "", "LEAVING"), { start: true });
    assert.deepEqual(judge(false, "", "DECOMMISSIONED"), { start: true });
    assert.deepEqual(judge(true, "", "DECOMMISSIONED"), { waitFor: "it has left; its pod updates the ring record" });
  });

  it("begins anew where its container was started anew, and where Cassandra does not answer it is not judged", () => {
    assert.deepEqual(judge(false, "", "NORMAL"), { start: true });
    assert.deepEqual(judge(false, ""), { waitFor: "waiting for Cassandra to answer" });
    assert.deepEqual(judge(false, "", "STARTING"), { waitFor: "Cassandra says STARTING" });
  });

  it("has failed where Cassandra says so and nothing goes on, and tells the pod's reason", () => {
    assert.deepEqual(judge(false, "Stream failed", "DECOMMISSION_FAILED"), { failed: "Stream failed" });
    assert.deepEqual(judge(false, "not enough nodes", "NORMAL"), { failed: "not enough nodes" });
    assert.deepEqual(judge(false, "Stream failed", "LEAVING"), { failed: "Stream failed" });
    assert.deepEqual(judge(true, "", "DECOMMISSION_FAILED"), { waitFor: "trying again after a failure" });
    assert.match(JSON.stringify(judge(false, "", "DECOMMISSION_FAILED")), /Cassandra says DECOMMISSION_FAILED/);
  });

  it("may be silent for as long as a file takes that goes as a whole", () => {
    assert.equal(stallLimitMinutes(15), 15);
    assert.equal(stallLimitMinutes(15, 100 * 2 ** 30), (100 * 1024) / 10 / 60);
  });

  it("tells all of it in one answer", () => {
    assert.deepEqual(parseLeaving("busy\nMode: NORMAL\nNot sending any streams.\n"), {
      busy: true,
      failure: "",
      streams: streams("NORMAL"),
    });
    assert.deepEqual(parseLeaving("idle\nStream failed\nat peer\nMode: DECOMMISSION_FAILED\n"), {
      busy: false,
      failure: "Stream failed\nat peer",
      streams: streams("DECOMMISSION_FAILED"),
    });
    assert.deepEqual(parseLeaving("idle\nno answer\n"), { busy: false, failure: "no answer" });
    assert.throws(() => parseLeaving("Mode: NORMAL\n"), /shows no state/);
  });
});

describe("what a pod of the tutorials' template does to leave", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "leaving-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs a script with these in place of what the image has. @param mode what Cassandra says at first */
  function run(script: string, mode: string, { decommission = "", cells = 0, cqlsh = "" } = {}) {
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write("mode", mode);
    write("cells", String(cells));
    const program = (name: string, text: string) => {
      write(name, `#!/bin/sh\ncd "$(dirname "$0")"; echo "${name} $*" >>calls\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    program(
      "nodetool",
      `case $1 in
  netstats) echo "Mode: $(cat mode)" ;;
  help) echo "[(-f | --force)]" ;;
  tablestats) printf '\\t\\tSSTable count: 0\\n\\t\\tMemtable cell count: %s\\n' "$(cat cells)" ;;
  decommission) ${decommission || "echo DECOMMISSIONED >mode"} ;;
esac`,
    );
    program(
      "cqlsh",
      cqlsh || 'printf "\\n operation   | keyspace_name\\n Unbootstrap | shop\\n Unbootstrap | more\\n"',
    );
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder, RING_PAUSE: "0" };
    const { stdout } = spawnSync("sh", ["-c", script], { env, encoding: "utf8" });
    const calls = existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "";
    const failed = join(folder, "decommission.failed");
    return { stdout, calls, failure: existsSync(failed) ? readFileSync(failed, "utf8").trim() : undefined };
  }

  it("leaves, and asks no CQL where no earlier attempt has sent anything", () => {
    const { calls, failure } = run(plainDecommission, "NORMAL");
    assert.equal(failure, undefined);
    assert.match(calls, /^nodetool decommission --force$/m);
    assert.doesNotMatch(calls, /cqlsh/);
  });

  it("forgets first what an earlier attempt has sent, whose ranges Cassandra would skip", () => {
    const { calls } = run(plainDecommission, "NORMAL", { cells: 2 });
    const [forgotten, left] = [calls.indexOf("cqlsh -e DELETE"), calls.indexOf("nodetool decommission")];
    assert.ok(forgotten > 0 && forgotten < left, calls);
    const where = "WHERE operation = 'Unbootstrap' AND keyspace_name IN ('shop','more')";
    // Cassandra fills the second from the first where it finds that one empty.
    assert.deepEqual(calls.match(/DELETE .*/g), [
      `DELETE FROM system.transferred_ranges ${where}`,
      `DELETE FROM system.transferred_ranges_v2 ${where}`,
    ]);
  });

  it("does not leave where it cannot be forgotten", () => {
    const { calls, failure } = run(plainDecommission, "NORMAL", { cells: 2, cqlsh: "echo refused; exit 1" });
    assert.equal(failure, "the ranges that an earlier decommission has sent could not be read: refused");
    assert.doesNotMatch(calls, /nodetool decommission/);
  });

  it("goes on with what was begun, forgets nothing of it, and watches a decommission that ends with 0 at once", () => {
    const decommission =
      "echo This node is still decommissioning.; [ $(wc -l <calls) -lt 13 ] || echo DECOMMISSIONED >mode";
    const { calls, failure } = run(plainDecommission, "LEAVING", { cells: 2, decommission });
    assert.equal(failure, undefined);
    assert.doesNotMatch(calls, /cqlsh/);
    assert.ok(calls.match(/^nodetool decommission/gm)!.length > 1, calls);
  });

  it("says why it failed, by Cassandra's mode and not by an exit code", () => {
    const fails = (mode: string, code: number) =>
      run(plainDecommission, "NORMAL", { decommission: `echo Stream failed; echo ${mode} >mode; exit ${code}` })
        .failure;
    assert.equal(fails("DECOMMISSION_FAILED", 0), "Stream failed");
    assert.equal(fails("LEAVING", 2), "Stream failed");
    assert.equal(fails("DECOMMISSIONED", 2), undefined);
  });

  it("is looked at with one command", () => {
    writeFileSync(join(folder, "decommission.failed"), "Stream failed\n");
    const { stdout } = run(leavingStateScript, "DECOMMISSION_FAILED");
    assert.deepEqual(parseLeaving(stdout), {
      busy: false,
      failure: "Stream failed",
      streams: streams("DECOMMISSION_FAILED"),
    });
  });
});
