import { run, RunOptions } from "./run";

/**
 * Runs a program in mount and process namespaces of its own, so that its mounts and whatever it leaves running end with
 * it, and it with this process, even by `kill -9`.
 * @param args the program and its arguments, after further options of unshare(1)
 */
export function apart(args: string[], options: RunOptions): Promise<string> {
  const namespaces = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"];
  return run("setpriv", ["--pdeathsig=KILL", ...namespaces, ...args], options);
}
