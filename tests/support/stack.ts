import * as assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { repository } from "../../lab/src/instance";
import { Lab, LabOptions } from "../../lab/src/lab";
import { run, RunError } from "../../lab/src/run";
import { hostpathProvisioner } from "../../lab/src/storage";

const minutes = 60_000;

/**
 * Settings of small members that find each other fast. Each join and each leave waits several times for news to reach all
 * members, a minute and more in sum with Cassandra's own values; here all nodes are on one machine.
 */
export const smallMembers = {
  memory: "1Gi",
  maxHeap: "512M",
  cpu: "100m",
  clusterName: "K8Demo",
  datacenter: "DC1-K8Demo",
  jvmOptions: [
    "-Dcassandra.ring_delay_ms=10000",
    "-Dcassandra.gossip_settle_min_wait_ms=1000",
    "-Dcassandra.gossip_settle_interval_ms=500",
    // Most of what such a member does is start.
    "-XX:TieredStopAtLevel=1",
  ],
  // The tests' own requests come from the lab's network, outside any pod.
  clientsFrom: [{ cidr: "10.99.0.0/16" }],
};

/** A storage class whose volumes can grow. */
export const growingClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "growing" },
  provisioner: hostpathProvisioner,
  allowVolumeExpansion: true,
};

/** Makes a key and a certificate of it, which openssl is told more about. */
export const certify = (...args: string[]) =>
  run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...args]);

export interface Pod {
  metadata: { name: string; namespace: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
}

export const nameOf = ({ metadata }: Pod) => metadata.name;

/** Whether the pod is Ready, and not about to go. */
export const isServing = ({ metadata, status }: Pod) =>
  !metadata.deletionTimestamp && !!status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");

/** For a suite: a lab for as long as it runs. @param use is given it before the first test */
export function inLab(options: LabOptions, use: (lab: Lab) => void | Promise<void>): void {
  const officialPlugin = options.officialPlugin ?? process.env.OFFICIAL_PLUGIN === "yes";
  before(async function () {
    // On a machine without its tools, the lab builds them first.
    this.timeout(40 * minutes);
    // What a run before this one left behind, if it was killed.
    await Lab.find(options.name).down({ delete: true });
    await use(await Lab.up({ ...options, officialPlugin }));
  });

  after(() => Lab.find(options.name).down({ delete: true }));
}

/** For a suite: a lab of simulated nodes for as long as it runs, and a stack in it. @param use is given both before its first test */
export function inSimulatedLab(
  name: string,
  use: (made: { lab: Lab; stack: Stack }) => unknown,
  options: LabOptions = {},
): void {
  inLab({ name: "preview", simulated: true, ...options }, async (lab) => {
    await use({ lab, stack: await Stack.of(lab, name) });
  });
}

/** A stack of this program in a lab of the tests' own, driven as a user drives it: with the Pulumi CLI and kubectl. */
export class Stack {
  protected constructor(
    readonly lab: Lab,
    readonly name: string,
  ) {}

  /** The stack with the config of its file in the repository, in a lab that is up. */
  static async of(lab: Lab, name: string): Promise<Stack> {
    await lab.ensureStack(name);
    return new Stack(lab, name);
  }

