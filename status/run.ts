/**
 * `npm run status [-- --stack STACK]`: each ring of a stack on a page. Without `--stack`, of the stack that is selected.
 * Exit code 0 when all is as the stack says, 1 when something is not, 2 when the stack or its cluster could not be read.
 */
import { execFile } from "node:child_process";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { KubernetesClient, withAnswerTimeout } from "../components/kubernetes/apiClient";
import { errorMessage } from "../components/kubernetes/apiErrors";
import type { KubeContext } from "../components/kubernetes/kubeconfig";
import { pageOf } from "./page";
import { inspectRing } from "./ringStatus";
import { clusterOf, ringsOf } from "./stackRings";

const root = path.join(__dirname, "..");

async function pulumi(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("pulumi", [...args, "--non-interactive"], {
    cwd: root,
    maxBuffer: 2 ** 30,
  });
  return stdout;
}

/** The Kubernetes cluster that the stack's provider acts on. */
async function contextOf(stack: string): Promise<KubeContext> {
  const config = JSON.parse(await pulumi("config", "--json", "--show-secrets", "--stack", stack)) as Record<
    string,
    { value?: string }
  >;
  const keys = ["kubeconfig", "context", "cluster"] as const;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = config[`kubernetes:${key}`]?.value;
      return value ? [[key, value]] : [];
    }),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { stack: { type: "string" } } });
  const stack = values.stack ?? (await pulumi("stack", "--show-name")).trim();
  const [exported, context] = await Promise.all([
    pulumi("stack", "export", "--show-secrets", "--stack", stack),
    contextOf(stack),
  ]);
  const state: unknown = JSON.parse(exported);
  const rings = ringsOf(state);
  if (rings.length === 0) {
    console.log(`Stack ${stack} has no ring of Cassandra.`);
    return;
  }
  // The ring of that name in another cluster would look like one without a member.
  const client = await KubernetesClient.connect({ ...context, seen: Promise.resolve({ uid: clusterOf(state) }) });
  const pages = await withAnswerTimeout(() =>
    Promise.all(rings.map(async (ring) => pageOf(await inspectRing(client, ring)))),
  );
  console.log(pages.map(({ text }) => text).join("\n\n"));
  process.exitCode = pages.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

main().catch((error: Error & { stderr?: string }) => {
  process.stderr.write(`${error.stderr || errorMessage(error)}\n`);
  process.exitCode = 2;
});
