/**
 * What takes minutes to make is made once per machine and user, outside the clone: a fresh clone finds it there.
 * Deleting the folder is always safe; everything in it is made again when it is next wanted.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { say } from "./progress";

/** `$XDG_CACHE_HOME/cassandra-lab`, or `~/.cache/cassandra-lab`. */
export function cacheRoot(env = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cassandra-lab");
}

/** Twelve hex digits that differ whenever any input does; `["ab"]` and `["a", "b"]` differ too. */
export function fingerprint(inputs: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(`${Buffer.byteLength(input)}:`).update(input);
  return hash.digest("hex").slice(0, 12);
}

/**
 * Folder `<name>-<fingerprint of inputs>` in the cache, filled by `make` if it is not there yet.
 * `make` writes into another folder that takes the final name only when `make` has returned, so whatever kills the
 * process half-way leaves nothing that looks finished; files must therefore not hold the path they were made at.
 * Of several processes that want the same entry one makes it and the others wait, up to two hours.
 * @throws what `make` throws; nothing of its work is kept then
 */
export async function cached(
  name: string,
  inputs: (string | Buffer)[],
  make: (dir: string) => Promise<void>,
): Promise<string> {
  const entry = `${name}-${fingerprint(inputs)}`;
  const dir = join(cacheRoot(), entry);
  if (existsSync(dir)) return dir;
  const release = await lock(entry, 7200);
  if (!release) throw new Error(`Another process has been making ${dir} for two hours: end it and try again.`);
  const unfinished = `${dir}.unfinished`;
  try {
    if (existsSync(dir)) return dir;
    await sweep(entry);
    await mkdir(unfinished);
    await make(unfinished);
    await rename(unfinished, dir);
    return dir;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await release();
  }
}

/**
 * Outcome of an attempt that may take long and fail for good, such as asking a server that cannot be reached: made
 * once and then remembered, instead of at each start. An attempt that throws is not remembered.
 * @param hours after which it is made again. @default 168, a week; deleting the cache folder makes it at once
 * @returns what `attempt` returned, which must survive JSON
 */
export async function remembered<T>(name: string, attempt: () => Promise<T>, hours = 168): Promise<T> {
  const folder = join(cacheRoot(), "remembered");
  const file = join(folder, `${name}.json`);
  const known = await readFile(file, "utf8").then(
    (text) => JSON.parse(text) as { at: number; outcome: T },
    () => undefined,
  );
  if (known && Date.now() - known.at < hours * 3_600_000) return known.outcome;
  const outcome = await attempt();
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ at: Date.now(), outcome }));
  await rename(`${file}.${process.pid}`, file);
  return outcome;
}

/** Removes what killed processes left unfinished: their locks are free, since a lock ends with its process. */
async function sweep(own: string): Promise<void> {
  for (const file of await readdir(cacheRoot())) {
    if (!file.endsWith(".unfinished")) continue;
    const entry = file.slice(0, -".unfinished".length);
    const release = entry === own ? async () => {} : await lock(entry, 0);
    if (!release) continue;
    await rm(join(cacheRoot(), file), { recursive: true, force: true });
    await release();
  }
}

/**
 * Takes the lock of an entry, waiting up to `seconds`; undefined when another process still holds it.
 * A child process holds it with flock(2) until its standard input closes, which the kernel does however this process
 * ends: no lock outlives its owner. It is in a process group of its own, so that Ctrl-C does not take the lock early.
 */
async function lock(entry: string, seconds: number): Promise<(() => Promise<void>) | undefined> {
  const locks = join(cacheRoot(), "locks");
  await mkdir(locks, { recursive: true });
  const holder = ["sh", "-c", "echo held; exec cat > /dev/null"];
  const child = spawn("flock", ["--timeout", String(seconds), join(locks, entry), ...holder], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const notice = setTimeout(() => say(`  waiting for another process that is making ${entry} ...`), 1000);
  const held = await new Promise<boolean>((resolve, reject) => {
    child.stdout.once("data", () => resolve(true));
    child.once("close", () => resolve(false));
    child.once("error", () => reject(new Error("The program flock (package util-linux) is missing: install it.")));
  }).finally(() => clearTimeout(notice));
  if (!held) return undefined;
  return async () => {
    child.stdin.end();
    await ended;
  };
}
