/**
 * A lab is one instance: a cluster with its state in a folder of its own. Instances of one clone or of several run side
 * by side; whatever an instance puts on the host carries its owner mark, which follows from the folder's path alone, so
 * that its leavings are found even after the folder has been deleted.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { IpFamily } from "./addresses";
import { fingerprint } from "./cache";
import { say } from "./progress";

/** The clone that this file belongs to. */
export const repository = resolve(__dirname, "../..");

/** What an instance remembers from one `up` to the next. */
export interface Settings {
  /** Simulated nodes (KWOK) instead of real ones. */
  simulated: boolean;
  /** Number of nodes: node1, node2 and so on. */
  nodes: number;
  /** Number of simulated nodes beside real ones: simulated1 and so on. @default 0 */
  simulatedNodes?: number;
  /** Whether cert-manager runs. @default false */
  certManager?: boolean;
  /** Whether Services of type LoadBalancer get an address that this machine reaches. @default false */
  loadBalancers?: boolean;
  /** Whether Prometheus and Alertmanager run. @default false */
  prometheus?: boolean;
  /** Families of addresses of pods, Services and nodes, the first one first. @default ["IPv4"] */
  ipFamilies?: IpFamily[];
  /** Domain of the cluster's names in DNS. @default "cluster.local" */
  dnsDomain?: string;
  /** Whether the official Kubernetes plugin is built from its source where it cannot be downloaded. @default false: the stand-in */
  officialPlugin?: boolean;
}

/** Whether KWOK runs. */
export const hasKwokNodes = ({ simulated, simulatedNodes = 0 }: Settings) => simulated || simulatedNodes > 0;

export class Instance {
  readonly dir: string;
  /** Twelve hex digits. */
  readonly owner: string;
  /** Name of the instance's control group, in every hierarchy. */
  readonly cgroup: string;

  /** @throws when the name cannot be part of a kube context and of a folder's name */
  constructor(readonly name = "main") {
    // `contexts` holds the stack files for clusters of the user's own.
    if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name) || name === "contexts") {
      throw new Error(
        `--name ${name}: a lab's name is up to 32 lower-case letters, digits and inner hyphens, and not "contexts".`,
      );
    }
    this.dir = join(repository, ".lab", name);
    this.owner = fingerprint([this.dir]);
    this.cgroup = `cassandra-lab-${this.owner}`;
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  /** The command that brings this instance up. */
  get upCommand(): string {
    return `npm run lab -- up${this.name === "main" ? "" : ` --name ${this.name}`}`;
  }

  get kubeconfig(): string {
    return this.path("kubeconfig");
  }

  get context(): string {
    return `cassandra-lab-${this.name}`;
  }

  /** Writes a file below the instance's folder, whole or not at all; only root may read it. @returns its path */
  write(file: string, content: string | object): string {
    const path = this.path(file);
    const text = typeof content === "string" ? content : JSON.stringify(content, undefined, 2);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return path;
  }

  /** @returns undefined before the first `up` and after the folder's deletion */
  get settings(): Settings | undefined {
    return this.read("instance.json");
  }

  set settings(settings: Settings) {
    this.write("instance.json", settings);
  }

  /** Parsed JSON file, or undefined when there is none that can be read. */
  read<T>(file: string): T | undefined {
    try {
      return JSON.parse(readFileSync(this.path(file), "utf8")) as T;
    } catch {
      return undefined;
    }
  }

  /**
   * Runs `work` while no other process does the same for this instance; waits up to ten minutes for its turn.
   * The lock is a socket in the kernel's abstract namespace: no file, and it ends with its process, however that ends.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lock = createServer();
    for (let tries = 0; !(await listening(lock, `\0${this.cgroup}`)); tries++) {
      if (tries === 0) say(`  waiting for another command that works on the lab "${this.name}" ...`);
      if (tries === 1200) throw new Error(`Another command has worked on the lab "${this.name}" for ten minutes.`);
      await sleep(500);
    }
    try {
      return await work();
    } finally {
      lock.close();
    }
  }
}

function listening(server: ReturnType<typeof createServer>, path: string): Promise<boolean> {
  return new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(false) : fail(error)));
    server.listen(path, () => done(true));
  }).finally(() => server.removeAllListeners("error")) as Promise<boolean>;
}
