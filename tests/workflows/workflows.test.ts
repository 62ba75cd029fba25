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
  env?: Record<string, string>;
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
    for (const input of ["components/racks.ts", "package-lock.json", "config/schema.ts", "index.ts", "Pulumi.yaml"])
      assert.deepEqual(await changing(input), ["dev", "prod"], input);
    const base = (file: string) => givenTo("stacks", file, "stacks")?.base;
    assert.equal(base("preview.yml"), "${{ github.event.pull_request.base.sha }}");
    assert.equal(base("up.yml"), "${{ github.event.before }}");
  });

  /**
   * A `gh` that notes how it is called, and has these pages of a list; as the real one does, it filters each for itself.
   * @param code with which a list ends
   */
  const gh = (pages: object[][], code = 0) => {
    pages.forEach((page, i) => write(`pages/${i}.json`, JSON.stringify(page)));
    write(
      "bin/gh",
      `#!/bin/bash\necho "$*" >>"${home}/gh.log"\n` +
        `while [ $# -gt 0 ] && [ "$1" != --jq ]; do shift; done\n[ $# -gt 0 ] || exit 0\n` +
        `for page in "${home}"/pages/*; do jq --raw-output "$2" "$page" || exit; done\nexit ${code}\n`,
      0o755,
    );
  };

  describe("preview.yml", () => {
    const env = {
      STACK: "dev",
      GH_TOKEN: "t",
      COMMENTS: "repos/a/b/issues/7/comments",
      EDIT: "repos/a/b/issues/comments",
    };
    const marker = "<!-- preview of stack dev -->";
    const bot = { login: "github-actions[bot]" };
    const foreign = [
      { id: 1, user: { login: "somebody" }, body: `${marker}\n\nas the bot does it` },
      { id: 2, user: { login: "github-actions" }, body: marker },
      { id: 3, user: bot, body: `> ${marker}\nquoted by another workflow` },
      { id: 4, user: bot, body: "<!-- preview of stack dev-2 -->" },
      { id: 5, user: bot, body: "<!-- preview of stack prod -->" },
      { id: 6, user: null, body: marker },
      { id: 7, user: { login: "somebody" }, body: null },
    ];
    const comments = () => runs(stepsOf("preview.yml", "comment"), "Comment", env);
    const writes = () =>
      read("gh.log")
        .split("\n")
        .filter((line) => line.includes("--method"));
    const post = "api --silent --method POST repos/a/b/issues/7/comments --field body=@comment.md";
    const patch = "api --silent --method PATCH repos/a/b/issues/comments/42 --field body=@comment.md";

    beforeEach(() => write("report.md", "### Preview\n"));

    it("comments once, whatever others have written", async () => {
      gh([foreign, []]);
      assert.equal((await comments()).code, 0);
      assert.deepEqual(writes(), [post]);
      assert.equal(read("comment.md"), `${marker}\n\n### Preview\n`);
    });

    it("brings its own comment up to date, on whichever page it is, and nobody else's", async () => {
      const own = [42, 43].map((id) => ({ id, user: bot, body: `${marker}\n\n### Preview` }));
      gh([foreign, own]);
      assert.equal((await comments()).code, 0);
      assert.deepEqual(writes(), [patch]);
      assert.match(read("gh.log"), /^api --paginate repos\/a\/b\/issues\/7\/comments --jq /m);
    });

    it("writes nothing where the comments cannot be listed", async () => {
      gh([[]], 1);
      assert.notEqual((await comments()).code, 0);
      assert.deepEqual(writes(), []);
    });
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
    const own = "Stack dev is not as it should be";
    gh([[{ number: 4, title: "Another one" }]]);
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(read("gh.log"), /^issue create --title Stack dev is not as it should be --body-file drift.md$/m);
    gh([[4, 5, 6].map((number) => ({ number, title: number === 4 ? "Another one" : own }))]);
    assert.equal((await runs(stepsOf("drift.yml", "drift"), "Issue", env)).code, 0);
    assert.match(read("gh.log"), /^issue edit 5 --body-file drift.md$/m);
    assert.equal(
      (await runs(stepsOf("drift.yml", "stacks"), "All stacks", { STACKS: "dev prod" })).outputs,
      'stacks=["dev","prod"]\n',
    );
  });
});
