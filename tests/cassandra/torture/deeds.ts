import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../../lab/src/lab";
import { duration } from "../../../lab/src/progress";
import { Load } from "../../support/load";
import { RingStack } from "../../support/ringStack";
import { isServing, nameOf, Pod, smallMembers } from "../../support/stack";
import { Engine } from "./engine";
import { DeedName, History } from "./histories";

const minutes = 60_000;
/** How long a deed lasts that is undone, in milliseconds. */
const aWhile = 30_000;

/** What can be done to a ring: a method for each deed, and one that undoes what lasts. */
export abstract class Deeds {
  /** Pods at the last look. While the API server is paused, deeds kill these. */
  protected pods: Pod[] = [];
  protected loads: Partial<Record<"one" | "three", Load>> = {};
  protected readonly engine = new Engine();
  protected replicas: number;
  /** Functions that undo a deed, each at its time or at the end of the history. */
  protected readonly open = new Set<() => unknown>();
  protected isPaused = false;
  protected readonly began = Date.now();

  /** @param log folder of what `pulumi up` prints @param done how often each deed was done, in this history and before */
  constructor(
    protected readonly lab: Lab,
    protected readonly stack: RingStack,
    protected readonly history: History,
    protected readonly log: string,
    protected readonly done: Map<DeedName, number>,
    protected readonly tell: (line: string) => void,
  ) {
    this.replicas = this.least;
  }

  protected get least(): number {
    return this.history.copies;
  }

  /** Ends the engine, and resumes paused processes. */
  stop(): void {
    this.engine.kill();
    for (const name of ["kube-apiserver", "coredns"] as const) this.lab.faults.resume(name);
  }

  protected configure(replicas: number): void {
    this.stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", replicas });
  }

  protected say(what: string): void {
    this.tell(`${duration(Date.now() - this.began)}  ${what}`);
  }

  protected pod(number: number): Pod {
    return this.pods[number % this.pods.length];
  }

  /** Undoes a deed later, or at the end of the history, whichever is first. */
  protected undoLater(milliseconds: number, undo: () => unknown): true {
    this.open.add(undo);
    void sleep(milliseconds, undefined, { ref: false }).then(() => this.undo(undo));
    return true;
  }

  protected async undo(undo: () => unknown): Promise<void> {
    if (this.open.delete(undo)) await undo();
  }

  // The deeds. Each returns whether it could be done.

  protected async wait(seconds: number): Promise<boolean> {
    await sleep(seconds * 1000);
    return true;
  }

  protected up(replicas: number): boolean {
    if (this.engine.isRunning) return false;
    this.replicas = Math.max(this.least, replicas);
    this.configure(this.replicas);
    this.engine.begin(this.stack, this.log);
    return true;
  }

  protected async upToEnd(replicas: number): Promise<boolean> {
    if (this.isPaused || !this.up(replicas)) return false;
    await this.engine.ends(4 * minutes);
    return true;
  }

  protected async killEngine(): Promise<boolean> {
    if (!this.engine.kill()) return false;
    await this.engine.ends(minutes);
    await this.stack.pulumi("cancel", "--yes");
    return true;
  }

  protected kill(number: number, what: Parameters<Lab["faults"]["killPod"]>[2]): boolean {
    const { spec, metadata } = this.pod(number);
    return spec.nodeName !== undefined && this.lab.faults.killPod(spec.nodeName, metadata.uid, what) > 0;
  }

  protected killCassandra(number: number): boolean {
    return this.kill(number, "Java");
  }

  protected killContainers(number: number): boolean {
    return this.kill(number, "containers");
  }

  protected killPod(number: number): boolean {
    return this.kill(number, "containers and sandbox");
  }

  protected killAll(): boolean {
    return this.pods.map((_, i) => this.kill(i, "containers and sandbox")).includes(true);
  }

  protected async deletePod(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    await this.lab.kubectl(["delete", "pod", nameOf(this.pod(number)), "--wait=false"]);
    return true;
  }

  protected async deletePodAtOnce(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const { metadata, spec } = this.pod(number);
    // The deed stands for a lost node. Without the kill, two pods would run on one disk, which is another fault.
    if (spec.nodeName) this.lab.faults.killPod(spec.nodeName, metadata.uid, "containers and sandbox");
    await this.lab.kubectl(["delete", "pod", metadata.name, "--wait=false", "--force", "--grace-period=0"]);
    return true;
  }