  /** Writes the stack file anew, with these settings and no others: the program's, and those of plugins by their full key. */
  configure(settings: Record<string, unknown>): void {
    const own = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [key.includes(":") ? key : `cassandra:${key}`, value]),
    );
    this.lab.stackFiles.configure(this.name, { ...own, "kubernetes:enablePatchForce": "true" });
  }

  /** Runs a pulumi command on the stack and returns all that it printed. @throws {RunError} when it fails. */
  async pulumi(...args: string[]): Promise<string> {
    return this.run(args);
  }

  /** The same for another program of the same project. @param folder of its Pulumi.yaml @param env variables beside those of the lab */
  pulumiIn(folder: string, env: Record<string, string>, ...args: string[]): Promise<string> {
    return this.run(["-C", folder, ...args, ...this.lab.stackFiles.option(this.name)], env);
  }

  private async run(args: string[], env: Record<string, string> = {}): Promise<string> {
    const options = { env: { ...this.lab.env, ...env }, timeout: 15 * minutes };
    try {
      return await this.lab.pulumi([...args, "--stack", this.name, "--non-interactive"], options);
    } catch (error) {
      // Why it failed stands in the middle of what it printed.
      if (error instanceof RunError) error.message += `\n${/^Diagnostics:[^]*/m.exec(error.stdout)?.[0] ?? ""}`;
      throw error;
    }
  }

  /** Kind, name and UID of every object of a ring, pods and PersistentVolumeClaims included. @default selector that of all rings */
  async uids(selector = "app=cassandra"): Promise<string[]> {
    const kinds =
      "statefulsets,services,configmaps,secrets,serviceaccounts,roles,rolebindings,pdb,networkpolicies,pods,pvc,storageclasses";
    const line = '{range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}';
    return (await this.lab.kubectl(["get", kinds, "-l", selector, "-o", `jsonpath=${line}`])).split("\n").sort();
  }

  /** What a pulumi command printed that was expected to fail. */
  async refused(...args: string[]): Promise<string> {
    try {
      await this.pulumi(...args);
    } catch (error) {
      if (error instanceof RunError) return error.stdout + error.stderr;
      throw error;
    }
    throw new Error(`pulumi ${args.join(" ")} succeeded`);
  }

  /** Asserts that a pulumi command fails, and prints all of these sentences. @returns what it printed */
  async refusedWith(sentences: string[], ...args: string[]): Promise<string> {
    const said = await this.refused(...args);
    for (const line of sentences) assert.ok(said.includes(line), `${line}\n--- is not in\n${said}`);
    return said;
  }

  async set(values: Record<string, string>): Promise<void> {
    for (const [key, value] of Object.entries(values)) await this.pulumi("config", "set", key, value);
  }

  async unset(...keys: string[]): Promise<void> {
    for (const key of keys) await this.pulumi("config", "rm", key);
  }

  up(...args: string[]): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview", ...args);
  }

  /**
   * Kills `pulumi up`, the engine and all plugins that it started.
   * @param seconds within which it must get there
   * @param reached whether it has got to where it is to be killed
   */
  async killUp(seconds: number, reached: () => Promise<boolean>): Promise<void> {
    const engine = this.beginUp("ignore");
    const gone = once(engine, "exit");
    try {
      for (let i = 0; !(await reached()); i++) {
        assert.ok(i < 4 * seconds && engine.exitCode === null, "the update never got there");
        await sleep(250);
      }
    } finally {
      process.kill(-(engine.pid as number), "SIGKILL");
    }
    await gone;
  }

  /** Starts `pulumi up` in a process group of its own, which is killed by its negative id. @param output file of what it prints */
  beginUp(output: number | "ignore"): ChildProcess {
    const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", this.name];
    const options = { cwd: repository, env: this.lab.env, detached: true };
    return spawn("pulumi", args, { ...options, stdio: ["ignore", output, output] });
  }

  destroy(): Promise<string> {
    return this.pulumi("destroy", "--yes", "--skip-preview");
  }

  /** An object, or all objects of a kind, as the API server has them. */
  async get<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.lab.kubectl(["get", ...args, "-o", "json"])) as T;
  }

  /** Names, uids and versions of all objects of the program, but for what the cluster itself writes into them. */
  async objects(): Promise<string[]> {
    const kinds = "statefulsets,services,configmaps,serviceaccounts,roles,rolebindings,poddisruptionbudgets,pods,pvc";
    type Item = { metadata: { name: string; uid: string; generation?: number; resourceVersion: string } };
    const { items } = await this.get<{ items: Item[] }>(kinds, "-l", "app=cassandra");
    // What has a generation keeps it while the cluster writes its status.
    return items
      .map(
        ({ metadata: { name, uid, generation, resourceVersion } }) => `${name} ${uid} ${generation ?? resourceVersion}`,
      )
      .sort();
  }

  /** Pods in order of their names. @param selector labels that they have */
  async pods(selector: string): Promise<Pod[]> {
    const { items } = await this.get<{ items: Pod[] }>("pods", "-l", selector);
    return items.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }
}
