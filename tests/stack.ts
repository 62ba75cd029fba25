import { Lab } from "../lab/src/lab";
import { RunError } from "../lab/src/run";

const minutes = 60_000;

/** A stack of this program in a lab of the tests' own, driven as a user drives it: with the Pulumi CLI and kubectl. */
export class Stack {
  protected constructor(
    readonly lab: Lab,
    readonly name: string,
  ) {}

  /** The stack with the config of its file in the repository, in a lab that is up. */
  static async of(lab: Lab, name: string): Promise<Stack> {
    await lab.ensureStack(name);
    return new Stack(lab, name);
  }

  /** Runs a pulumi command on the stack and returns all that it printed. @throws {RunError} when it fails. */
  pulumi(...args: string[]): Promise<string> {
    return this.lab.pulumi([...args, "--stack", this.name, "--non-interactive"], { timeout: 15 * minutes });
  }

  /** What a pulumi command printed that was expected to fail. */
  async refused(...args: string[]): Promise<string> {
    try {
      await this.pulumi(...args);
    } catch (error) {
      if (error instanceof RunError) return error.stdout + error.stderr;
      throw error;
    }
    throw new Error(`pulumi ${args.join(" ")} succeeded`);
  }

  async set(values: Record<string, string>): Promise<void> {
    for (const [key, value] of Object.entries(values)) await this.pulumi("config", "set", key, value);
  }

  async unset(...keys: string[]): Promise<void> {
    for (const key of keys) await this.pulumi("config", "rm", key);
  }

  up(...args: string[]): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview", ...args);
  }

  destroy(): Promise<string> {
    return this.pulumi("destroy", "--yes", "--skip-preview");
  }

  /** An object, or all objects of a kind, as the API server has them. */
  async get<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.lab.kubectl(["get", ...args, "-o", "json"])) as T;
  }
}
