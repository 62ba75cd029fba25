import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { readdir, rm, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Apt } from "./apt";
import { cached } from "./cache";
import { step } from "./progress";

/** The programs of a node and of the control plane that Debian has, by package. */
const PROGRAMS: Record<string, string[]> = {
  containerd: ["containerd", "containerd-shim-runc-v2", "ctr"],
  runc: ["runc"],
  "etcd-server": ["etcd"],
  // kube-proxy in nftables mode
  nftables: ["nft"],
  // kube-router, which enforces network policies
  iptables: ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]),
  ipset: ["ipset"],
  iproute2: ["ip"],
};
const CNI_PLUGINS = ["ptp", "host-local", "loopback", "portmap"];
const CNI_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

export interface DebianTools {
  /** Folders to put after PATH, so that what this machine has itself is used first; empty if it has everything. */
  path: string[];
  /** Folders for LD_LIBRARY_PATH: nft needs libraries that a machine without it lacks. */
  libraryPath: string[];
  /** Folder of the extensions of iptables; undefined where this machine has it itself. */
  extensions?: string;
  /** Folder of the CNI plugins, for containerd's `bin_dir`. */
  cniBin: string;
}

/**
 * The programs of `PROGRAMS` and the CNI plugins: those of this machine, the rest downloaded from its Debian mirror
 * into the cache. Nothing is installed, replaced or started.
 * @throws if something is missing and this is no Debian system, or its mirror refuses
 */
export async function debianTools(): Promise<DebianTools> {
  const missing = Object.keys(PROGRAMS).filter((name) => !PROGRAMS[name].every(onPath));
  const cniBin = CNI_FOLDERS.find((folder) => CNI_PLUGINS.every((plugin) => existsSync(join(folder, plugin))));
  if (!cniBin) missing.push("containernetworking-plugins");
  if (missing.length === 0) return { path: [], libraryPath: [], cniBin: cniBin! };
  const dir = await unpacked(missing);
  const libraries = (await readdir(join(dir, "usr/lib"))).filter((folder) => folder.endsWith("-linux-gnu"));
  return {
    path: [join(dir, "usr/sbin"), join(dir, "usr/bin")],
    libraryPath: libraries.map((folder) => join(dir, "usr/lib", folder)),
    cniBin: cniBin ?? join(dir, "usr/lib/cni"),
    ...(missing.includes("iptables") && { extensions: join(dir, "usr/lib", libraries[0], "xtables") }),
  };
}

/** A folder of the cache in which these packages, and those they need and this machine lacks, lie unpacked. */
export async function unpacked(packages: string[]): Promise<string> {
  if (!onPath("apt-get")) {
    throw new Error(
      `This machine lacks ${packages.join(", ")}, and apt-get to download them. Install them, or use a cluster that ` +
        "you have: `npm start -- --context minikube`.",
    );
  }
  const system = existsSync("/etc/os-release") ? readFileSync("/etc/os-release") : "";
  const named = packages.includes("iptables") ? PROGRAMS.iptables : [];
  return cached("debian-packages", [system, process.arch, ...packages, ...named], (dir) =>
    step(`downloading ${packages.join(", ")}`, async () => {
      const scratch = join(dir, "apt");
      await (await Apt.ofHost(scratch)).unpackWithDependencies(packages, dir);
      await rm(scratch, { recursive: true });
      if (packages.includes("iptables")) await nameIptables(join(dir, "usr/sbin"));
    }),
  );
}

/** Installed, the package would be asked which of its two kinds has the plain names. */
async function nameIptables(folder: string): Promise<void> {
  const names = PROGRAMS.iptables.filter((name) => !existsSync(join(folder, name)));
  await Promise.all(names.map((name) => symlink("xtables-nft-multi", join(folder, name))));
}

/** True if a program of this name can be run. */
export function onPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
