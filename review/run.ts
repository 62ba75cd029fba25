/**
 * `npm run review -- --stack STACK [--config-file FILE] [--policy-pack FOLDER] [--output FILE]`: previews a stack and says in Markdown
 * what that means.
 * Exit code 0 when the update may be made, 1 when it is refused, which the report tells as well, 2 when there is no preview at all.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { configChanges, PastConfig } from "./configLines";
import { readPreview } from "./events";
import { PlainTexts, secretsOfConfig, secretsOfState } from "./plainTexts";
import { report } from "./report";

interface Printed {
  stdout: string;
  stderr: string;
  failed: boolean;
}

function pulumi(args: string[]): Promise<Printed> {
  const env = { ...process.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };
  const options = { cwd: path.join(__dirname, ".."), env, maxBuffer: 2 ** 30 };
  return new Promise((resolve) => {
    execFile("pulumi", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
      resolve({ stdout, stderr: stderr || (error?.message ?? ""), failed: error !== null });
    });
  });
}

/** What a command prints as JSON. */
async function printed(args: string[]): Promise<unknown> {
  const { stdout, stderr, failed } = await pulumi(args);
  if (failed) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Config of the last update that came to its end; undefined when there was none. */
async function pastConfig(stack: string): Promise<PastConfig | undefined> {
  const updates = (await printed(["stack", "history", "--json", "--stack", stack])) as {
    kind: string;
    result: string;
    config: PastConfig;
  }[];
  return updates.find(({ kind, result }) => kind === "update" && result === "succeeded")?.config;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      "config-file": { type: "string" },
      "policy-pack": { type: "string" },
      output: { type: "string" },
    },
  });
  const { stack, "config-file": given, "policy-pack": policies, output } = values;
  if (!stack) throw new Error("--stack is missing. Usage: npm run review -- --stack STACK");
  const file = given ?? path.join(__dirname, "..", `Pulumi.${stack}.yaml`);
  const stackFile = readFileSync(file, "utf8");
  const configFile = given ? ["--config-file", given] : [];
  const past = await pastConfig(stack);
  const { stdout, stderr } = await pulumi([
    "preview",
    "--json",
    // So that what was changed by hand is seen: the state alone knows nothing of it.
    "--refresh",
    "--stack",
    stack,
    ...configFile,
    ...(policies ? ["--policy-pack", policies] : []),
  ]);
  let preview;
  try {
    preview = readPreview(stdout);
  } catch (error) {
    throw new Error(`stack ${stack} could not be previewed: ${(error as Error).message}\n${stderr}`);
  }
  // A preview masks secrets where they are secrets, and their plain texts are needed to mask them where they are none.
  const [state, shown] = await Promise.all([
    printed(["stack", "export", "--show-secrets", "--stack", stack]),
    printed(["config", "--json", "--show-secrets", "--stack", stack, ...configFile]),
  ]);
  const secrets = [
    ...secretsOfState(state),
    ...secretsOfConfig(preview.config, shown as Record<string, { value?: string }>),
  ];
  const known = new PlainTexts(secrets, preview, past);
  const config = past && configChanges(past, preview.config, stackFile, known);
  const text = report({ stack, stackFile: path.basename(file), preview, known, ...(config && { config }) });
  if (output) writeFileSync(output, text);
  else process.stdout.write(text);
  process.exitCode = preview.succeeded ? 0 : 1;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
