/** What breaks things of a lab on purpose, and sets them right again, for the tests of failures. */
import { isIP } from "node:net";
import { processesIn } from "./cgroups";
import { Instance } from "./instance";
import { configure } from "./network";
import { killNode, runInNode, stopNode } from "./node";
import { podGroup, processGroup, programOf, signalAll } from "./processes";

/** Processes beside the nodes that can be stopped for a while. */
type Pausable = "kube-apiserver" | "kube-controller-manager" | "coredns";

/** Faults of the nodes, the pods and the control plane of one lab. */
export class Faults {
  constructor(private readonly instance: Instance) {}

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

  /** Lets a pod send and be sent again, after cutNetwork. @param address the pod's */
  restoreNetwork(node: string, address: string): Promise<void> {
    return this.rules("del", node, address);
  }

  private rules(what: "add" | "del", node: string, address: string): Promise<void> {
    const ends = ["from", "to"].map((end) => `rule ${what} ${end} ${address} blackhole`);
    return configure(this.instance, `${node}.namespaces`, ends, familyOf(address));
  }

  /** Drops what two pods send each other, which neither is told, until restorePath. @param node that one of them is on */
  cutPath(node: string, addresses: [string, string]): Promise<void> {
    return this.pathRules("add", node, addresses);
  }

  /** Lets two pods send each other again, after cutPath. @param node as it was given to cutPath */
  restorePath(node: string, addresses: [string, string]): Promise<void> {
    return this.pathRules("del", node, addresses);
  }

  private pathRules(what: "add" | "del", node: string, [one, other]: [string, string]): Promise<void> {
    const ways = [`from ${one} to ${other}`, `from ${other} to ${one}`].map((way) => `rule ${what} ${way} blackhole`);
    return configure(this.instance, `${node}.namespaces`, ways, familyOf(one));
  }

  /** Stops a process of the control plane in mid-air: connections stay open, and nothing is answered until it goes on. */
  pause(name: Pausable): void {
    signalAll(processesIn(processGroup(this.instance, name)), "SIGSTOP");
  }

  /** Lets a paused process go on; one that goes on already is left alone. */
  resume(name: Pausable): void {
    signalAll(processesIn(processGroup(this.instance, name)), "SIGCONT");
  }

  /** Gives the next pod of a real node an address that is free: the plugin goes through the node's range in turn, from the last one it gave. */
  async nextPodAddress(node: string, address: string): Promise<void> {
    const radix = isIP(address) === 6 ? 16 : 10;
    const before = address.replace(/[\da-f]+$/, (last) => (parseInt(last, radix) - 1).toString(radix));
    await runInNode(this.instance, node, ["sh", "-c", 'printf %s "$0" > /run/cni/lab/last_reserved_ip.0', before]);
  }

  /** Addresses that pods of a real node hold. */
  async podAddresses(node: string): Promise<string[]> {
    const files = await runInNode(this.instance, node, ["ls", "/run/cni/lab"]);
    return files.split("\n").filter((file) => isIP(file) !== 0);
  }

  /** Switches a real node off, its containers included. The next `up` switches it on again. */
  stopNode(number: number): Promise<void> {
    return this.instance.exclusively(() => stopNode(this.instance, number));
  }

  /** Cuts a real node's power: whatever runs on it is gone at once. The next `up` switches it on again. */
  killNode(number: number): Promise<void> {
    return this.instance.exclusively(() => killNode(this.instance, number));
  }
}

/** Option of `ip` for rules about an address. */
const familyOf = (address: string) => (isIP(address) === 6 ? "-6" : "-4");
