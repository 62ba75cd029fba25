import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { load } from "js-yaml";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";
import { actionlint } from "../../lab/src/toolchain";

const minutes = 60_000;
const folder = path.join(repository, ".github/workflows");

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  shell?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
interface Job {
  if?: string;
  permissions?: Record<string, string>;
  environment?: string;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

interface Result {
  code: number;
  said: string;
}

function execute(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Result> {
  return new Promise((done) => {
    execFile(program, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? 1), said: stdout + stderr });
    });
  });
}

/** A step that several workflows have in common. */
interface Action {
  runs: { steps: Step[] };
}

describe("the workflows", function () {
  this.timeout(10 * minutes);
  const files = fs.readdirSync(folder);
  const workflow = (file: string) => load(fs.readFileSync(path.join(folder, file), "utf8")) as Workflow;
  const stepsOf = (file: string, job: string) => workflow(file).jobs[job].steps;
  const actions = fs.readdirSync(path.join(repository, ".github/actions"));
  const actionFile = (name: string) => path.join(repository, ".github/actions", name, "action.yml");
  /** Steps of an action of this repository's own. */
  const shared = (name: string) => (load(fs.readFileSync(actionFile(name), "utf8")) as Action).runs.steps;
  /** What a job hands over to such an action. */
  const givenTo = (name: string, file: string, job: string) =>
    stepsOf(file, job).find(({ uses }) => uses === `./.github/actions/${name}`)?.with;
  let home: string;

  beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "workflow-"))));
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const write = (name: string, text: string, mode = 0o644) => {
    fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    fs.writeFileSync(path.join(home, name), text, { mode });
  };
  const read = (name: string) => fs.readFileSync(path.join(home, name), "utf8");

  /** Runs a step as it is written, in `home`, as GitHub does. @returns what it wrote to the file of outputs */
  async function runs(steps: Step[], name: string, env: Record<string, string>): Promise<Result & { outputs: string }> {
    const step = steps.find((one) => one.name === name);
    assert.ok(step?.run, `no step "${name}"`);
    for (const key of Object.keys(step.env ?? {})) assert.ok(key in env, `${key} is in the step's environment`);
    write("step.sh", step.run);
    write("outputs", "");
    const files = { GITHUB_OUTPUT: path.join(home, "outputs"), GITHUB_ENV: path.join(home, "env"), RUNNER_TEMP: home };
    // Where a step names its shell, a pipe fails with any of its parts.
    const options = step.shell === "bash" ? ["-e", "-o", "pipefail"] : ["-e"];
    const result = await execute("bash", [...options, path.join(home, "step.sh")], {
      cwd: home,
      env: { PATH: `${home}/bin:${process.env.PATH}`, HOME: home, ...files, ...env },
    });
    return { ...result, outputs: read("outputs") };
  }

  it("have no mistake that actionlint finds", async () => {
    const program = await actionlint();
    const look = (file: string) => execute(program, ["-no-color", "-shellcheck=", "-pyflakes=", file]);
    for (const file of files) assert.deepEqual(await look(path.join(folder, file)), { code: 0, said: "" }, file);
    write(
      ".github/workflows/wrong.yml",
      "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ${{ githib.ref }}'}]}}\n",
    );
    const wrong = await look(path.join(home, ".github/workflows/wrong.yml"));
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

  it("preview.yml and up.yml concern the stacks whose inputs changed", async () => {
    const git = (...args: string[]) =>
      execute("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: home }).then(({ code, said }) => {
        assert.equal(code, 0, said);
        return said.trim();
      });
    await git("init", "--quiet", "--initial-branch=main");
    const changing = async (...names: string[]) => {
      for (const name of names) write(name, `${Math.random()}`);
      await git("add", "--force", ...names);
      await git("commit", "--quiet", "--message", names.join());
      const { outputs, code, said } = await runs(shared("stacks"), "Stacks", {
        BASE: await git("rev-parse", "HEAD~1"),
        STACKS: "dev prod",
      });
      assert.equal(code, 0, said);
      return JSON.parse(outputs.replace("stacks=", "")) as string[];
    };
    await git("commit", "--quiet", "--allow-empty", "--message", "first");
    assert.deepEqual(await changing("README.md", "tests/a.ts", "Pulumi.minikube.yaml"), []);
    assert.deepEqual(await changing("Pulumi.prod.yaml"), ["prod"]);
    for (const input of ["components/racks.ts", "package-lock.json", "settings/keys.ts", "index.ts", "Pulumi.yaml"])
      assert.deepEqual(await changing(input), ["dev", "prod"], input);
    const base = (file: string) => givenTo("stacks", file, "stacks")?.base;
    assert.equal(base("preview.yml"), "${{ github.event.pull_request.base.sha }}");
    assert.equal(base("up.yml"), "${{ github.event.before }}");
  });

  /** A `gh` that notes how it is called, and says what it is told to. */
  const gh = (says: string) =>
    write(
      "bin/gh",
      `#!/bin/bash\necho "$*" >>"${home}/gh.log"\ncase "$*" in *--jq*) printf '%s' '${says}' ;; esac\n`,
      0o755,
    );

  it("preview.yml comments once, and brings that comment up to date", async () => {
    write("report.md", "### Preview\n");
    const env = {
      STACK: "dev",
      GH_TOKEN: "t",
      COMMENTS: "repos/a/b/issues/7/comments",
      EDIT: "repos/a/b/issues/comments",
    };
    gh("");
    assert.equal((await runs(stepsOf("preview.yml", "comment"), "Comment", env)).code, 0);
    assert.match(
      read("gh.log"),
      /^api --silent --method POST repos\/a\/b\/issues\/7\/comments --field body=@comment.md$/m,
    );
    assert.equal(read("comment.md"), "<!-- preview of stack dev -->\n\n### Preview\n");
    gh("41\n42\n");
    assert.equal((await runs(stepsOf("preview.yml", "comment"), "Comment", env)).code, 0);
    assert.match(
      read("gh.log"),
      /^api --silent --method PATCH repos\/a\/b\/issues\/comments\/41 --field body=@comment.md$/m,
    );
    assert.match(
      read("gh.log"),
      /select\(\.user\.login == "github-actions\[bot\]" and \(\.body \| startswith\("<!-- preview of stack dev -->"\)\)\)/,
    );
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
    assert.equal((await runs(shared("pulumi"), "Cluster", { CONTENT: "apiVersion: v1" })).code, 0);
    assert.equal(fs.statSync(path.join(home, "kubeconfig")).mode & 0o777, 0o600);
    assert.match(read("env"), new RegExp(`^KUBECONFIG=${home}/kubeconfig$`, "m"));
    const kubeconfig = (file: string, job: string) => givenTo("pulumi", file, job)?.kubeconfig;
    assert.equal(kubeconfig("preview.yml", "preview"), "${{ secrets.PREVIEW_KUBECONFIG }}");
    assert.equal(kubeconfig("drift.yml", "drift"), "${{ secrets.PREVIEW_KUBECONFIG }}");
    assert.equal(kubeconfig("up.yml", "up"), "${{ secrets.KUBECONFIG }}");
  });

  it("drift.yml opens one issue for a stack that is not as it should be", async () => {
    const pulumi = (code: number) =>
      write("bin/pulumi", `#!/bin/bash\necho "$*"\n[ "$1" != refresh ] || exit ${code}\n`, 0o755);
    pulumi(0);
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Look", { STACK: "dev" })).outputs, "drifted=no\n");
    pulumi(1);
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Look", { STACK: "dev" })).outputs, "drifted=yes\n");
    assert.match(read("drift.md"), /^refresh --preview-only --diff --expect-no-changes .*--stack dev$/m);
    assert.match(read("drift.md"), /^preview --diff --expect-no-changes .*--stack dev$/m);
    const env = { STACK: "dev", GH_TOKEN: "t", GH_REPO: "a/b" };
    gh("");
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(read("gh.log"), /^issue create --title Stack dev is not as it should be --body-file drift.md$/m);
    gh("5\n");
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(read("gh.log"), /^issue edit 5 --body-file drift.md$/m);
    assert.equal(
      (await runs(stepsOf("drift.yml", "stacks"), "All stacks", { STACKS: "dev prod" })).outputs,
      'stacks=["dev","prod"]\n',
    );
  });
});
