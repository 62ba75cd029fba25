import * as assert from "node:assert/strict";
import { load } from "js-yaml";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "../../lab/src/instance";
import { run, RunError } from "../../lab/src/run";
import { Stack } from "./stack";

const corpus = path.join(__dirname, "../engine/edits");
/** Cases that `npm test` runs, one of each kind of report: a refusal, a ring with ordinals, and one without. */
const short = ["persistent/shrink", "persistent/shrink-below-copies", "others/fewer-ephemeral"];

/** Config of what all edits of a folder begin with. */
export function baseOf(folder: string): Record<string, unknown> {
  const text = readFileSync(path.join(corpus, folder, "base.yaml"), "utf8");
  return (load(text) as { config: Record<string, unknown> }).config;
}

/** Deploys what all edits of a folder begin with. */
export async function deployBase(stack: Stack, folder: string): Promise<void> {
  await prepare(stack, path.join(corpus, folder, "base.yaml"), stack.lab.stackFiles.file(stack.name));
  await stack.up();
}

/**
 * Tests that the report on each edit of a folder is the one in its file. With WRITE_REPORTS set, the tests write the files: read the
 * reports before you commit them.
 */
export function testEdits(folder: string, stack: () => Stack): void {
  const edits = readdirSync(path.join(corpus, folder))
    .filter((file) => file.endsWith(".yaml") && file !== "base.yaml")
    .map((file) => file.replace(".yaml", ""));
  for (const edit of edits) {
    it(`${short.includes(`${folder}/${edit}`) ? "" : "@all "}${edit.replaceAll("-", " ")}`, async () => {
      const expected = path.join(corpus, folder, `${edit}.md`);
      const told = await review(stack(), path.join(corpus, folder, `${edit}.yaml`));
      if (process.env.WRITE_REPORTS) writeFileSync(expected, told);
      assert.ok(existsSync(expected), `no ${expected}: run with WRITE_REPORTS=yes, and read what it says`);
      assert.equal(told, readFileSync(expected, "utf8"));
    });
  }
}

/** The engine's warning where the official plugin is at work that is built from its source, which is older than the SDK. */
const ofOlderPlugin = /^- resource plugin kubernetes is expected to have version .*\n/m;

/** What `npm run review` says of a stack file, as a person runs it; sizes of data are left out. */
export async function review(stack: Stack, stackFile: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "review-"));
  const [file, output] = [path.join(folder, `Pulumi.${stack.name}.yaml`), path.join(folder, "report.md")];
  try {
    await prepare(stack, stackFile, file);
    const args = ["--stack", stack.name, "--config-file", file, "--output", output];
    const options = { cwd: repository, env: stack.lab.env, timeout: 120_000 };
    const refused = await run("npm", ["run", "--silent", "review", "--", ...args], options).then(
      () => false,
      (error: Error) => {
        // 1 is a refusal, which is told as well.
        if (error instanceof RunError && existsSync(output)) return true;
        throw error;
      },
    );
    const told = readFileSync(output, "utf8");
    assert.equal(refused, told.includes("**Refused"));
    return told
      .replace(ofOlderPlugin, "")
      .replace(/\n#### Warnings\n\n(?!- )/, "")
      .replace(/\d+(\.\d+)? (bytes|[KMG]iB)/g, "SIZE");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Copies a stack file, with what Pulumi needs to keep secrets of this stack behind its last line, and `secure` values encrypted. */
async function prepare(stack: Stack, from: string, to: string): Promise<void> {
  const salt = /^encryptionsalt: .*$/m.exec(readFileSync(stack.lab.stackFiles.file(stack.name), "utf8"))![0];
  const plain = readFileSync(from, "utf8").replace(/^encryptionsalt: .*\n/m, "");
  const secrets = [...plain.matchAll(/^ +(\S+):\n +secure: (.*)$/gm)];
  let text = `${plain}${salt}\n`;
  for (const [, key, value] of secrets) {
    const scratch = to.replace(".yaml", ".scratch.yaml");
    writeFileSync(scratch, `${salt}\n`);
    await stack.lab.pulumi(["config", "set", "--secret", key, value, "--stack", stack.name, "--config-file", scratch]);
    text = text.replace(`secure: ${value}`, /secure: .*/.exec(readFileSync(scratch, "utf8"))![0]);
    rmSync(scratch);
  }
  writeFileSync(to, text);
}
