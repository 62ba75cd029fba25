import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./instance";
import { Lab } from "./lab";
import { run } from "./run";
import { StackFiles } from "./stackFiles";

/** Where the stack goes: the environment for pulumi and kubectl, and the stack files that `--set` writes to. */
export interface Target {
  env: NodeJS.ProcessEnv;
  stackFiles: StackFiles;
  /** Whether the `pulumi` of `env` finds those stack files by itself, as the lab's does. */
  findsStackFiles: boolean;
  /** Whether an engine that no longer runs holds the stack's lock. */
  isInterrupted(stack: string): boolean;
}

/** The lab of that name, brought up. */
export async function labTarget(name: string | undefined): Promise<Target> {
  const lab = await Lab.up({ name });
  return {
    env: lab.env,
    stackFiles: lab.stackFiles,
    findsStackFiles: true,
    isInterrupted: (stack) => lab.isInterrupted(stack),
  };
}

/**
 * The cluster of one of the user's kube contexts, with the user's own pulumi, backend and passphrase. Nothing of the user's is
 * changed: the context is chosen in a copy of its kubeconfig, and stack files are copies too, one folder for each context.
 * @throws when pulumi or kubectl is missing, or kubectl knows no such context
 */
export async function userCluster(context: string): Promise<Target> {
  for (const program of ["pulumi", "kubectl"]) {
    await run(program, ["version"]).catch((error: Error) => {
      if (/ENOENT/.test(error.message))
        throw new Error(`--context ${context}: ${program} is not on PATH; install it first`);
    });
  }
  const folder = path.join(repository, ".lab", "contexts", context.replace(/[^\w.-]/g, "_"));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kubeconfig = path.join(folder, "kubeconfig");
  const view = await run("kubectl", ["config", "view", "--raw", "--minify", "--flatten", "--context", context]);
  writeFileSync(kubeconfig, view, { mode: 0o600 });
  return {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stackFiles: new StackFiles(folder),
    findsStackFiles: false,
    // Whether a lock of the user's own backend is stale is for the user to say.
    isInterrupted: () => false,
  };
}
