import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RunError } from "../../../lab/src/run";
import { nameOf, Pod } from "../../support/stack";
import { RingStack } from "../../support/ringStack";

/** What a program came to. */
export interface Outcome {
  code: number;
  /** Standard output and standard error. */
  said: string;
}

/**
 * Starts Cassandra in the background. The exit code comes into a file, since the container lives on. Without the dynamic snitch, a read
 * at ONE comes from the disk of the node that is asked, if that node has a replica: a busy machine would have it come from another one.
 */
const start = `
grep -qx 'dynamic_snitch: false' "$CASSANDRA_CONF/cassandra.yaml" || echo 'dynamic_snitch: false' >> "$CASSANDRA_CONF/cassandra.yaml"
rm -f /tmp/code /tmp/log /tmp/states
(
  exec < /dev/null > /tmp/log 2>&1
  sh -c 'echo $$ > /tmp/pid; exec docker-entrypoint.sh cassandra -f "$@"' sh "$@"
  echo $? > /tmp/code
) &`;

/** A pod whose container does nothing: a test starts Cassandra in it, kills it, and starts it again. The pod keeps its address and its disk. */
export class BareNode {
  readonly name: string;
  readonly address: string;

  /** @param seeds addresses, separated by commas */
  constructor(
    private readonly stack: RingStack,
    private readonly pod: Pod,
    private readonly seeds: string,
  ) {
    this.name = nameOf(pod);
    this.address = pod.status.podIP!;
  }

  /** Starts Cassandra and waits for nothing. @param options such as `-Dcassandra.auto_bootstrap=false` */
  async start(...options: string[]): Promise<void> {
    await this.exec("env", `CASSANDRA_SEEDS=${this.seeds}`, "sh", "-c", start, "sh", ...options);
  }

  /** Starts Cassandra and waits until it serves clients. */
  async serve(...options: string[]): Promise<void> {
    await this.start(...options);
    await this.reaches("to serve", () => this.isServing());
  }

  /** Starts Cassandra and waits until it has ended of itself. @returns its exit code */
  async refuses(...options: string[]): Promise<number> {
    await this.start(...options);
    await this.reaches("to end", () => this.ended());
    return Number(await this.file("code"));
  }

  /** Whether Cassandra has ended since its start. */
  async ended(): Promise<boolean> {
    return (await this.file("code")) !== "";
  }

  /** Whether clients can connect. */
  async isServing(): Promise<boolean> {
    return (await this.outcome("bash", "-c", ": </dev/tcp/127.0.0.1/9042")).code === 0;
  }

  /** Waits until Cassandra has said something since its start. */
  says(what: RegExp): Promise<void> {
    return this.reaches(`to say ${what}`, async () => what.test(await this.file("log")));
  }

  /** What the loggers of StorageService and CassandraDaemon have said since the start: `LEVEL text`, of each message its first line. */
  async states(): Promise<string[]> {
    return (await this.file("states")).split("\n").filter((line) => /^[A-Z]+ /.test(line));
  }

  /** What Cassandra has said since its start. */
  log(): Promise<string> {
    return this.file("log");
  }

  /** The state of the process: `NORMAL`, `LEAVING` and so on. */
  async mode(): Promise<string> {
    return /^Mode: (\S+)/.exec(await this.exec("nodetool", "netstats"))![1];
  }

  /** Ends Cassandra at once, if it runs. */
  async kill(): Promise<void> {
    await this.signal("KILL");
    await this.exec("sh", "-c", "until ! [ -e /tmp/pid ] || [ -e /tmp/code ]; do sleep 0.1; done");
  }

  /** Lets Cassandra hang: the kernel accepts connections, and nobody answers them. */
  hang(): Promise<void> {
    return this.signal("STOP");
  }

  resume(): Promise<void> {
    return this.signal("CONT");
  }

  /** Kills Cassandra and empties its disk. */
  async wipe(): Promise<void> {
    await this.kill();
    await this.exec("sh", "-c", "rm -rf /var/lib/cassandra/* /tmp/pid /tmp/code");
  }

  /** The disk of a Cassandra that has ended, as an archive in base64. */
  disk(): Promise<string> {
    return this.exec("sh", "-c", "tar c -C /var/lib/cassandra . | gzip -1 | base64 -w0");
  }

  /** Takes over a disk, whose member then has the address of this pod. */
  async takeDisk(archive: string): Promise<void> {
    await this.stack.exec(this.name, ["sh", "-c", "base64 -d | gzip -d | tar x -C /var/lib/cassandra"], archive);
  }

  nodetool(...args: string[]): Promise<Outcome> {
    return this.outcome("nodetool", ...args);
  }

  cql(statements: string): Promise<string> {
    return this.stack.cql(this.name, statements);
  }

  /** Rows of a query, by their columns. @param select what follows `SELECT JSON` */
  async query(select: string): Promise<Record<string, unknown>[]> {
    const lines = (await this.cql(`SELECT JSON ${select};`)).split("\n");
    return lines.filter((line) => /^ *\{/.test(line)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Addresses of the other members as table `system.peers_v2` has them. */
  async peers(): Promise<string[]> {
    return (await this.query("peer FROM system.peers_v2")).map(({ peer }) => peer as string).sort();
  }

  /** Rows that are counted through this member, at consistency ONE. */
  countRows(): Promise<number> {
    return this.stack.countRows(this.name);
  }

  /** Drops all that the pod sends and is sent while something happens. */
  async cutWhile<T>(happen: () => Promise<T>): Promise<T> {
    const { lab } = this.stack;
    await lab.faults.cutNetwork(this.pod.spec.nodeName!, this.address);
    try {
      return await happen();
    } finally {
      await lab.faults.restoreNetwork(this.pod.spec.nodeName!, this.address);
    }
  }

  exec(...command: string[]): Promise<string> {
    return this.stack.exec(this.name, command);
  }

  /** Runs a program that may fail. */
  async outcome(...command: string[]): Promise<Outcome> {
    try {
      return { code: 0, said: await this.exec(...command) };
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return { code: Number(error.code), said: error.stdout + error.stderr };
    }
  }

  /** Waits until something is so. @throws when it is not after 200 looks */
  async reaches(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let i = 0; !(await isSo()); i++) {
      assert.ok(i < 200, `${this.name} was expected ${what}:\n${(await this.file("log")).slice(-3000)}`);
      await sleep(250);
    }
  }

  private async signal(signal: string): Promise<void> {
    await this.exec("sh", "-c", `! [ -e /tmp/pid ] || [ -e /tmp/code ] || kill -${signal} $(cat /tmp/pid)`);
  }

  /** A file of the start; empty before there is one. */
  private file(name: string): Promise<string> {
    return this.exec("sh", "-c", `cat /tmp/${name} 2> /dev/null || true`);
  }
}
