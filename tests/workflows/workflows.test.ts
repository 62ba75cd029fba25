import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { load } from "js-yaml";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";
import { actionlint } from "../../lab/src/toolchain";
import {
  Action,
  actionFile,
  actions,
  execute,
  files,
  folder,
  givenTo,
  Runner,
  shared,
  Workflow,
  workflow,
} from "./runner";

const minutes = 60_000;

describe("the workflows", function () {
  this.timeout(10 * minutes);
  let runner: Runner;

  beforeEach(() => (runner = new Runner()));
  afterEach(() => runner.remove());

  it("have no mistake that actionlint finds", async () => {
    const program = await actionlint();
    const look = (file: string) => execute(program, ["-no-color", "-shellcheck=", "-pyflakes=", file]);
    for (const file of files) assert.deepEqual(await look(path.join(folder, file)), { code: 0, said: "" }, file);
    runner.write(
      ".github/workflows/wrong.yml",
      "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ${{ githib.ref }}'}]}}\n",
    );
    const wrong = await look(path.join(runner.home, ".github/workflows/wrong.yml"));
    assert.equal(wrong.code, 1);
    assert.match(wrong.said, /undefined variable "githib"/);
  });

  it("pin every action by its digest, and say which version that is", () => {
    const own = actions.map((name) => `./.github/actions/${name}`);
    for (const file of [...files.map((file) => path.join(folder, file)), ...actions.map(actionFile)]) {
      const lines = fs.readFileSync(file, "utf8").split("\n");
      const uses = lines.filter((line) => line.includes("uses:"));
      assert.ok(uses.length > 0 || actions.map(actionFile).includes(file), file);
      for (const line of uses.filter((line) => !own.includes(line.replace(/^[ -]*uses: /, ""))))
        assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
    }
  });

  it("may do nothing but what their jobs name, and run no fork's code with secrets", () => {
    for (const file of files) {
      const { on, permissions, jobs } = workflow(file);
      assert.deepEqual(permissions, {}, file);
      assert.ok(!("pull_request_target" in on), file);
      for (const job of Object.values(jobs)) {
        const wide = Object.entries(job.permissions ?? {}).filter(([, level]) => level === "write");
        assert.ok(
          wide.every(([what]) => what === "pull-requests" || what === "issues"),
          file,
        );
      }
    }
    const { stacks, preview, comment } = workflow("preview.yml").jobs;
    // What a pull request brings with it runs with a token that can write nothing, and where one can, nothing of it runs.
    assert.deepEqual(preview.permissions, { contents: "read" });
    assert.ok(comment.steps.every(({ uses = "" }) => !/checkout|\.\/\.github/.test(uses)));
    assert.equal(shared("pulumi").find(({ name }) => name === "Program")?.run, "npm ci --ignore-scripts");
    assert.equal(stacks.if, "github.event.pull_request.head.repo.full_name == github.repository");
    assert.match(preview.if!, /needs.stacks.outputs.stacks/);
    assert.equal(workflow("up.yml").jobs.up.environment, "${{ matrix.stack }}");
  });

  it("put nothing that others may choose into the text of a script: it comes in variables", () => {
    const texts = [...files.map((file) => path.join(folder, file)), ...actions.map(actionFile)];
    for (const file of texts) {
      const { jobs, runs } = load(fs.readFileSync(file, "utf8")) as Partial<Workflow & Action>;
      const steps = [...Object.values(jobs ?? {}).flatMap((job) => job.steps), ...(runs?.steps ?? [])];
      assert.ok(steps.length > 0, file);
      for (const { run = "", shell = "", with: given = {} } of steps)
        for (const text of [run, shell, given.script ?? ""]) assert.ok(!text.includes("${{"), `${file}: ${text}`);
    }
  });

  it("preview with accounts of their own, and update with those that only an environment has", () => {
    const secrets = (file: string) => {
      const named = fs.readFileSync(path.join(folder, file), "utf8").matchAll(/secrets\.(\w+)/g);
      return [...new Set([...named].map(([, name]) => name))].sort();
    };
    const previews = ["PREVIEW_KUBECONFIG", "PREVIEW_PULUMI_ACCESS_TOKEN"];
    assert.deepEqual(secrets("preview.yml"), previews);
    assert.deepEqual(secrets("drift.yml"), previews);
    assert.deepEqual(secrets("test.yml"), []);
    assert.deepEqual(secrets("up.yml"), ["KUBECONFIG", "PULUMI_ACCESS_TOKEN"]);
    const page = fs.readFileSync(path.join(repository, "docs/guides/review-and-policies.md"), "utf8");
    for (const name of previews) assert.match(page, new RegExp(`^\\| \`${name}\` \\| the repository \\|`, "m"));
    for (const name of secrets("up.yml"))
      assert.match(page, new RegExp(`^\\| \`${name}\` \\| each environment \\|`, "m"));
    for (const file of files) {
      for (const [name, job] of Object.entries(workflow(file).jobs)) {
        const mayUpdate = /secrets\.(?!PREVIEW_)/.test(JSON.stringify(job));
        assert.ok(!mayUpdate || job.environment !== undefined, `${file}, ${name}: its environment has to be approved`);
        if (!("pull_request" in workflow(file).on) || !JSON.stringify(job).includes("secrets.")) continue;
        const installs = job.steps.filter(({ run = "" }) => /npm (ci|install)/.test(run));
        assert.ok(
          installs.every(({ run }) => run!.includes("--ignore-scripts")),
          `${file}, ${name}`,
        );
      }
    }
  });

  it("preview.yml fails where the edit is refused, after it was told", () => {
    const { steps } = workflow("preview.yml").jobs.preview;
    const names = steps.map(({ name }) => name);
    assert.equal(
      steps[names.indexOf("Review")].run,
      'npm run --silent review -- --stack "$STACK" --policy-pack policies --output report.md',
    );
    assert.ok(names.indexOf("Report") > names.indexOf("Review"));
    const { if: when } = steps[names.indexOf("Report")] as { if?: string };
    assert.match(when!, /!cancelled\(\)/);
    assert.match(workflow("preview.yml").jobs.comment.if!, /!cancelled\(\)/);
  });

  it("keep the kubeconfig where nobody else reads it", async () => {
    assert.equal((await runner.runs(shared("pulumi"), "Cluster", { CONTENT: "apiVersion: v1" })).code, 0);
    assert.equal(fs.statSync(path.join(runner.home, "kubeconfig")).mode & 0o777, 0o600);
    assert.match(runner.read("env"), new RegExp(`^KUBECONFIG=${runner.home}/kubeconfig$`, "m"));
    const kubeconfig = (file: string, job: string) => givenTo("pulumi", file, job)?.kubeconfig;
    assert.equal(kubeconfig("preview.yml", "preview"), "${{ secrets.PREVIEW_KUBECONFIG }}");
    assert.equal(kubeconfig("drift.yml", "drift"), "${{ secrets.PREVIEW_KUBECONFIG }}");
    assert.equal(kubeconfig("up.yml", "up"), "${{ secrets.KUBECONFIG }}");
  });
});
