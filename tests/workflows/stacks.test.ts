import * as assert from "node:assert/strict";
import { execute, givenTo, Runner, shared } from "./runner";

describe("the stacks that workflows preview and update", () => {
  let runner: Runner;

  beforeEach(() => (runner = new Runner()));
  afterEach(() => runner.remove());

  it("preview.yml and up.yml concern the stacks whose inputs changed", async () => {
    const git = (...args: string[]) =>
      execute("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: runner.home }).then(
        ({ code, said }) => {
          assert.equal(code, 0, said);
          return said.trim();
        },
      );
    await git("init", "--quiet", "--initial-branch=main");
    const changing = async (...names: string[]) => {
      for (const name of names) runner.write(name, `${Math.random()}`);
      await git("add", "--force", ...names);
      await git("commit", "--quiet", "--message", names.join());
      const { outputs, code, said } = await runner.runs(shared("stacks"), "Stacks", {
        BASE: await git("rev-parse", "HEAD~1"),
        STACKS: "dev prod",
      });
      assert.equal(code, 0, said);
      return JSON.parse(outputs.replace("stacks=", "")) as string[];
    };
    await git("commit", "--quiet", "--allow-empty", "--message", "first");
    assert.deepEqual(await changing("README.md", "tests/a.ts", "Pulumi.minikube.yaml"), []);
    assert.deepEqual(await changing("Pulumi.prod.yaml"), ["prod"]);
    for (const input of ["components/racks.ts", "package-lock.json", "config/schema.ts", "index.ts", "Pulumi.yaml"])
      assert.deepEqual(await changing(input), ["dev", "prod"], input);
    const base = (file: string) => givenTo("stacks", file, "stacks")?.base;
    assert.equal(base("preview.yml"), "${{ github.event.pull_request.base.sha }}");
    assert.equal(base("up.yml"), "${{ github.event.before }}");
  });
});
