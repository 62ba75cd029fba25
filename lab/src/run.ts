import { execFile, ExecFileOptions } from "node:child_process";

/** A program that ended badly; the message holds what it printed last, since that is what a reader needs next. */
export class RunError extends Error {
  constructor(
    command: string,
    readonly code: number | string | undefined,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    const last = (stderr.trim() || stdout.trim()).split("\n").slice(-15).join("\n");
    super(`${command}: ${code === undefined ? "ended by a signal or its time limit" : `exit code ${code}`}\n${last}`);
  }
}

export interface RunOptions extends Pick<ExecFileOptions, "cwd" | "env" | "signal"> {
  /** Milliseconds until the program is ended. @default 60,000: no call waits for ever. */
  timeout?: number;
  /** Written to the program's standard input, which is then closed. @default nothing */
  input?: string;
}

/** Runs a program to its end and returns its standard output. @throws {RunError} when it ends badly or too late. */
export function run(file: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { input, timeout = 60_000, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { maxBuffer: 256 << 20, timeout, ...rest }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const code = error.killed ? undefined : (error.code ?? undefined);
      reject(new RunError([file, ...args].join(" "), code, stdout, stderr || (stdout ? "" : error.message)));
    });
    // A program may end before it has read everything; what it says by its exit code counts.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
