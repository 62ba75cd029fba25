import { cpSync } from "node:fs";
import * as path from "node:path";
import { Lab } from "../../../lab/src/lab";
import { Stack } from "../../support/stack";
import type { Declaration } from "./index";

const minutes = 60_000;

/** A stack of the program in this folder, run from a copy in the lab's folder: no stack file gets into the tree. */
export class ProgramStack extends Stack {
  /** What the program declares when it runs next. */
  resources: Declaration[] = [];
  private variables: Record<string, string> = {};

  private constructor(
    lab: Lab,
    name: string,
    private readonly folder: string,
  ) {
    super(lab, name);
  }

  /** A new stack, without any resource. */
  static override async of(lab: Lab, name: string): Promise<ProgramStack> {
    const folder = lab.instance.path("program");
    for (const file of ["Pulumi.yaml", "index.ts"]) cpSync(path.join(__dirname, file), path.join(folder, file));
    const stack = new ProgramStack(lab, name, folder);
    await stack.pulumi("stack", "init");
    return stack;
  }

  override pulumi(...args: string[]): Promise<string> {
    const env = { ...this.lab.env, ...this.variables, RESOURCES: JSON.stringify(this.resources) };
    const options = { cwd: this.folder, env, timeout: 5 * minutes };
    return this.lab.pulumi([...args, "--stack", this.name, "--non-interactive"], options);
  }

  /** Does something with these environment variables. */
  async withVariables(variables: Record<string, string>, work: () => Promise<unknown>): Promise<void> {
    this.variables = variables;
    await work().finally(() => (this.variables = {}));
  }

  /** What a preview says that would be done, in its order: `create settings`. */
  async plan(): Promise<string[]> {
    const { steps } = JSON.parse(await this.pulumi("preview", "--json")) as { steps: { op: string; urn: string }[] };
    return steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${logicalName(urn)}`);
  }

  /** Logical names of the resources in the state, sorted. */
  async managed(): Promise<string[]> {
    const state = JSON.parse(await this.pulumi("stack", "export")) as State;
    const own = state.deployment.resources?.filter(({ type }) => !type.startsWith("pulumi:")) ?? [];
    return own.map(({ urn }) => logicalName(urn)).sort();
  }
}

interface State {
  deployment: { resources?: { urn: string; type: string }[] };
}

const logicalName = (urn: string): string => urn.split("::")[3];
