/** A containerd for work on images, apart from those of the nodes. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { debianTools } from "./packages";
import { run } from "./run";

/** Runs ctr(8) against that containerd. `timeout` in milliseconds. */
export type Ctr = (args: string[], timeout: number) => Promise<string>;

/**
 * Runs `work` with a containerd that ends, with its mounts, when `work` has ended or this process is killed.
 * @param root where it keeps images. @default a folder that is removed afterwards
 */
export async function withContainerd<T>(work: (ctr: Ctr) => Promise<T>, root?: string): Promise<T> {
  const env = await environment();
  // under the folder for temporary files, because the path of a socket may only have 107 characters
  const dir = await mkdtemp(join(tmpdir(), "lab-"));
  const socket = join(dir, "containerd.sock");
  const config = [
    "version = 2",
    `root = "${root ?? join(dir, "root")}"`,
    `state = "${dir}/state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\n  address = "${socket}"`,
    `[ttrpc]\n  address = "${dir}/ttrpc.sock"`,
  ];
  await writeFile(join(dir, "config.toml"), config.join("\n"));
  const daemon = ["unshare", "--mount", "--propagation=private", "containerd", "--config", join(dir, "config.toml")];
  const containerd = spawn("setpriv", ["--pdeathsig=KILL", ...daemon], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => containerd.once("close", resolve).once("error", resolve));
  const ctr: Ctr = (args, timeout) => run("ctr", ["--address", socket, ...args], { env, timeout });
  try {
    await until(10_000, () => ctr(["version"], 5_000));
    return await work(ctr);
  } finally {
    containerd.kill();
    await ended;
    await rm(dir, { recursive: true, force: true });
  }
}

/** What tells one containerd from another. */
export async function containerdVersion(): Promise<string> {
  return run("containerd", ["--version"], { env: await environment() });
}

async function environment(): Promise<NodeJS.ProcessEnv> {
  const { path, libraryPath } = await debianTools();
  return {
    ...process.env,
    PATH: [process.env.PATH, ...path].join(delimiter),
    LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, ...libraryPath].filter(Boolean).join(delimiter),
  };
}

/** Repeats a question until it is answered, or throws its last error after `ms` milliseconds. */
async function until(ms: number, ask: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + ms; ; await sleep(100)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
