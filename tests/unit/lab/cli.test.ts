import assert from "node:assert/strict";
import { join } from "node:path";
import { repository } from "../../../lab/src/instance";
import { run, RunError } from "../../../lab/src/run";
import { pinnedVersion } from "../../../lab/src/toolchain";

describe("the lab's command line", () => {
  const command = ["-r", "ts-node/register", join(repository, "lab/src/cli.ts")];
  const lab = (...args: string[]) => run(process.execPath, [...command, ...args], { cwd: repository });

  for (const args of [
    ["fly"],
    [],
    ["up", "--wings"],
    ["up", "now"],
    ["up", "--nodes", "0"],
    ["up", "--simulated-nodes", "x"],
    ["up", "--dns-domain", "Example."],
  ]) {
    it(`explains itself after "${args.join(" ")}" and exits with 2`, async () => {
      await assert.rejects(lab(...args), (error: RunError) => {
        assert.equal(error.code, 2);
        assert.match(error.stderr, /usage: npm run lab/);
        return true;
      });
    });
  }

  it("has no environment and no status for a lab that is not there", async () => {
    await assert.rejects(lab("env", "--name", "unit-never"), (error: RunError) => error.code === 1);
    await assert.rejects(lab("status", "--name", "unit-never"), (error: RunError) => error.code === 1);
  });
});

describe("the lab's toolchain", () => {
  it("reads the pinned versions of its tools", () => {
    for (const tool of ["pulumi", "kubernetes", "kwok"] as const) {
      assert.match(pinnedVersion(tool), /^v\d+\.\d+\.\d+$/);
    }
  });
});
