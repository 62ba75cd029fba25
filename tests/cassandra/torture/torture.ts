import * as assert from "node:assert/strict";
import { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../../lab/src/lab";
import { duration } from "../../../lab/src/progress";
import { isServing, nameOf, Pod, smallMembers } from "../../support/stack";
import { Load } from "../../support/load";
import { RingStack } from "../../support/ringStack";
import { Deed, DeedName, deeds, History } from "./histories";

const minutes = 60_000;
/** How long what is cut or taken away stays so. */
const aWhile = 30_000;
/** How often `pulumi up` may say what is still missing. */
const mostUps = 4;

/** One history on a ring: it is done to it, all is healed, and what came of it is looked at. */
export class Torture {
  /** Pods as they were seen last: while nobody answers, they are killed all the same. */
  private pods: Pod[] = [];
  private loads: Partial<Record<"one" | "three", Load>> = {};
  private engine: ChildProcess | undefined;
  private replicas: number;
  /** What is to be undone, at its time or when all is healed. */
  private readonly open = new Set<() => unknown>();
  private isPaused = false;
  private readonly began = Date.now();

  /** @param log folder of what `pulumi up` prints @param done how often each deed was done, in this history and before */
  constructor(
    private readonly lab: Lab,
    private readonly stack: RingStack,
    private readonly history: History,
    private readonly log: string,
    private readonly done: Map<DeedName, number>,
    private readonly tell: (line: string) => void,
  ) {
    this.replicas = this.least;
  }

  private get least(): number {
    return this.history.copies;
  }

  /** @returns what came of it, in a line @throws what must never come about */
  async run(): Promise<string> {
    mkdirSync(this.log, { recursive: true });
    try {
      await this.prepare();
      for (const [name, number] of this.history.deeds) await this.do(name, number);
      const ups = await this.heal();
      return await this.look(ups);
    } finally {
      this.stop();
      await Promise.all(Object.values(this.loads).map((load) => load.stop().catch(() => undefined)));
    }
  }

  /** Ends what goes on by itself, and lets go on what was paused. */
  stop(): void {
    this.endEngine();
    for (const name of ["kube-apiserver", "coredns"] as const) this.lab.resume(name);
  }

  /** A ring in which the history can begin, and its requests. */
  private async prepare(): Promise<void> {
    const members = (await this.stack.pods()).length;
    this.replicas = Math.min(Math.max(members, this.least), 4);
    // The rows of the history before would keep it from having fewer members than they have copies.
    if (members > 0) await this.stack.cql("cassandra-0", "DROP KEYSPACE IF EXISTS three; DROP KEYSPACE IF EXISTS one;");
    this.configure(this.replicas);
    if (members !== this.replicas) await this.stack.up();
    this.pods = await this.stack.serving(this.replicas);
    await this.stack.oneRing(this.replicas);
    this.loads.one = await this.load("one", 1);
    if (this.history.copies === 3) this.loads.three = await this.load("three", 3);
    await sleep(3000);
  }

  private async load(keyspace: string, copies: number): Promise<Load> {
    const credentials = await this.stack.superuser();
    const { datacenter } = smallMembers;
    const options = { datacenter, keyspace, copies, credentials, singleRows: 0, pause: 100 };
    return Load.start(this.lab, options, addressesOf(this.pods));
  }

  private configure(replicas: number): void {
    this.stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", replicas });
  }

  private say(what: string): void {
    this.tell(`${duration(Date.now() - this.began)}  ${what}`);
  }

  private async do(name: DeedName, number: number): Promise<void> {
    if (!this.isPaused) this.pods = await this.stack.pods().catch(() => this.pods);
    if (!(await this[name](number))) return;
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
    this.say(`${deeds[name]} (${number})`);
  }

  private pod(number: number): Pod {
    return this.pods[number % this.pods.length];
  }

  /** Undoes something later, or when all is healed, whichever is first. */
  private undoLater(milliseconds: number, undo: () => unknown): true {
    this.open.add(undo);
    void sleep(milliseconds, undefined, { ref: false }).then(() => this.undo(undo));
    return true;
  }

  private async undo(undo: () => unknown): Promise<void> {
    if (this.open.delete(undo)) await undo();
  }

  // What is done: each returns whether it could be.

  private async wait(seconds: number): Promise<boolean> {
    await sleep(seconds * 1000);
    return true;
  }

  private up(replicas: number): boolean {
    if (this.isUpRunning) return false;
    this.replicas = Math.max(this.least, replicas);
    this.configure(this.replicas);
    const output = openSync(join(this.log, "up.log"), "a");
    this.engine = this.stack.beginUp(output);
    closeSync(output);
    return true;
  }

  private async upToEnd(replicas: number): Promise<boolean> {
    if (this.isPaused || !this.up(replicas)) return false;
    await this.engineEnds(4 * minutes);
    return true;
  }

  private get isUpRunning(): boolean {
    return this.engine !== undefined && this.engine.exitCode === null && this.engine.signalCode === null;
  }

  /** @returns its exit code; undefined when it still runs */
  private async engineEnds(milliseconds: number): Promise<number | null | undefined> {
    if (this.isUpRunning)
      await Promise.race([once(this.engine!, "exit"), sleep(milliseconds, undefined, { ref: false })]);
    return this.isUpRunning ? undefined : this.engine?.exitCode;
  }

  private endEngine(): boolean {
    if (!this.isUpRunning) return false;
    process.kill(-this.engine!.pid!, "SIGKILL");
    return true;
  }

  private async killEngine(): Promise<boolean> {
    if (!this.endEngine()) return false;
    await this.engineEnds(minutes);
    await this.stack.pulumi("cancel", "--yes");
    return true;
  }

  private kill(number: number, what: Parameters<Lab["killPod"]>[2]): boolean {
    const { spec, metadata } = this.pod(number);
    return spec.nodeName !== undefined && this.lab.killPod(spec.nodeName, metadata.uid, what) > 0;
  }

  private killCassandra(number: number): boolean {
    return this.kill(number, "Java");
  }

  private killContainers(number: number): boolean {
    return this.kill(number, "containers");
  }

  private killPod(number: number): boolean {
    return this.kill(number, "containers and sandbox");
  }

  private killAll(): boolean {
    return this.pods.map((_, i) => this.kill(i, "containers and sandbox")).includes(true);
  }

  private async deletePod(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    await this.lab.kubectl(["delete", "pod", nameOf(this.pod(number)), "--wait=false"]);
    return true;
  }

  private async deletePodAtOnce(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const { metadata, spec } = this.pod(number);
    // Two pods on one disk would be another fault than this one: it stands for a node that is gone.
    if (spec.nodeName) this.lab.killPod(spec.nodeName, metadata.uid, "containers and sandbox");
    await this.lab.kubectl(["delete", "pod", metadata.name, "--wait=false", "--force", "--grace-period=0"]);
    return true;
  }

  private async cutPath(number: number): Promise<boolean> {
    const [one, other] = [this.pod(number), this.pod(number + 1)];
    const [from, to, node] = [one.status.podIP, other.status.podIP, one.spec.nodeName];
    if (!from || !to || !node || from === to) return false;
    await this.lab.cutPath(node, [from, to]);
    return this.undoLater(aWhile, () => this.mended(node, () => this.lab.mendPath(node, [from, to])));
  }

  private async cutNetwork(number: number): Promise<boolean> {
    const { spec, status } = this.pod(number);
    const [address, node] = [status.podIP, spec.nodeName];
    if (!address || !node) return false;
    await this.lab.cutNetwork(node, address);
    return this.undoLater(aWhile, () => this.mended(node, () => this.lab.mendNetwork(node, address)));
  }

  /** A node that was switched off meanwhile has forgotten what was cut. */
  private async mended(node: string, mend: () => Promise<void>): Promise<void> {
    await mend().catch((error: Error) => this.say(`nothing to mend on ${node}: ${error.message.split("\n")[1]}`));
  }

  private pauseApiServer(seconds: number): boolean {
    if (this.isPaused) return false;
    this.isPaused = true;
    this.lab.pause("kube-apiserver");
    return this.undoLater(seconds * 1000, () => {
      this.lab.resume("kube-apiserver");
      this.isPaused = false;
    });
  }

  private pauseDns(seconds: number): boolean {
    this.lab.pause("coredns");
    return this.undoLater(seconds * 1000, () => this.lab.resume("coredns"));
  }

  private async revokeRole(): Promise<boolean> {
    if (this.isPaused) return false;
    const giveBack = await this.stack.revokeRole();
    return this.undoLater(aWhile, async () => {
      while (this.isPaused) await sleep(500);
      await giveBack();
    });
  }

  /** Where three copies allow it: every member serves, and none is yet to be made whole. Rows with one copy are counted before. */
  private async loseDisk(number: number): Promise<boolean> {
    if (this.history.copies === 1) return false;
    await Promise.all([...this.open].map((undo) => this.undo(undo)));
    if ((await this.engineEnds(3 * minutes)) === undefined && this.isUpRunning) return false;
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

  /** Counts the rows with one copy before a disk goes, and looks at them no more. */
  private async countSingleRows(): Promise<void> {
    const { one } = this.loads;
    delete this.loads.one;
    if (one) this.counted(await one.stop(), "one copy");
  }

  private async restartNode(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const node = 1 + (number % 3);
    await this.lab.killNode(node);
    await sleep(5000);
    await Lab.up({ name: this.lab.instance.name });
    return true;
  }

  private async decommission(): Promise<boolean> {
    const last = this.pods.at(-1);
    if (this.isPaused || !last || this.pods.length <= this.least || !isServing(last)) return false;
    const command = ["sh", "-c", "(nodetool decommission >/dev/null 2>&1 &)"];
    return this.stack.exec(nameOf(last), command).then(
      () => true,
      () => false,
    );
  }

  private async scale(number: number): Promise<boolean> {
    if (this.isPaused) return false;
    const replicas = Math.max(this.least, 1 + (number % 5));
    await this.lab.kubectl(["scale", "statefulset", "cassandra", `--replicas=${replicas}`]);
    return true;
  }

  // The end.

  /** @returns how often `pulumi up` was needed */
  private async heal(): Promise<number> {
    if (await this.killEngine()) this.say("all is healed, the engine killed");
    await Promise.all([...this.open].map((undo) => this.undo(undo)));
    await Lab.up({ name: this.lab.instance.name });
    for (let ups = 1; ; ups++) {
      this.configure(this.replicas);
      this.say(`pulumi up, replicas ${this.replicas}`);
      this.up(this.replicas);
      const code = await this.engineEnds(15 * minutes);
      if (code === 0) return ups;
      this.say(`pulumi up ended with ${code ?? "nothing, and was killed"}: ${this.lastWords()}`);
      if (code === undefined) await this.killEngine();
      assert.ok(ups < mostUps, `pulumi up does not come to an end: ${join(this.log, "up.log")}`);
    }
  }

  private lastWords(): string {
    const said = readFileSync(join(this.log, "up.log"), "utf8");
    const errors = said.split("\n").filter((line) => /error: /.test(line));
    return (errors.at(-1) ?? said.trim().split("\n").at(-1) ?? "").trim();
  }

  /** What `pulumi up` has promised when it said that it is done. */
  private async look(ups: number): Promise<string> {
    const { replicas, stack } = this;
    const pods = await stack.pods();
    assert.equal(pods.length, replicas, "pods");
    assert.deepEqual(pods.filter((pod) => !isServing(pod)).map(nameOf), [], "pods that do not serve");
    await stack.oneRing(replicas);
    const counts: string[] = [];
    for (const [name, load] of Object.entries(this.loads)) {
      load.moved(addressesOf(pods));
      delete this.loads[name as "one" | "three"];
      counts.push(this.counted(await load.stop(), name === "one" ? "one copy" : "three copies"));
    }
    await stack.pulumi("preview", "--expect-no-changes");
    return `${replicas} members after ${ups === 1 ? "one up" : `${ups} ups`}, ${counts.join(", ")}`;
  }

  private counted({ acknowledged, present }: { acknowledged: number; present: number }, kind: string): string {
    assert.ok(acknowledged > 0, `no row with ${kind} was ever acknowledged`);
    assert.equal(present, acknowledged, `acknowledged rows with ${kind} that can be read`);
    return `${present} of ${acknowledged} rows with ${kind}`;
  }
}

const addressesOf = (pods: Pod[]) => pods.flatMap(({ status }) => status.podIP ?? []);

/** A history in a line. */
export const written = ({ copies, deeds }: History) =>
  `${copies} ${copies === 1 ? "copy" : "copies"}: ${deeds.map((deed: Deed) => deed.join(" ")).join(", ")}`;
