import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached } from "../../lab/src/cache";
import { step } from "../../lab/src/progress";
import { run, RunError } from "../../lab/src/run";
import { kubeScore } from "../../lab/src/toolchain";
import { KubeObject } from "./render";

const requirements = join(__dirname, "requirements.txt");
const minutes = 60_000;

/** Something that a scanner would have otherwise. */
export interface Finding {
  scanner: "checkov" | "kube-score" | "kubernetes-validate";
  /** The scanner's own name of the rule. */
  rule: string;
  /** Kind and name of the object. */
  object: string;
  /** What the scanner says, the container with it. */
  says: string;
}

/** Folder of the scanners that are Python: installed on first use within two minutes, with 400 MB in the cache. */
function pythonScanners(): Promise<string> {
  return cached("scanners", [readFileSync(requirements)], (dir) =>
    step("downloading the scanners of manifests from PyPI", async () => {
      const options = ["--quiet", "--root-user-action=ignore", "--requirement", requirements, "--target", dir];
      await run("python3", ["-m", "pip", "install", ...options], { timeout: 15 * minutes });
    }),
  );
}

async function python(dir: string, program: string, args: string[], cwd: string): Promise<string> {
  return findings("python3", [join(dir, "bin", program), ...args], { cwd, env: { ...process.env, PYTHONPATH: dir } });
}

/** What a scanner prints; that it found something is no failure of it. */
async function findings(...[file, args, options]: Parameters<typeof run>): Promise<string> {
  try {
    return await run(file, args, { timeout: 5 * minutes, ...options });
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 1) throw error;
    return error.stdout || error.stderr;
  }
}

/** Prepares the scanners, so that the first scan takes no longer than the others. */
export async function prepareScanners(): Promise<void> {
  await Promise.all([pythonScanners(), kubeScore()]);
}

/** All that the three scanners find in these objects. @param version of Kubernetes, such as `1.34` */
export async function scan(objects: KubeObject[], version: string): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "scan-"));
  try {
    const file = join(folder, "objects.yaml");
    writeFileSync(file, objects.map((object) => JSON.stringify(object)).join("\n---\n"));
    const dir = await pythonScanners();
    return [
      ...checkovFindings(await python(dir, "checkov", checkovOptions, folder)),
      ...scores(await findings(await kubeScore(), ["score", "--output-format=json", file])),
      ...schemaErrors(
        await python(dir, "kubernetes-validate", ["--strict", "--kubernetes-version", version, file], folder),
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const checkovOptions = [
  "--file=objects.yaml",
  "--framework=kubernetes",
  "--output=json",
  "--compact",
  "--skip-download",
];

function checkovFindings(said: string): Finding[] {
  type Check = { check_id: string; check_name: string; resource: string };
  const { results } = JSON.parse(said) as { results?: { failed_checks: Check[] } };
  return (results?.failed_checks ?? []).map(({ check_id: rule, check_name: says, resource: object }) => ({
    scanner: "checkov",
    rule,
    object,
    says,
  }));
}

function scores(said: string): Finding[] {
  type Comment = { path: string; summary: string };
  type Check = { check: { id: string }; grade: number; skipped: boolean; comments: Comment[] | null };
  const objects = JSON.parse(said) as { object_name: string; checks: Check[] | null }[] | null;
  return (objects ?? []).flatMap(({ object_name: object, checks }) =>
    (checks ?? [])
      // 10 is a pass; 7 is one with a remark.
      .filter(({ grade, skipped }) => grade < 7 && !skipped)
      .flatMap(({ check, comments }) =>
        (comments ?? []).map(({ path, summary }) => ({
          scanner: "kube-score" as const,
          rule: check.id,
          object,
          says: path ? `${path}: ${summary}` : summary,
        })),
      ),
  );
}

function schemaErrors(said: string): Finding[] {
  const lines = said.split("\n").filter((line) => line.startsWith("ERROR"));
  return lines.map((says) => ({ scanner: "kubernetes-validate", rule: "schema", object: "", says }));
}
