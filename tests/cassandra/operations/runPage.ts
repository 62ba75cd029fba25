/** Runs the blocks of a page in the lab, as a person in a shell does: what a block exports, the next one has. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../../../lab/src/instance";
import { RingStack } from "../../support/ringStack";
import { Block, blocksOn, missingIn } from "./page";

const minutes = 60_000;

/** What a person has said before, or says when asked. */
const answers = (stack: string) => ({ PULUMI_STACK: stack, PULUMI_SKIP_CONFIRMATIONS: "true" });

/** @param given variables that blocks which are not run would set @throws when a block fails, or does not print what the page says */
export async function runPage(stack: RingStack, name: string, given: Record<string, string> = {}): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "page-"));
  const env = { ...stack.lab.env, ...answers(stack.name), ...given };
  try {
    for (const block of blocksOn(name)) {
      if (block.notRun) continue;
      const began = Date.now();
      const { code, output } = await runBlock(block, env, path.join(folder, "variables"));
      console.log(`      ${name}:${block.line}: ${Math.round((Date.now() - began) / 1000)} s`);
      const said = `${name}:${block.line}:\n${block.commands}\n--- printed\n${output}`;
      assert.equal(code, 0, `exit code ${code} of ${said}`);
      const missing = missingIn(output, block.expected);
      assert.equal(missing, undefined, `"${missing}" is not what came of ${said}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param variables file with what the blocks before have exported */
function runBlock(
  { commands }: Block,
  env: NodeJS.ProcessEnv,
  variables: string,
): Promise<{ code: number; output: string }> {
  const script = `[ ! -e "$0" ] || . "$0"; trap 'export -p > "$0"' EXIT\n${commands}\n`;
  const options = { cwd: repository, env, timeout: 15 * minutes, killSignal: "SIGKILL" } as const;
  const child = spawn("bash", ["-euo", "pipefail", "-c", script, variables], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (code) => resolve({ code: code ?? -1, output })),
  );
}
