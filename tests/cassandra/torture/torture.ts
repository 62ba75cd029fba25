import * as assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../../lab/src/lab";
import { Load } from "../../support/load";
import { isServing, nameOf, smallMembers } from "../../support/stack";
import { addressesOf, Deeds } from "./deeds";
import { Deed, DeedName, deeds, History } from "./histories";

const minutes = 60_000;
/** After how many runs of `pulumi up` the ring must be as the stack asks. */
const mostUps = 4;

/** A history on a ring: its deeds are done, all of them are undone, and the ring is looked at. */
export class Torture extends Deeds {
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

  private async do(name: DeedName, number: number): Promise<void> {
    if (!this.isPaused) this.pods = await this.stack.pods().catch(() => this.pods);
    if (!(await this[name](number))) return;
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
    this.say(`${deeds[name]} (${number})`);
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
      const code = await this.engine.ends(15 * minutes);
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
}

/** A history in a line. */
export const written = ({ copies, deeds }: History) =>
  `${copies} ${copies === 1 ? "copy" : "copies"}: ${deeds.map((deed: Deed) => deed.join(" ")).join(", ")}`;
