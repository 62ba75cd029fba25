/** A session that is opened as soon as it can be, and used until it ends. A program of its own, as the load is, and for the same reason. */
import { Client } from "cassandra-driver";
import { ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/src/lab";
import type { Credentials } from "./ringStack";

/** What became of it. */
export interface SessionReport {
  /** Requests that it made without an error. */
  requests: number;
  /** What the first request after those failed with; undefined where none did. */
  end?: string;
}

export class Session {
  private constructor(
    private readonly child: ChildProcess,
    private readonly said: Promise<string>,
  ) {}

  /** Tries to log in over and over, until it is told to stop. @param address of a member, which need not serve yet */
  static begin(lab: Lab, address: string, datacenter: string, credentials: Credentials): Session {
    const [program, ...args] = [...lab.inside, process.execPath, "-r", "ts-node/register/transpile-only", __filename];
    const child = spawn(program, [...args, address, datacenter, JSON.stringify(credentials)], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    return new Session(child, text(child.stdout!));
  }

  async stop(): Promise<SessionReport> {
    if (this.child.connected) this.child.send("stop");
    return JSON.parse(await this.said) as SessionReport;
  }
}

async function main(address: string, localDataCenter: string, credentials: Credentials): Promise<SessionReport> {
  const report: SessionReport = { requests: 0 };
  let running = true;
  process.on("message", () => (running = false));
  // Nobody is left to hear the report.
  process.on("disconnect", () => process.exit(1));
  const open = async (): Promise<Client | undefined> => {
    while (running) {
      const client = new Client({ contactPoints: [address], localDataCenter, credentials });
      try {
        await client.connect();
        return client;
      } catch {
        await client.shutdown();
        await sleep(20);
      }
    }
    return undefined;
  };
  const client = await open();
  while (client && running && report.end === undefined) {
    try {
      // Everybody who has logged in may read that, whatever has become of the role.
      await client.execute("SELECT key FROM system.local");
      report.requests++;
      await sleep(20);
    } catch (error) {
      report.end = String(error);
    }
  }
  await client?.shutdown();
  return report;
}

if (require.main === module) {
  const [address, datacenter, credentials] = process.argv.slice(2);
  void main(address, datacenter, JSON.parse(credentials) as Credentials).then((report) =>
    process.stdout.write(JSON.stringify(report), () => process.exit(0)),
  );
}
