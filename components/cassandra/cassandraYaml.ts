/** Keys of cassandra.yaml with their values; null takes a key out. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of `unknown`, no schema for other languages can be made
export type CassandraYaml = Record<string, any>;

/**
 * A write is acknowledged once it is in the commit log on the disk. By default, Cassandra writes the commit log every ten seconds. A ring
 * whose members are all killed at once would lose the writes that it has acknowledged since.
 */
export const durable: CassandraYaml = {
  commitlog_sync: "batch",
  // Both names: the second is the name in Cassandra 4.0. With `batch` or `group`, Cassandra refuses to start with either.
  commitlog_sync_period: null,
  commitlog_sync_period_in_ms: null,
};

/** The defaults of the image let everybody do everything. */
const login: CassandraYaml = { authenticator: "PasswordAuthenticator", authorizer: "CassandraAuthorizer" };

/** What the configuration depends on. */
export interface RingShape {
  /** Whether clients log in. */
  needsLogin: boolean;
  /** Keys that encrypt the network traffic of members and clients. @default none */
  encryption?: CassandraYaml;
  /** Racks that have a StatefulSet each. @default none: all members are in one rack */
  racks?: number;
}

/**
 * Cassandra chooses the tokens of a member that joins for an even distribution with replication factor 3. It refuses to if there are fewer
 * racks than that, unless there is one rack.
 */
const evenOver = (racks: number): CassandraYaml =>
  racks === 2 ? { allocate_tokens_for_local_replication_factor: 2 } : {};

/** Changes of the image's cassandra.yaml. @param given keys that override the program's own */
export function yamlChanges(
  given: CassandraYaml = {},
  { needsLogin, encryption, racks = 0 }: RingShape,
): CassandraYaml {
  const safe = given.commitlog_sync === "periodic" ? {} : durable;
  return { ...safe, ...(needsLogin && login), ...encryption, ...evenOver(racks), ...given };
}
