import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../../lab/src/instance";
import { pulumiWrapper } from "../../../lab/src/pulumiWrapper";
import { run } from "../../../lab/src/run";

describe("pulumi in the lab's shell", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const stacks = () => join(folder, "stacks");

  /** Arguments that the real pulumi gets. */
  async function passed(args: string[], cwd = repository): Promise<string[]> {
    const [real, wrapper] = [join(folder, "real"), join(folder, "pulumi")];
    writeFileSync(real, '#!/bin/sh\nfor argument in "$@"; do echo "$argument"; done\n');
    mkdirSync(stacks(), { recursive: true });
    writeFileSync(wrapper, pulumiWrapper(real, stacks()));
    for (const file of [real, wrapper]) chmodSync(file, 0o755);
    const out = await run(wrapper, args, { cwd, env: { ...process.env, PULUMI_STACK: "minikube" } });
    return out.split("\n").slice(0, -1);
  }

  it("reads and writes the lab's stack file, brought up to date first", async () => {
    const option = ["--config-file", join(stacks(), "Pulumi.minikube.yaml")];
    assert.deepEqual(await passed(["up", "--yes"]), ["up", "--yes", ...option]);
    assert.ok(existsSync(option[1]));
    const set = ["--color", "never", "config", "set", "a b", "up"];
    assert.deepEqual(await passed(set), [...set, ...option]);
    assert.deepEqual(await passed(["preview"], join(repository, "components")), ["preview", ...option]);
    const value = ["config", "set", "key"];
    assert.deepEqual(await passed([...value, "--", "-x", "y z"]), [...value, ...option, "--", "-x", "y z"]);
  });

  for (const args of [["--stack", "dev"], ["--stack=dev"], ["-s", "dev"], ["-sdev"]]) {
    it(`follows ${args.join(" ")}`, async () => {
      const option = ["--config-file", join(stacks(), "Pulumi.dev.yaml")];
      assert.deepEqual(await passed(["preview", ...args]), ["preview", ...args, ...option]);
    });
  }

  it("makes and removes stacks in the lab's folder", async () => {
    assert.deepEqual(await passed(["stack", "init", "x"]), ["-C", stacks(), "stack", "init", "x"]);
    assert.deepEqual(await passed(["stack", "rm", "--yes"]), ["-C", stacks(), "stack", "rm", "--yes"]);
  });

  it("leaves other commands, other projects and explicit files alone", async () => {
    for (const args of [["stack", "output"], ["version"], ["up", "--config-file", "x"], ["up", "-C", "x"]]) {
      assert.deepEqual(await passed(args), args);
    }
    assert.deepEqual(await passed(["up"], tmpdir()), ["up"]);
  });
});
