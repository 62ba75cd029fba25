import type { Lab } from "../../lab/src/lab";
import type { Credentials, RingStack } from "./ringStack";

/** A role of an application, whose password is in a Secret that somebody else makes. */
export class ApplicationRole {
  constructor(
    private readonly lab: Lab,
    private readonly stack: RingStack,
    readonly username: string,
  ) {}

  get secretName(): string {
    return `${this.username}-login`;
  }

  /** Writes the Secret with a password. */
  async setPassword(password: string): Promise<Credentials> {
    const metadata = { name: this.secretName };
    const stringData = { username: this.username, password };
    const secret = { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/basic-auth", metadata, stringData };
    await this.lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(secret) });
    return { username: this.username, password };
  }

  /** The role as stack config has it. */
  of(...grants: object[]): object {
    return { name: this.username, secretName: this.secretName, grants };
  }

  /** What cqlsh prints, or why it fails, of statements of somebody who logs in through a pod. */
  run(pod: string, { username, password }: Credentials, statements: string): Promise<string> {
    return this.stack
      .exec(pod, ["cqlsh", "-u", username, "-p", password, "-e", statements])
      .catch((error: Error) => error.message);
  }
}
