/**
 * A writer and a reader at QUORUM, on a table with three copies of each row. Every write that is acknowledged is on record, and
 * read again at the end. It is a program of its own, since pods are reached from inside the lab's network alone.
 */
import { Client, types } from "cassandra-driver";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";

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

/** The load as the tests have it. */
export class Load {
  private constructor(
    private readonly child: ChildProcess,
    private readonly said: Promise<string>,
  ) {}

  /** Makes keyspace `load` and goes on until it is told to stop. @param contactPoints addresses of members */
  static async start(lab: Lab, datacenter: string, contactPoints: string[]): Promise<Load> {
    const [program, ...args] = [...lab.inside, process.execPath, "-r", "ts-node/register/transpile-only", __filename];
    const child = spawn(program, [...args, datacenter, ...contactPoints], {
      stdio: ["pipe", "pipe", "inherit", "ipc"],
    });
    const load = new Load(child, text(child.stdout!));
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error("the load did not start"))),
    ]);
    return load;
  }

  /** Stops, and counts what was acknowledged and is there. */
  async stop(): Promise<Report> {
    this.child.send("stop");
    return JSON.parse(await this.said) as Report;
  }
}

class Worker {
  private readonly client: Client;
  private readonly written: number[] = [];
  private readonly failures: string[] = [];
  private next = 0;
  private running = true;
  private last = Date.now();
  private longestSilence = 0;

  constructor(
    private readonly datacenter: string,
    contactPoints: string[],
  ) {
    const queryOptions = { consistency: types.consistencies.quorum, isIdempotent: true, prepare: true };
    this.client = new Client({ contactPoints, localDataCenter: datacenter, queryOptions });
  }

  async prepare(): Promise<void> {
    const replication = `{'class': 'NetworkTopologyStrategy', '${this.datacenter}': 3}`;
    await this.client.execute(`CREATE KEYSPACE load WITH replication = ${replication}`, [], { prepare: false });
    await this.client.execute("CREATE TABLE load.rows (id int PRIMARY KEY, text text)", [], { prepare: false });
    this.last = Date.now();
  }

  stop(): void {
    this.running = false;
  }

  async report(): Promise<Report> {
    const missing = [];
    for (const id of this.written) if (!(await this.has(id))) missing.push(id);
    await this.client.shutdown();
    const { failures, longestSilence, written } = this;
    return { acknowledged: written.length, present: written.length - missing.length, failures, longestSilence };
  }

  async write(): Promise<void> {
    const id = this.next++;
    await this.client.execute("INSERT INTO load.rows (id, text) VALUES (?, ?)", [id, `row ${id}`]);
    this.written.push(id);
  }

  async read(): Promise<void> {
    const id = this.written[Math.floor(Math.random() * this.written.length)];
    if (id !== undefined && !(await this.has(id))) this.failures.push(`row ${id} was acknowledged and is not there`);
  }

  private async has(id: number): Promise<boolean> {
    const { rows } = await this.client.execute("SELECT id FROM load.rows WHERE id = ?", [id]);
    return rows.length === 1;
  }

  /** Makes one request after another. */
  async repeat(request: () => Promise<void>): Promise<void> {
    while (this.running) {
      try {
        await request();
        this.longestSilence = Math.max(this.longestSilence, Date.now() - this.last);
        this.last = Date.now();
      } catch (error) {
        this.failures.push(`${new Date().toISOString()} ${String(error)}`);
      }
      await sleep(20);
    }
  }
}

async function main(datacenter: string, ...contactPoints: string[]): Promise<void> {
  const worker = new Worker(datacenter, contactPoints);
  await worker.prepare();
  process.on("message", () => worker.stop());
  // Nobody is left to hear the report.
  process.on("disconnect", () => process.exit(1));
  process.send!("started");
  await Promise.all([worker.repeat(() => worker.write()), worker.repeat(() => worker.read())]);
  process.stdout.write(JSON.stringify(await worker.report()), () => process.exit(0));
}

if (require.main === module) {
  const [datacenter, ...contactPoints] = process.argv.slice(2);
  void main(datacenter, ...contactPoints);
}
