/**
 * A writer and a reader at QUORUM. Every write that is acknowledged is on record, and read again at the end. A second reader
 * looks at rows with one copy each. It is a program of its own, since pods are reached from inside the lab's network alone.
 */
import { Client, types } from "cassandra-driver";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/src/lab";
import type { Credentials } from "./ringStack";

/** What came of it. */
export interface Report {
  /** Writes that the ring acknowledged. */
  acknowledged: number;
  /** Acknowledged rows that can be read at the end. */
  present: number;
  /** What requests failed with, after the driver's own retries, and rows that a reader missed. */
  failures: string[];
  /** Milliseconds of the longest time in which no request succeeded. */
  longestSilence: number;
}

export interface LoadOptions {
  datacenter: string;
  /** Made anew for what is written. @default "load" */
  keyspace?: string;
  /** Copies of each row that is written. */
  copies: number;
  /** With which it logs in. */
  credentials: Credentials;
  /** Authority, in PEM, of the certificates that members show. @default nothing is encrypted */
  authority?: string;
  /** What it shows in turn, in PEM. @default nothing */
  certificate?: { key: string; cert: string };
  /** Rows of table `rows.numbers`, from 0 on, that are read one at a time at ONE, over and over. */
  singleRows: number;
  /** Milliseconds after each request before the next one of its kind. @default 20 */
  pause?: number;
}

/** The load as the tests have it. */
export class Load {
  private constructor(
    private readonly child: ChildProcess,
    private readonly said: Promise<string>,
  ) {}

  /** Makes its keyspace anew and goes on until it is told to stop. @param contactPoints addresses of members */
  static async start(lab: Lab, options: LoadOptions, contactPoints: string[]): Promise<Load> {
    const [program, ...args] = [...lab.inside, process.execPath, "-r", "ts-node/register/transpile-only", __filename];
    const child = spawn(program, [...args, JSON.stringify(options), ...contactPoints], {
      stdio: ["pipe", "pipe", "inherit", "ipc"],
    });
    const load = new Load(child, text(child.stdout!));
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error("the load did not start"))),
    ]);
    return load;
  }

  /** Tells it where the members are when all of them have moved at once, as a program finds out by their names in DNS. */
  moved(contactPoints: string[]): void {
    this.child.send(contactPoints);
  }

  /** Stops, and counts what was acknowledged and is there. @throws {Error} when no row can be read for a minute: its own output says why */
  async stop(): Promise<Report> {
    this.child.send("stop");
    const said = await this.said;
    if (!said) throw new Error("the load ended without a report");
    return JSON.parse(said) as Report;
  }
}

class Worker {
  private readonly keyspace: string;
  private client: Client;
  private readonly written: number[] = [];
  private readonly failures: string[] = [];
  private next = 0;
  private running = true;
  private last = Date.now();
  private longestSilence = 0;

  constructor(
    private readonly options: LoadOptions,
    contactPoints: string[],
  ) {
    this.keyspace = options.keyspace ?? "load";
    this.client = this.connect(contactPoints);
  }

  private connect(contactPoints: string[]): Client {
    const queryOptions = { consistency: types.consistencies.quorum, isIdempotent: true, prepare: true };
    const { credentials, authority, certificate, datacenter: localDataCenter } = this.options;
    // Members are reached by their addresses, which are in no certificate.
    const sslOptions = authority && { ca: authority, ...certificate, checkServerIdentity: () => undefined };
    return new Client({ contactPoints, localDataCenter, queryOptions, credentials, ...(sslOptions && { sslOptions }) });
  }

  async prepare(): Promise<void> {
    const { copies, datacenter } = this.options;
    const { keyspace } = this;
    const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': ${copies}}`;
    for (const statement of [
      `DROP KEYSPACE IF EXISTS ${keyspace}`,
      `CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`,
      `CREATE TABLE ${keyspace}.rows (id int PRIMARY KEY, text text)`,
    ]) {
      await this.client.execute(statement, [], { prepare: false });
    }
    this.last = Date.now();
  }

  stop(): void {
    this.running = false;
  }

  moved(contactPoints: string[]): void {
    void this.client.shutdown();
    this.client = this.connect(contactPoints);
  }

  /** Makes all requests, each kind one after another, until it is stopped. */
  async run(): Promise<Report> {
    const kinds = [() => this.write(), () => this.read()];
    if (this.options.singleRows > 0) kinds.push(() => this.readSingle());
    await Promise.all(kinds.map((request) => this.repeat(request)));
    const { failures, longestSilence, written } = this;
    const present = await this.countWritten();
    await this.client.shutdown();
    return { acknowledged: written.length, present, failures, longestSilence };
  }

  /** A request that fails says nothing of the row: it is made again, for a minute at the most in all. */
  private async countWritten(): Promise<number> {
    const end = Date.now() + 60_000;
    let present = 0;
    for (let i = 0; i < this.written.length;) {
      try {
        if (await this.has(`${this.keyspace}.rows`, this.written[i])) present++;
        i++;
      } catch (error) {
        if (Date.now() > end) throw error;
        await sleep(1000);
      }
    }
    return present;
  }

  private async write(): Promise<void> {
    const id = this.next++;
    await this.client.execute(`INSERT INTO ${this.keyspace}.rows (id, text) VALUES (?, ?)`, [id, `row ${id}`]);
    this.written.push(id);
  }

  private async read(): Promise<void> {
    const id = this.written[Math.floor(Math.random() * this.written.length)];
    if (id !== undefined && !(await this.has(`${this.keyspace}.rows`, id)))
      throw new Error(`row ${id} was acknowledged and is not there`);
  }

  private async readSingle(): Promise<void> {
    const id = Math.floor(Math.random() * this.options.singleRows);
    if (!(await this.has("rows.numbers", id, types.consistencies.one)))
      throw new Error(`row ${id} with one copy is not there`);
  }

  private async has(table: string, id: number, consistency = types.consistencies.quorum): Promise<boolean> {
    const { rows } = await this.client.execute(`SELECT id FROM ${table} WHERE id = ?`, [id], { consistency });
    return rows.length === 1;
  }

  private async repeat(request: () => Promise<void>): Promise<void> {
    while (this.running) {
      try {
        await request();
        this.longestSilence = Math.max(this.longestSilence, Date.now() - this.last);
        this.last = Date.now();
      } catch (error) {
        this.failures.push(`${new Date().toISOString()} ${String(error)}`);
      }
      await sleep(this.options.pause ?? 20);
    }
  }
}

async function main(options: LoadOptions, contactPoints: string[]): Promise<void> {
  const worker = new Worker(options, contactPoints);
  await worker.prepare();
  process.on("message", (message: "stop" | string[]) => (message === "stop" ? worker.stop() : worker.moved(message)));
  // Nobody is left to hear the report.
  process.on("disconnect", () => process.exit(1));
  process.send!("started");
  process.stdout.write(JSON.stringify(await worker.run()), () => process.exit(0));
}

if (require.main === module) {
  const [options, ...contactPoints] = process.argv.slice(2);
  void main(JSON.parse(options) as LoadOptions, contactPoints);
}
