/** Starting, watching and ending the lab's processes. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { groupsBelow, joinFile, makeGroup, processesIn, removeGroup } from "./cgroups";
import { Instance } from "./instance";

/** Group of one of the instance's processes and its children. */
export function processGroup(instance: Instance, name: string): string {
  return `${instance.cgroup}/processes/${name}`;
}

/** Group below which a node's containers are. */
export function podGroup(instance: Instance, node: string): string {
  return `${instance.cgroup}/pods/${node}`;
}

/** Names of the processes that run. */
export function runningProcesses(instance: Instance): string[] {
  const names = groupsBelow(`${instance.cgroup}/processes`);
  return names.filter((name) => processesIn(processGroup(instance, name)).length > 0);
}

/** Id of the process started under this name. @throws when it does not run */
export function processId(instance: Instance, name: string): number {
  const [pid] = processesIn(processGroup(instance, name));
  if (!pid) throw new Error(`The lab's process ${name} has ended.\n${lastLines(instance, name)}`);
  return pid;
}

/**
 * Starts a process that outlives this one, unless it runs already. Its output goes to `log/<name>.log`; the log of the
 * run before is kept beside it. Returns once the process is in its group.
 */
export async function startProcess(
  instance: Instance,
  name: string,
  command: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const group = processGroup(instance, name);
  if (processesIn(group).length > 0) return;
  makeGroup(group);
  mkdirSync(instance.path("log"), { recursive: true });
  const log = instance.path("log", `${name}.log`);
  if (existsSync(log)) renameSync(log, instance.path("log", `${name}.before.log`));
  const output = openSync(log, "w", 0o600);
  const joining = ["-c", 'echo 0 > "$0" && exec "$@"', joinFile(group)];
  const child = spawn("/bin/sh", [...joining, ...command], {
    cwd: instance.dir,
    detached: true,
    env,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  await until(`the start of ${name}`, 10, () => {
    if (child.exitCode !== null || child.signalCode !== null) processId(instance, name);
    return processesIn(group).length > 0;
  });
}

/**
 * Starts a process that does nothing but keep namespaces open: a command line that ends in `sleep infinity`.
 * @returns its id, once all that comes before the `sleep` has been done
 */
export async function startHolder(instance: Instance, name: string, command: string[]): Promise<number> {
  await startProcess(instance, name, command);
  const asleep = () => programOf(processId(instance, name)) === "sleep";
  await until(`the namespaces of ${name}`, 20, asleep, { instance, names: [name] });
  return processId(instance, name);
}

/**
 * Waits until `condition` holds.
 * @param seconds after which it gives up
 * @param needs processes of the instance that must run; if one of them ends, the wait fails at once
 * @throws when the time is over or a needed process ends; the message holds the last lines of its log
 */
export async function until(
  what: string,
  seconds: number,
  condition: () => boolean | Promise<boolean>,
  needs?: { instance: Instance; names: string[] },
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    for (const name of needs?.names ?? []) processId(needs!.instance, name);
    if (Date.now() > end) {
      const logs = (needs?.names ?? []).map((name) => lastLines(needs!.instance, name));
      throw new Error([`Timed out after ${seconds} s, waiting for ${what}.`, ...logs].join("\n"));
    }
    await sleep(100);
  }
}

/** Name of the program that a process runs, of fifteen characters at the most; undefined once it has ended. */
export function programOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch (error) {
    if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Sends a signal to processes of which some may have ended meanwhile. */
export function signalAll(pids: number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Ends every process in the groups: asks first, and after `grace` seconds kills what is left. Without these, it does not ask. */
export async function endProcesses(groups: string[], grace?: number): Promise<void> {
  const left = () => groups.flatMap(processesIn);
  const signal = (name: NodeJS.Signals) => signalAll(left(), name);
  if (grace !== undefined) {
    signal("SIGTERM");
    const grown = Date.now() + grace * 1000;
    while (left().length > 0 && Date.now() < grown) await sleep(50);
  }
  await until(`the end of the processes ${left().join(", ")}`, 20, () => {
    signal("SIGKILL");
    return left().length === 0;
  });
}

/** Ends processes by name and forgets their groups. */
export async function stopProcesses(instance: Instance, names: string[], grace: number): Promise<void> {
  const groups = names.map((name) => processGroup(instance, name));
  await endProcesses(groups, grace);
  for (const group of groups) await removeGroup(group);
}

function lastLines(instance: Instance, name: string): string {
  const log = instance.path("log", `${name}.log`);
  if (!existsSync(log)) return "";
  return [`The end of ${log}:`, ...readFileSync(log, "utf8").trimEnd().split("\n").slice(-12)].join("\n");
}
