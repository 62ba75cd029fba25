/** A lab, for the programs that use one: the command line, the main job and the tests. */
import { mkdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { processesIn } from "./cgroups";
import { startCluster, stopCluster } from "./cluster";
import { images } from "./images";
import { Instance, repository, Settings } from "./instance";
import { configure, enter, mostNodes } from "./network";
import { killNode, nodeName, stopNode } from "./node";
import { home } from "./nodeConfig";
import { podGroup, processGroup, programOf, signalAll } from "./processes";
import { isInterrupted, pulumiEnvironment, pulumiPrograms, stackFolder } from "./pulumi";
import { run, RunOptions } from "./run";
import { StackFiles } from "./stackFiles";
import { checkHost, clusterPrograms } from "./toolchain";

/** Processes beside the nodes that can be stopped for a while. */
type Pausable = "kube-apiserver" | "kube-controller-manager" | "coredns";

export interface LabOptions {
  /** Which lab: several run side by side. @default "main" */
  name?: string;
  /** Nodes that exist in the API server only (KWOK). @default as the lab was made, at first false */
  simulated?: boolean;
  /** Number of nodes; with fewer than before, the last ones are removed. @default as before, at first 3 */
  nodes?: number;
  /** Number of simulated nodes beside real ones. @default as before, at first 0 */
  simulatedNodes?: number;
  /** Whether cert-manager issues certificates by authorities in the cluster. @default as before, at first false */
  certManager?: boolean;
  /**
   * Whether the official Kubernetes plugin is built from its source (seven minutes, the newest version that Go modules have) where it
   * cannot be downloaded. @default as the lab was made, at first false: the lab's stand-in takes its place
   */
  officialPlugin?: boolean;
}

export class Lab {
  readonly dir: string;
  readonly stackFiles: StackFiles;

  private constructor(readonly instance: Instance) {
    this.dir = instance.dir;
    this.stackFiles = new StackFiles(stackFolder(instance));
  }

  /** The lab of a name, whether it is up or not. */
  static find(name?: string): Lab {
    return new Lab(new Instance(name));
  }

  /**
   * Brings a lab up, on the state that it has; returns at once if all of it runs.
   * @throws what this machine lacks, or what did not start
   */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const lab = Lab.find(options.name);
    checkHost();
    const settings = lab.settings(options);
    // At the first start some wait for compilers, and others for downloads.
    const [programs, archives, pulumi] = await Promise.all([
      clusterPrograms(settings),
      settings.simulated ? [] : images(),
      pulumiPrograms(settings),
    ]);
    await lab.instance.exclusively(async () => {
      await startCluster(lab.instance, settings, programs, archives);
      lab.instance.write("environment.json", await pulumiEnvironment(lab.instance, pulumi));
      const versions = pulumi.plugins.map(({ name, atWork }) => [name, atWork] as const);
      lab.instance.write("plugins.json", Object.fromEntries(versions));
      lab.stackFiles.prepare();
    });
    return lab;
  }

  /** Version of the Kubernetes plugin in use. */
  get kubernetesPlugin(): string {
    return this.instance.read<{ kubernetes: string }>("plugins.json")!.kubernetes;
  }

  /** Variables for a shell, besides PATH with `bin` in front. @throws when the lab has never been up */
  get variables(): Record<string, string> {
    const variables = this.instance.read<Record<string, string>>("environment.json");
    if (!variables) throw new Error(`The lab "${this.instance.name}" is not up: ${this.instance.upCommand}`);
    return variables;
  }

  /** Folder of the lab's own `pulumi` and `kubectl`. */
  get bin(): string {
    return this.instance.path("bin");
  }

  /** Whole environment for child processes. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.variables, PATH: `${this.bin}:${process.env.PATH}` };
  }

  /** Runs the kubectl of the lab on its cluster. @returns standard output @throws {RunError} */
  kubectl(args: string[], options: RunOptions = {}): Promise<string> {
    return run("kubectl", args, { env: this.env, ...options });
  }

  /** Runs the pulumi of the lab in the repository. @returns standard output @throws {RunError} */
  pulumi(args: string[], options: RunOptions = {}): Promise<string> {
    return run("pulumi", args, { cwd: repository, env: this.env, timeout: 900_000, ...options });
  }

  /** Makes the stack in the lab's backend, from the repository's stack file, if there is none yet. */
  ensureStack(stack: string): Promise<void> {
    return this.stackFiles.ensure(stack, this.env);
  }

  /** The start of a command line that runs where pods are reached by their addresses, as a program in the cluster reaches them. */
  get inside(): string[] {
    return enter(this.instance, "network", "net");
  }

  /**
   * Makes an empty folder on a real node's disk, for a `local` volume.
   * @returns its path as the node sees it
   */
  makeDisk(number: number, name: string): string {
    const folder = this.instance.path(nodeName(number), "disks", name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return `${home}/${nodeName(number)}/disks/${name}`;
  }

  /**
   * Kills the processes of a pod on a real node at once, as a crash does, unknown to Kubernetes.
   * @param what its Javas alone, its containers, or the sandbox as well, and with it the pod's address
   * @returns how many processes it killed
   */
  killPod(node: string, uid: string, what: "Java" | "containers" | "containers and sandbox"): number {
    const classes = ["", "/burstable", "/besteffort"].map((name) => `${podGroup(this.instance, node)}/kubepods${name}`);
    const pids = classes.flatMap((group) => processesIn(`${group}/pod${uid}`));
    const isVictim = {
      Java: (program?: string) => program === "java",
      containers: (program?: string) => program !== "pause",
      "containers and sandbox": () => true,
    }[what];
    const victims = pids.filter((pid) => isVictim(programOf(pid)));
    // The first one to go may take others with it.
    signalAll(victims, "SIGKILL");
    return victims.length;
  }

  /** Drops all that a pod on a real node sends and is sent, which neither end is told, until restoreNetwork. @param address the pod's */
  cutNetwork(node: string, address: string): Promise<void> {
    return this.rules("add", node, address);
  }

  restoreNetwork(node: string, address: string): Promise<void> {
    return this.rules("del", node, address);
  }

  private rules(what: "add" | "del", node: string, address: string): Promise<void> {
    const ends = ["from", "to"].map((end) => `rule ${what} ${end} ${address} blackhole`);
    return configure(this.instance, `${node}.namespaces`, ends);
  }

  /** Drops what two pods send each other, which neither is told, until restorePath. @param node that one of them is on */
  cutPath(node: string, addresses: [string, string]): Promise<void> {
    return this.pathRules("add", node, addresses);
  }

  restorePath(node: string, addresses: [string, string]): Promise<void> {
    return this.pathRules("del", node, addresses);
  }

  private pathRules(what: "add" | "del", node: string, [one, other]: [string, string]): Promise<void> {
    return configure(this.instance, `${node}.namespaces`, [
      `rule ${what} from ${one} to ${other} blackhole`,
      `rule ${what} from ${other} to ${one} blackhole`,
    ]);
  }

  /** Stops a process of the control plane in mid-air: connections stay open, and nothing is answered until it goes on. */
  pause(name: Pausable): void {
    signalAll(processesIn(processGroup(this.instance, name)), "SIGSTOP");
  }

  resume(name: Pausable): void {
    signalAll(processesIn(processGroup(this.instance, name)), "SIGCONT");
  }

  private inNode(node: string, command: string[], options: RunOptions = {}): Promise<string> {
    const [nsenter, ...inside] = enter(this.instance, `${node}.namespaces`, "net", "mount");
    return run(nsenter, [...inside, ...command], options);
  }

  /** Gives an image of a real node's a second name. */
  async tagImage(node: string, image: string, name: string): Promise<void> {
    const { env } = await clusterPrograms(this.settings({}));
    await this.inNode(node, ["ctr", "-n", "k8s.io", "images", "tag", "--force", image, name], { env });
  }

  /** Gives the next pod of a real node an address that is free: the plugin goes through the node's range in turn, from the last one it gave. */
  async nextPodAddress(node: string, address: string): Promise<void> {
    const [, last] = /(\d+)$/.exec(address)!;
    const before = address.replace(/\d+$/, String(Number(last) - 1));
    await this.inNode(node, ["sh", "-c", 'printf %s "$0" > /run/cni/lab/last_reserved_ip.0', before]);
  }

  /** Addresses that pods of a real node hold. */
  async podAddresses(node: string): Promise<string[]> {
    const files = await this.inNode(node, ["ls", "/run/cni/lab"]);
    return files.split("\n").filter((file) => /^[\d.]+$/.test(file));
  }

  /** Switches a real node off, its containers included. The next `up` switches it on again. */
  stopNode(number: number): Promise<void> {
    return this.instance.exclusively(() => stopNode(this.instance, number));
  }

  /** Cuts a real node's power: whatever runs on it is gone at once. The next `up` switches it on again. */
  killNode(number: number): Promise<void> {
    return this.instance.exclusively(() => killNode(this.instance, number));
  }

  /** Whether the last pulumi that worked on the stack was killed: its lock is still there, and nobody holds it. */
  isInterrupted(stack: string): boolean {
    return isInterrupted(this.instance, stack);
  }

  /**
   * Takes the lab down. Nothing of it stays on the host but its folder, from which the next `up` goes on.
   * @param options.delete remove the folder too, with volumes, stacks and all
   */
  async down(options: { delete?: boolean } = {}): Promise<void> {
    await this.instance.exclusively(async () => {
      await stopCluster(this.instance);
      if (options.delete) await rm(this.dir, { recursive: true, force: true });
    });
  }

  private settings({ simulated, nodes, simulatedNodes, certManager, officialPlugin }: LabOptions): Settings {
    const before = this.instance.settings;
    const settings = {
      simulated: simulated ?? before?.simulated ?? false,
      nodes: nodes ?? before?.nodes ?? 3,
      simulatedNodes: simulatedNodes ?? before?.simulatedNodes ?? 0,
      certManager: certManager ?? before?.certManager ?? false,
      officialPlugin: officialPlugin ?? before?.officialPlugin ?? false,
    };
    const again = `Delete it first, with its volumes: npm run lab -- down --delete --name ${this.instance.name}`;
    if (before && before.simulated !== settings.simulated) {
      throw new Error(`The lab "${this.instance.name}" has ${before.simulated ? "simulated" : "real"} nodes. ${again}`);
    }
    if (!settings.simulated && settings.nodes > mostNodes) {
      throw new Error(`A lab has ${mostNodes} real nodes at the most; ${settings.nodes} were asked for.`);
    }
    return settings;
  }
}
