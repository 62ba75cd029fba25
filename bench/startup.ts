/** How long a program takes from the start of its process to its last registration, with no engine to wait for. */
import { load } from "js-yaml";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { run } from "../lab/src/run";
import { Comparison } from "./compare";
import { Monitor } from "./monitor";

/** How the language host starts a program. */
interface Program {
  /** Folder of its Pulumi.yaml. */
  folder: string;
  main: string;
  /** File of the compiler's options, for programs that are compiled while they load. */
  tsconfig?: string;
  stack?: string;
}

/** Config of a stack as the engine hands it over. */
function configOf(stack: string | undefined): Record<string, string> {
  if (!stack) return {};
  const file = readFileSync(path.join(repository, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = load(file) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

/** @returns seconds @throws when the program fails, or registers nothing */
export async function startUp({ folder, main, tsconfig, stack }: Program): Promise<number> {
  const monitor = await Monitor.listen();
  try {
    const where = ["--monitor", monitor.address, "--engine", monitor.address, "--pwd", folder];
    const what = ["--organization", "organization", "--project", "cassandra", "--stack", "bench", "--parallel", "16"];
    const runner = createRequire(path.join(folder, "index.js")).resolve("@pulumi/pulumi/cmd/run");
    const began = performance.now();
    const program = spawn(process.execPath, [runner, ...where, ...what, "--dry-run", main], {
      stdio: ["ignore", "ignore", "inherit"],
      cwd: folder,
      env: {
        ...process.env,
        ...(tsconfig && { PULUMI_NODEJS_TYPESCRIPT: "true", PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
        PULUMI_CONFIG: JSON.stringify(configOf(stack)),
        PULUMI_CONFIG_SECRET_KEYS: "[]",
      },
    });
    const [code] = (await once(program, "exit")) as [number];
    // The stack itself is one.
    if (code !== 0 || monitor.registrations < 2)
      throw new Error(`${folder}/${main}: exit code ${code}, ${monitor.registrations} registrations`);
    return (monitor.last - began) / 1000;
  } finally {
    monitor.close();
  }
}

const limit = "one ConfigMap";

/** @param scratch folder for what is compiled */
export async function startUpComparison(scratch: string): Promise<Comparison> {
  const own = { folder: repository, main: "index.ts", stack: "minikube" };
  const compiled = path.join(scratch, "compiled");
  await compile(compiled);
  const one = path.join(repository, "bench/programs/configMap");
  const contender = (name: string, program: Program) => ({
    name,
    run: async () => ({ startUp: await startUp(program) }),
  });
  return {
    name: "startup",
    runs: 5,
    measures: {
      startUp: { title: "Program start-up, from its process to the last registration", unit: "s", limit, goal: 1.15 },
    },
    contenders: [
      contender("this program", { ...own, tsconfig: "tsconfig.pulumi.json" }),
      contender("the same, types checked as it loads", { ...own, tsconfig: "bench/programs/checked.json" }),
      contender("the same, compiled before", { ...own, folder: compiled, main: "index.js" }),
      contender(limit, { folder: one, main: "index.ts", tsconfig: "tsconfig.json" }),
    ],
  };
}

/** The program as JavaScript, with the files that it reads beside it. */
async function compile(folder: string): Promise<void> {
  const tsc = createRequire(path.join(repository, "index.js")).resolve("typescript/bin/tsc");
  const options = ["--noEmit", "false", "--outDir", folder, "--rootDir", ".", "--isolatedModules", "true"];
  const shape = ["--target", "es2022", "--module", "commonjs", "--moduleResolution", "bundler", "--ignoreConfig"];
  const rest = ["--esModuleInterop", "--resolveJsonModule", "--skipLibCheck", "--noCheck"];
  await run(process.execPath, [tsc, "index.ts", ...options, ...shape, ...rest], { cwd: repository, timeout: 120_000 });
  cpSync(path.join(repository, "components/pod"), path.join(folder, "components/pod"), {
    recursive: true,
  });
  symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  cpSync(path.join(repository, "package.json"), path.join(folder, "package.json"));
}

/** Gives a folder for as long as something takes. */
export async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
