import { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RingStack } from "../../support/ringStack";

/** A `pulumi up` that runs beside the deeds. */
export class Engine {
  private process: ChildProcess | undefined;

  /** @param log folder of the file to which `pulumi up` prints */
  begin(stack: RingStack, log: string): void {
    const output = openSync(join(log, "up.log"), "a");
    this.process = stack.beginUp(output);
    closeSync(output);
  }

  get isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Waits until the update ends. @returns its exit code; undefined when it still runs after so many milliseconds */
  async ends(milliseconds: number): Promise<number | null | undefined> {
    if (this.isRunning)
      await Promise.race([once(this.process!, "exit"), sleep(milliseconds, undefined, { ref: false })]);
    return this.isRunning ? undefined : this.process?.exitCode;
  }

  /** Kills the engine with its plugins (-9). @returns whether it ran */
  kill(): boolean {
    if (!this.isRunning) return false;
    process.kill(-this.process!.pid!, "SIGKILL");
    return true;
  }
}
