import * as assert from "node:assert/strict";
import { Runner, stepsOf } from "./runner";

describe("drift.yml", () => {
  let runner: Runner;

  beforeEach(() => (runner = new Runner()));
  afterEach(() => runner.remove());

  it("opens one issue for a stack that is not as it should be", async () => {
    const pulumi = (code: number) =>
      runner.write("bin/pulumi", `#!/bin/bash\necho "$*"\n[ "$1" != refresh ] || exit ${code}\n`, 0o755);
    pulumi(0);
    assert.equal((await runner.runs(stepsOf("drift.yml", "drift"), "Look", { STACK: "dev" })).outputs, "drifted=no\n");
    pulumi(1);
    assert.equal((await runner.runs(stepsOf("drift.yml", "drift"), "Look", { STACK: "dev" })).outputs, "drifted=yes\n");
    assert.match(runner.read("drift.md"), /^refresh --preview-only --diff --expect-no-changes .*--stack dev$/m);
    assert.match(runner.read("drift.md"), /^preview --diff --expect-no-changes .*--stack dev$/m);
    const env = { STACK: "dev", GH_TOKEN: "t", GH_REPO: "a/b" };
    const own = "Stack dev is not as it should be";
    runner.gh([[{ number: 4, title: "Another one" }]]);
    assert.equal((await runner.runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(
      runner.read("gh.log"),
      /^issue create --title Stack dev is not as it should be --body-file drift.md$/m,
    );
    runner.gh([[4, 5, 6].map((number) => ({ number, title: number === 4 ? "Another one" : own }))]);
    assert.equal((await runner.runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(runner.read("gh.log"), /^issue edit 5 --body-file drift.md$/m);
    assert.equal(
      (await runner.runs(stepsOf("drift.yml", "stacks"), "All stacks", { STACKS: "dev prod" })).outputs,
      'stacks=["dev","prod"]\n',
    );
  });
});
