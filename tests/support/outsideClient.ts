/** A driver outside of the pods' network: in this very process, on the host. */
import * as assert from "node:assert/strict";
import { Client, types } from "cassandra-driver";
import { setTimeout as sleep } from "node:timers/promises";
import { smallMembers } from "./stack";
import type { Credentials } from "./ringStack";

export class OutsideClient {
  private constructor(private readonly client: Client) {}

  /** Connects to a ring, and to each member that it finds. @param contactPoint address of one member */
  static async connect(contactPoint: string, credentials: Credentials): Promise<OutsideClient> {
    const client = new Client({
      contactPoints: [contactPoint],
      localDataCenter: smallMembers.datacenter,
      credentials,
      pooling: { warmup: true },
      queryOptions: { consistency: types.consistencies.quorum, isIdempotent: true, prepare: true },
    });
    await client.connect();
    return new OutsideClient(client);
  }

  /** Addresses of the members that it knows, sorted, whether it is connected to them or not. */
  get known(): string[] {
    return this.client.hosts.values().map(hostOf).sort();
  }

  /** Addresses of the members that it is connected to, sorted. */
  get connected(): string[] {
    const state = this.client.getState();
    const all = state.getConnectedHosts();
    return all
      .filter((host) => state.getOpenConnections(host) > 0)
      .map(hostOf)
      .sort();
  }

  /** Waits until it is connected to exactly these members, and knows no others. @throws when it is not within a minute */
  async finds(addresses: string[]): Promise<void> {
    const wanted = [...addresses].sort();
    for (let i = 0; ; i++) {
      if (`${wanted.join()} ${wanted.join()}` === `${this.known.join()} ${this.connected.join()}`) return;
      assert.ok(i < 60, `it knows ${this.known.join()}, and is connected to ${this.connected.join()}`);
      // A pool is filled when there is something to send.
      await this.client.execute("SELECT key FROM system.local", [], { consistency: types.consistencies.one });
      await sleep(1000);
    }
  }

  /** Makes a table anew, with three replicas of each row, and writes rows into it. */
  async writeRows(count: number): Promise<void> {
    const replication = `{'class': 'NetworkTopologyStrategy', '${smallMembers.datacenter}': 3}`;
    for (const statement of [
      "DROP KEYSPACE IF EXISTS outside",
      `CREATE KEYSPACE outside WITH replication = ${replication}`,
      "CREATE TABLE outside.numbers (id int PRIMARY KEY)",
    ])
      await this.client.execute(statement, [], { prepare: false });
    for (let id = 0; id < count; id++) await this.client.execute("INSERT INTO outside.numbers (id) VALUES (?)", [id]);
  }

  /** Rows of that table, by the consistency at which they are counted. */
  async counts(): Promise<{ one: number; quorum: number }> {
    const at = async (consistency: types.consistencies) => {
      const { rows } = await this.client.execute("SELECT count(*) FROM outside.numbers", [], { consistency });
      return Number(rows[0].count);
    };
    return { one: await at(types.consistencies.one), quorum: await at(types.consistencies.quorum) };
  }

  close(): Promise<void> {
    return this.client.shutdown();
  }
}

const hostOf = ({ address }: { address: string }) => address.replace(/:9042$/, "");
