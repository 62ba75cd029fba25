import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./instance";
import { run } from "./run";
import { StackFiles } from "./stackFiles";
import type { Target } from "./start";

/**
 * The cluster of one of the user's kube contexts, with the user's own pulumi, backend and passphrase. Nothing of the user's is
 * changed: the context is chosen in a copy of its kubeconfig, and stack files are copies too, one folder for each context.
 * @throws when pulumi or kubectl is missing, or kubectl knows no such context
 */
export async function userCluster(context: string): Promise<Target> {
  for (const program of ["pulumi", "kubectl"]) {
    await run(program, ["version"]).catch((error: Error) => {
      if (/ENOENT/.test(error.message)) throw new Error(`--context ${context}: ${program} is not on PATH; install it first`);
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
