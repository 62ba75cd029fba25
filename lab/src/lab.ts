/** A lab, for the programs that use one: the command line, the main job and the tests. */
import { mkdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { IpFamily } from "./addresses";
import { startCluster, stopCluster } from "./cluster";
import { Faults } from "./faults";
import { images } from "./images";
import { Instance, repository, Settings } from "./instance";
import { defaultDnsDomain, defaultFamilies, enter, mostNodes } from "./network";
import { nodeName, runInNode } from "./node";
import { home } from "./nodeConfig";
import { isInterrupted, pulumiEnvironment, pulumiPrograms, stackFolder } from "./pulumi";
import { run, RunOptions } from "./run";
import { StackFiles } from "./stackFiles";
import { checkHost, clusterPrograms } from "./toolchain";

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
  /** Whether Services of type LoadBalancer get an address that this machine reaches. @default as before, at first false */
  loadBalancers?: boolean;
  /** Whether Prometheus and Alertmanager run, in namespace `monitoring`. @default as before, at first false */
  prometheus?: boolean;
  /** Families of the cluster's addresses, the first one first. @default as the lab was made, at first ["IPv4"] */
  ipFamilies?: IpFamily[];
  /** Domain of the cluster's names in DNS. @default as the lab was made, at first "cluster.local" */
  dnsDomain?: string;
  /**
   * Whether the official Kubernetes plugin is built from its source (seven minutes, the newest version that Go modules have) where it
   * cannot be downloaded. @default as the lab was made, at first false: the lab's stand-in takes its place
   */
  officialPlugin?: boolean;
}

export class Lab {
  readonly dir: string;
  readonly stackFiles: StackFiles;
  /** What breaks things of this lab on purpose. */
  readonly faults: Faults;

  private constructor(readonly instance: Instance) {
    this.dir = instance.dir;
    this.stackFiles = new StackFiles(stackFolder(instance));
    this.faults = new Faults(instance);
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

  /** Gives an image of a real node's a second name. */
  async tagImage(node: string, image: string, name: string): Promise<void> {
    const { env } = await clusterPrograms(this.settings({}));
    await runInNode(this.instance, node, ["ctr", "-n", "k8s.io", "images", "tag", "--force", image, name], { env });
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

  private settings(options: LabOptions): Settings {
    const before = this.instance.settings;
    const settings = {
      simulated: options.simulated ?? before?.simulated ?? false,
      nodes: options.nodes ?? before?.nodes ?? 3,
      simulatedNodes: options.simulatedNodes ?? before?.simulatedNodes ?? 0,
      certManager: options.certManager ?? before?.certManager ?? false,
      loadBalancers: options.loadBalancers ?? before?.loadBalancers ?? false,
      prometheus: options.prometheus ?? before?.prometheus ?? false,
      ipFamilies: options.ipFamilies ?? before?.ipFamilies ?? defaultFamilies,
      dnsDomain: options.dnsDomain ?? before?.dnsDomain ?? defaultDnsDomain,
      officialPlugin: options.officialPlugin ?? before?.officialPlugin ?? false,
    };
    if (before) this.refuseOther(before, settings);
    if (!settings.simulated && settings.nodes > mostNodes) {
      throw new Error(`A lab has ${mostNodes} real nodes at the most; ${settings.nodes} were asked for.`);
    }
    if (settings.loadBalancers && settings.ipFamilies[0] !== "IPv4") {
      throw new Error("The lab's load balancers have addresses of IPv4, which must be the first family of the lab.");
    }
    return settings;
  }

  /** What a cluster is made with, and cannot be changed to while it has objects. */
  private refuseOther(before: Settings, settings: Settings): void {
    const made = (of: Settings) => ({
      nodes: of.simulated ? "simulated nodes" : "real nodes",
      families: `addresses of ${(of.ipFamilies ?? defaultFamilies).join(" and ")}`,
      domain: `the DNS domain ${of.dnsDomain ?? defaultDnsDomain}`,
    });
    const [had, wanted] = [made(before), made(settings)];
    const other = (["nodes", "families", "domain"] as const).find((what) => had[what] !== wanted[what]);
    if (other === undefined) return;
    const { name } = this.instance;
    throw new Error(
      `The lab "${name}" has ${had[other]}. Delete it first, with its volumes: npm run lab -- down --delete --name ${name}`,
    );
  }
}
