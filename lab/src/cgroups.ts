/**
 * Control groups: the kernel's own record of which processes are the lab's, children and containers included. A process
 * joins its group before it becomes what it is to run, so none escapes the record, whatever kills the lab half-way.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

interface Hierarchy {
  path: string;
  unified: boolean;
  options: string[];
}

/** Every mounted hierarchy: one for each controller (v1), or a single one (v2). */
const hierarchies: Hierarchy[] = readFileSync("/proc/self/mountinfo", "utf8")
  .split("\n")
  .flatMap((line) => {
    const [mount, filesystem] = line.split(" - ").map((half) => half.split(" "));
    if (!filesystem || !/^cgroup2?$/.test(filesystem[0])) return [];
    return [{ path: mount[4], unified: filesystem[0] === "cgroup2", options: filesystem[2].split(",") }];
  });

/** The hierarchy that records processes. Where both kinds are mounted, v1 has the controllers and the containers. */
const record =
  hierarchies.find((hierarchy) => hierarchy.options.includes("pids")) ?? hierarchies.find(({ unified }) => unified);

/** Makes a group, and those above it, in every hierarchy, so that processes and containers can be put into it. */
export function makeGroup(group: string): void {
  for (const { path, unified, options } of hierarchies) {
    let parent = path;
    for (const part of group.split("/")) {
      if (unified) enableControllers(parent);
      const child = join(parent, part);
      mkdirSync(child, { recursive: true });
      if (options.includes("cpuset")) {
        // A v1 cpuset group takes no process until it has been told its processors and memory nodes.
        for (const file of ["cpuset.cpus", "cpuset.mems"]) {
          writeFileSync(join(child, file), readFileSync(join(parent, file), "utf8"));
        }
      }
      // A group weighs as much as one thread of the host unless told otherwise: too little for three machines' pods.
      if (options.includes("cpu")) writeFileSync(join(child, "cpu.shares"), String(3 * 1024 * cpus().length));
      parent = child;
    }
  }
}

function enableControllers(group: string): void {
  const controllers = readFileSync(join(group, "cgroup.controllers"), "utf8").trim();
  if (controllers) writeFileSync(join(group, "cgroup.subtree_control"), controllers.replace(/(^| )/g, "$1+"));
}

/** File that a process writes `0` into to join the group. */
export function joinFile(group: string): string {
  if (!record) throw new Error("No control groups are mounted below /sys/fs/cgroup: the lab cannot run here.");
  return join(record.path, group, "cgroup.procs");
}

/** Ids of the processes in the group and in all groups below it; none when there is no such group. */
export function processesIn(group: string): number[] {
  if (!record) return [];
  const pids: number[] = [];
  const visit = (path: string) => {
    try {
      pids.push(...readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number));
      for (const child of foldersIn(path)) visit(join(path, child));
    } catch (error) {
      // A container's group may end while it is being read.
      if (!["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  };
  visit(join(record.path, group));
  return pids;
}

/** Names of the groups directly below a group. */
export function groupsBelow(group: string): string[] {
  const path = record && join(record.path, group);
  if (!path || !existsSync(path)) return [];
  return foldersIn(path);
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** Removes a group without processes, and all below it, from every hierarchy. */
export async function removeGroup(group: string): Promise<void> {
  const remove = (path: string) => {
    if (!existsSync(path)) return;
    for (const child of foldersIn(path)) remove(join(path, child));
    rmdirSync(path);
  };
  for (const { path } of hierarchies) {
    for (let tries = 0; ; tries++) {
      try {
        remove(join(path, group));
        break;
      } catch (error) {
        // The kernel counts a process as a member until it has been torn down, a moment after it left the list.
        if ((error as NodeJS.ErrnoException).code !== "EBUSY" || tries === 50) throw error;
        await sleep(100);
      }
    }
  }
}
