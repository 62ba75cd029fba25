import type { Lab } from "../../lab/src/lab";
import { applySecret, base64 } from "./secrets";
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
    const data = { username: base64(this.username), password: base64(password) };
    await applySecret(this.lab, this.secretName, data, "kubernetes.io/basic-auth");
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
