/**
 * Requests at LOCAL_QUORUM on rows with three copies. It is a program of its own, since pods are reached from inside the lab's
 * network alone.
 */
import { Client, concurrent, types } from "cassandra-driver";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/src/lab";
import { run } from "../lab/src/run";

interface Order {
  contactPoints: string[];
  datacenter: string;
  /** With which it logs in. @default without */
  credentials?: { username: string; password: string };
  work:
    | { fill: { rows: number; bytes: number } }
    | { steady: { warmUp: number; seconds: number } }
    | { paced: { perSecond: number; seconds: number; rows: number } };
}

/** Requests that are on their way at any time. */
const concurrency = 64;

/** Makes table `bench.rows` anew, with rows of random bytes. */
export async function fill(lab: Lab, ring: Omit<Order, "work">, rows: number, bytes: number): Promise<void> {
  await ask(lab, { ...ring, work: { fill: { rows, bytes } } });
}

/**
 * Writes and reads rows of 1 KiB in table `bench.rows`, which is created again, in turns.
 * @param warmUp seconds before it counts: members compile what is used most
 * @param seconds for which it counts
 * @returns requests in a second
 */
export async function steadyLoad(lab: Lab, ring: Omit<Order, "work">, warmUp: number, seconds: number) {
  return Number(await ask(lab, { ...ring, work: { steady: { warmUp, seconds } } }));
}

/**
 * Writes and reads rows that are there, in turns, at a pace that members keep up with.
 * @param rows of table `bench.rows`
 * @returns milliseconds within which 99 of 100 requests are answered, of the last five sixths
 * @throws when a request fails
 */
export async function pacedLoad(
  lab: Lab,
  ring: Omit<Order, "work">,
  paced: { perSecond: number; seconds: number; rows: number },
): Promise<number> {
  return Number(await ask(lab, { ...ring, work: { paced } }));
}

function ask(lab: Lab, order: Order): Promise<string> {
  const [program, ...args] = [...lab.inside, process.execPath, "-r", "ts-node/register/transpile-only", __filename];
  return run(program, args, { input: JSON.stringify(order), timeout: 1_800_000 });
}

const insert = "INSERT INTO bench.rows (id, bytes) VALUES (?, ?)";
const select = "SELECT bytes FROM bench.rows WHERE id = ?";

async function steady(client: Client, { warmUp, seconds }: { warmUp: number; seconds: number }): Promise<number> {
  const bytes = randomBytes(1024);
  const begins = Date.now() + 1000 * warmUp;
  const ends = begins + 1000 * seconds;
  let [count, next] = [0, 0];
  async function repeat(): Promise<void> {
    while (Date.now() < ends) {
      const id = next++;
      await client.execute(insert, [id, bytes]);
      await client.execute(select, [Math.floor(Math.random() * id)]);
      if (Date.now() >= begins) count += 2;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, repeat));
  return count / seconds;
}

type Paced = Extract<Order["work"], { paced: unknown }>["paced"];

async function paced(client: Client, { perSecond, seconds, rows }: Paced): Promise<number> {
  const bytes = randomBytes(1024);
  const [began, times] = [performance.now(), [] as number[]];
  const requests = Array.from({ length: perSecond * seconds }, async (_, i) => {
    const due = (1000 * i) / perSecond;
    await sleep(Math.max(0, began + due - performance.now()));
    const id = Math.floor(Math.random() * rows);
    const sent = performance.now();
    await (i % 2 === 0 ? client.execute(insert, [id, bytes]) : client.execute(select, [id]));
    if (due > (1000 * seconds) / 6) times.push(performance.now() - sent);
  });
  await Promise.all(requests);
  return times.sort((a, b) => a - b)[Math.floor(0.99 * times.length)];
}

async function main(): Promise<void> {
  let said = "";
  for await (const chunk of process.stdin) said += chunk;
  const { contactPoints, datacenter, credentials, work } = JSON.parse(said) as Order;
  const queryOptions = { consistency: types.consistencies.localQuorum, prepare: true, isIdempotent: true };
  const client = new Client({ contactPoints, localDataCenter: datacenter, credentials, queryOptions });
  if ("paced" in work) {
    process.stdout.write(String(await paced(client, work.paced)));
    return client.shutdown();
  }
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': 3}`;
  for (const statement of [
    "DROP KEYSPACE IF EXISTS bench",
    `CREATE KEYSPACE bench WITH replication = ${replication}`,
    "CREATE TABLE bench.rows (id int PRIMARY KEY, bytes blob)",
  ]) {
    await client.execute(statement, [], { prepare: false });
  }
  if ("fill" in work) {
    const rows = Array.from({ length: work.fill.rows }, (_, id) => id);
    for (let from = 0; from < rows.length; from += 1000) {
      const parameters = rows.slice(from, from + 1000).map((id) => [id, randomBytes(work.fill.bytes)]);
      await concurrent.executeConcurrent(client, insert, parameters, { concurrencyLevel: concurrency });
    }
  } else {
    process.stdout.write(String(await steady(client, work.steady)));
  }
  await client.shutdown();
}

if (require.main === module) void main();