  protected async cutPath(number: number): Promise<boolean> {
    const [one, other] = [this.pod(number), this.pod(number + 1)];
    const [from, to, node] = [one.status.podIP, other.status.podIP, one.spec.nodeName];
    if (!from || !to || !node || from === to) return false;
    await this.lab.faults.cutPath(node, [from, to]);
    return this.undoLater(aWhile, () => this.reconnected(node, () => this.lab.faults.restorePath(node, [from, to])));
  }

  protected async cutNetwork(number: number): Promise<boolean> {
    const { spec, status } = this.pod(number);
    const [address, node] = [status.podIP, spec.nodeName];
    if (!address || !node) return false;
    await this.lab.faults.cutNetwork(node, address);
    return this.undoLater(aWhile, () => this.reconnected(node, () => this.lab.faults.restoreNetwork(node, address)));
  }

  /** Reconnects what a deed cut. A node that was switched off since has no cut left. */
  protected async reconnected(node: string, reconnect: () => Promise<void>): Promise<void> {
    await reconnect().catch((error: Error) =>
      this.say(`nothing to reconnect on ${node}: ${error.message.split("\n")[1]}`),
    );
  }

  protected pauseApiServer(seconds: number): boolean {
    if (this.isPaused) return false;
    this.isPaused = true;
    this.lab.faults.pause("kube-apiserver");
    return this.undoLater(seconds * 1000, () => {
      this.lab.faults.resume("kube-apiserver");
      this.isPaused = false;
    });
  }

  protected pauseDns(seconds: number): boolean {
    this.lab.faults.pause("coredns");
    return this.undoLater(seconds * 1000, () => this.lab.faults.resume("coredns"));
  }

  protected async revokeRole(): Promise<boolean> {
    if (this.isPaused) return false;
    const giveBack = await this.stack.revokeRole();
    return this.undoLater(aWhile, async () => {
      while (this.isPaused) await sleep(500);
      await giveBack();
    });
  }

  /** Loses a volume, if rows have three replicas, every member serves and none is to be repaired. Counts rows with one replica first. */
  protected async loseDisk(number: number): Promise<boolean> {
    if (this.history.copies === 1) return false;
    await Promise.all([...this.open].map((undo) => this.undo(undo)));
    if ((await this.engine.ends(3 * minutes)) === undefined && this.engine.isRunning) return false;
    this.pods = await this.stack.pods();
    const victim = this.pod(number);
    const record = await this.stack.get<{ data: Record<string, string> }>("configmap", "cassandra-ring");
    const owes = Object.keys(record.data).some((key) => key === "moving" || key.startsWith("repair."));
    if (owes || this.pods.length < 3 || !this.pods.every(isServing)) return false;
    const members = await this.stack.members(nameOf(this.pods[0])).catch(() => []);
    if (members.length !== this.pods.length || !members.every(({ state }) => state === "UN")) return false;
    await this.countSingleRows();
    await this.lab.kubectl(["delete", `pvc/data-${nameOf(victim)}`, `pod/${nameOf(victim)}`, "--wait=false"]);
    return true;
  }

  /** Ends the load with one replica, which the lost volume takes rows from, and counts its rows. */
  protected async countSingleRows(): Promise<void> {
    const { one } = this.loads;
    delete this.loads.one;
    if (one) this.counted(await one.stop(), "one copy");
  }

  protected async restartNode(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const node = 1 + (number % 3);
    await this.lab.faults.killNode(node);
    await sleep(5000);
    await Lab.up({ name: this.lab.instance.name });
    return true;
  }

  protected async decommission(): Promise<boolean> {
    const last = this.pods.at(-1);
    if (this.isPaused || !last || this.pods.length <= this.least || !isServing(last)) return false;
    const command = ["sh", "-c", "(nodetool decommission >/dev/null 2>&1 &)"];
    return this.stack.exec(nameOf(last), command).then(
      () => true,
      () => false,
    );
  }

  protected async scale(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const replicas = Math.max(this.least, 1 + (number % 5));
    await this.lab.kubectl(["scale", "statefulset", "cassandra", `--replicas=${replicas}`]);
    return true;
  }

  protected counted({ acknowledged, present }: { acknowledged: number; present: number }, kind: string): string {
    assert.ok(acknowledged > 0, `no row with ${kind} was ever acknowledged`);
    assert.equal(present, acknowledged, `acknowledged rows with ${kind} that can be read`);
    return `${present} of ${acknowledged} rows with ${kind}`;
  }
}

export const addressesOf = (pods: Pod[]) => pods.flatMap(({ status }) => status.podIP ?? []);
