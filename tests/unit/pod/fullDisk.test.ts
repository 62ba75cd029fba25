import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { scripts } from "./runScript";

describe("a disk that was full", () => {
  let disk: string;
  const file = (...names: string[]) => path.join(disk, ...names);
  const python = (code: string) =>
    execFileSync("python3", ["-B", "-c", code], {
      cwd: scripts,
      env: { ...process.env, CASSANDRA_DATA: disk },
      encoding: "utf8",
    }).trim();

  beforeEach(() => {
    disk = mkdtempSync(path.join(tmpdir(), "disk-"));
    mkdirSync(file("commitlog"));
  });
  afterEach(() => rmSync(disk, { recursive: true }));

  it("loses the segments of the commit log that hold nothing, and no other file", () => {
    const blank = ["CommitLog-7-1.log", "CommitLog-7-2.log"];
    const others = ["CommitLog-7-3.log", "CommitLog-7-4.log", "other.log", "CommitLog-7-1_cdc.idx"];
    for (const name of [...blank, ...others]) writeFileSync(file("commitlog", name), "");
    for (const name of [...blank, ...others]) truncateSync(file("commitlog", name), 3 << 20);
    writeFileSync(file("commitlog", "CommitLog-7-1.log"), "");
    // One byte at the end counts as well as a header.
    writeFileSync(file("commitlog", "CommitLog-7-3.log"), Buffer.concat([Buffer.alloc(3 << 20), Buffer.from("x")]));
    writeFileSync(file("commitlog", "CommitLog-7-4.log"), Buffer.concat([Buffer.from("header"), Buffer.alloc(99)]));
    assert.equal(python("import volume; print(' '.join(volume.remove_blank_segments()))"), blank.join(" "));
    for (const name of blank) assert.ok(!existsSync(file("commitlog", name)), name);
    for (const name of others) assert.ok(existsSync(file("commitlog", name)), name);
    rmSync(file("commitlog"), { recursive: true });
    assert.equal(python("import volume; print(volume.remove_blank_segments())"), "[]");
  });

  it("is written in whole lines again, and its cut-off line is no start", () => {
    writeFileSync(file("ring-states"), "start bootstrap 10.0.0.1\nNode 10.0.0.1 state jump to NORMAL\nstart rest");
    const code = `
import volume, state_log
volume.append_state("start restart 10.0.0.2")
log = state_log.StateLog(volume.read_note(volume.STATE_LOG))
print(log.addresses, repr(log.mode))`;
    assert.equal(python(code), "['10.0.0.1', '10.0.0.2'] ''");
    assert.ok(readFileSync(file("ring-states"), "utf8").endsWith("start rest\nstart restart 10.0.0.2\n"));
    rmSync(file("ring-states"));
    python('import volume; volume.append_state("start restart 10.0.0.2")');
    assert.equal(readFileSync(file("ring-states"), "utf8"), "start restart 10.0.0.2\n");
  });
});
