import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { load } from "js-yaml";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";

export interface Step {
  name?: string;
  uses?: string;
  run?: string;
  shell?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
export interface Job {
  if?: string;
  env?: Record<string, string>;
  permissions?: Record<string, string>;
  environment?: string;
  steps: Step[];
}
export interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

interface Result {
  code: number;
  said: string;
}

export function execute(
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
/** A composite action: steps that several workflows have in common. */
export interface Action {
  runs: { steps: Step[] };
}
export const folder = path.join(repository, ".github/workflows");
export const files = fs.readdirSync(folder);
export const actions = fs.readdirSync(path.join(repository, ".github/actions"));

export const workflow = (file: string) => load(fs.readFileSync(path.join(folder, file), "utf8")) as Workflow;
export const stepsOf = (file: string, job: string) => workflow(file).jobs[job].steps;
export const actionFile = (name: string) => path.join(repository, ".github/actions", name, "action.yml");

/** Steps of an action of this repository. */
export const shared = (name: string) => (load(fs.readFileSync(actionFile(name), "utf8")) as Action).runs.steps;

/** Inputs that a job gives to an action of this repository. */
export const givenTo = (name: string, file: string, job: string) =>
  stepsOf(file, job).find(({ uses }) => uses === `./.github/actions/${name}`)?.with;

/** A folder in which steps run as GitHub runs them. */
export class Runner {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), "workflow-"));

  remove(): void {
    fs.rmSync(this.home, { recursive: true });
  }

  write(name: string, text: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(path.join(this.home, name)), { recursive: true });
    fs.writeFileSync(path.join(this.home, name), text, { mode });
  }

  read(name: string): string {
    return fs.readFileSync(path.join(this.home, name), "utf8");
  }

  /** Runs a step as its workflow has it, in `home`. @returns what the step wrote to the file of outputs */
  async runs(steps: Step[], name: string, env: Record<string, string>): Promise<Result & { outputs: string }> {
    const { home } = this;
    const step = steps.find((one) => one.name === name);
    assert.ok(step?.run, `no step "${name}"`);
    for (const key of Object.keys(step.env ?? {})) assert.ok(key in env, `${key} is in the step's environment`);
    this.write("step.sh", step.run);
    this.write("outputs", "");
    const files = { GITHUB_OUTPUT: path.join(home, "outputs"), GITHUB_ENV: path.join(home, "env"), RUNNER_TEMP: home };
    // Where a step names its shell, a pipe fails with any of its parts.
    const options = step.shell === "bash" ? ["-e", "-o", "pipefail"] : ["-e"];
    const result = await execute("bash", [...options, path.join(home, "step.sh")], {
      cwd: home,
      env: { PATH: `${home}/bin:${process.env.PATH}`, HOME: home, ...files, ...env },
    });
    return { ...result, outputs: this.read("outputs") };
  }

  /**
   * Makes a `gh` that notes its arguments, and that has these pages of a list. As the real one does, it filters each page for itself.
   * @param code exit code of listing
   */
  gh(pages: object[][], code = 0): void {
    pages.forEach((page, i) => this.write(`pages/${i}.json`, JSON.stringify(page)));
    this.write(
      "bin/gh",
      `#!/bin/bash\necho "$*" >>"${this.home}/gh.log"\n` +
        `while [ $# -gt 0 ] && [ "$1" != --jq ]; do shift; done\n[ $# -gt 0 ] || exit 0\n` +
        `for page in "${this.home}"/pages/*; do jq --raw-output "$2" "$page" || exit; done\nexit ${code}\n`,
      0o755,
    );
  }
}
