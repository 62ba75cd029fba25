/** What a stack takes for each object, as it grows: 1, 10, 100 and 300 rings on simulated nodes. */
import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { step } from "../lab/src/progress";
import { hostpathProvisioner } from "../lab/src/storage";
import { Outcome, figuresOf } from "./compare";
import { seconds } from "./updates";

const sizes = [1, 10, 100, 300];
const runs = 3;
const what = ["up from nothing", "preview", "up, nothing to do", "memory of the program", "state"] as const;
type What = (typeof what)[number];
type Sample = Record<What, number>;

/** One stack of so many rings, from nothing to nothing. Times are in milliseconds for each object. */
async function sample(lab: Lab, rings: number, scratch: string): Promise<Sample> {
  const program = path.join(lab.dir, "rings");
  const memory = path.join(scratch, "memory");
  const env = { ...lab.env, BENCH_MEMORY: memory };
  const pulumi = (...args: string[]) =>
    lab.pulumi(["-C", program, ...args, "--stack", "rings", "--non-interactive"], { env, timeout: 3_600_000 });
  await pulumi("config", "set", "rings", String(rings));
  const up = () => seconds(() => pulumi("up", "--yes", "--skip-preview"));
  const first = await up();
  const exported = await pulumi("stack", "export");
  const { resources } = (JSON.parse(exported) as { deployment: { resources: { type: string }[] } }).deployment;
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:")).length;
  const preview = await seconds(() => pulumi("preview"));
  const again = await up();
  await pulumi("destroy", "--yes", "--skip-preview");
  return {
    "up from nothing": (1000 * first) / objects,
    preview: (1000 * preview) / objects,
    "up, nothing to do": (1000 * again) / objects,
    "memory of the program": Number(readFileSync(memory, "utf8")) / 1024,
    state: exported.length / 2 ** 20,
  };
}

/** Measures all sizes in turns. */
export async function growth(lab: Lab, scratch: string): Promise<Outcome[]> {
  const storageClass = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "fast" } };
  const input = JSON.stringify({ ...storageClass, provisioner: hostpathProvisioner });
  await lab.kubectl(["apply", "-f", "-"], { input });
  const program = path.join(lab.dir, "rings");
  cpSync(path.join(repository, "bench/programs/rings"), program, { recursive: true });
  await lab.pulumi(["-C", program, "stack", "select", "--create", "rings", "--non-interactive"]);
  const samples = new Map(sizes.map((size): [number, Sample[]] => [size, []]));
  for (let run = 0; run < runs; run++) {
    for (const size of sizes) {
      const what = `growth: ${size} rings, run ${run + 1} of ${runs}`;
      samples.get(size)!.push(await step(what, () => sample(lab, size, scratch)));
    }
  }
  const isSize = (title: What) => title === "memory of the program" || title === "state";
  return what.map((title) => ({
    id: "growth",
    title: `growth: ${title}`,
    unit: isSize(title) ? "MB" : "ms for each object",
    runs,
    limit: "10 rings",
    ...(!isSize(title) && { goal: 1.2 }),
    figures: sizes.map((size) =>
      figuresOf(
        size === 1 ? "1 ring" : `${size} rings`,
        samples.get(size)!.map((one) => one[title]),
      ),
    ),
  }));
}
