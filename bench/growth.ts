/** What a stack takes for each object, as it grows: 1, 10, 100 and 300 rings on simulated nodes. */
import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { hostpathProvisioner } from "../lab/src/storage";
import { Comparison, Sample, seconds } from "./compare";

const sizes = [1, 10, 100, 300];
const limit = "10 rings";
const each = { unit: "ms for each object", limit, goal: 1.2 } as const;
const measures = {
  up: { title: "Growth: pulumi up from nothing, state written once", ...each },
  preview: { title: "Growth: pulumi preview, nothing to do", ...each },
  again: { title: "Growth: pulumi up, nothing to do", ...each },
  memory: { title: "Growth: memory of the program", unit: "MB", limit, most: 600 },
  state: { title: "Growth: state of the stack", unit: "MB", limit },
} as const;

/**
 * On a backend of the user's own, the engine writes the whole state anew before and after each step: 17 MB 3,000 times over for 100
 * rings. It is told to write it once, so that what is seen is how program and provider grow.
 */
const once = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

/** One stack of so many rings, from nothing to nothing. Times are in milliseconds for each object. */
async function sample(lab: Lab, rings: number, scratch: string): Promise<Sample<keyof typeof measures>> {
  const program = path.join(lab.dir, "rings");
  const memory = path.join(scratch, "memory");
  const env = { ...lab.env, ...once, BENCH_MEMORY: memory };
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
    up: (1000 * first) / objects,
    preview: (1000 * preview) / objects,
    again: (1000 * again) / objects,
    memory: Number(readFileSync(memory, "utf8")) / 1024,
    state: exported.length / 2 ** 20,
  };
}

/** @param scratch folder for what is written */
export async function growthComparison(lab: Lab, scratch: string): Promise<Comparison> {
  const storageClass = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "fast" } };
  const input = JSON.stringify({ ...storageClass, provisioner: hostpathProvisioner });
  await lab.kubectl(["apply", "-f", "-"], { input });
  const program = path.join(lab.dir, "rings");
  cpSync(path.join(repository, "bench/programs/rings"), program, { recursive: true });
  await lab.pulumi(["-C", program, "stack", "select", "--create", "rings", "--non-interactive"]);
  return {
    name: "growth",
    runs: 3,
    measures,
    contenders: sizes.map((size) => ({
      name: size === 1 ? "1 ring" : `${size} rings`,
      run: () => sample(lab, size, scratch),
    })),
  };
}
