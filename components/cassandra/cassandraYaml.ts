/** Keys of cassandra.yaml with their values; null takes a key out. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of `unknown`, no schema for other languages can be made
export type CassandraYaml = Record<string, any>;

/**
 * A write is acknowledged once it is in the commit log on the disk. Cassandra's own way is to write there every ten seconds, and
 * a ring all of whose members are killed at once then loses what it has acknowledged since.
 */
export const durable: CassandraYaml = {
  commitlog_sync: "batch",
  // Both names: the second one is that of Cassandra 4.0. With `batch` and with `group`, it refuses to start on either.
  commitlog_sync_period: null,
  commitlog_sync_period_in_ms: null,
};

/** The image's own let everybody do everything. */
const login: CassandraYaml = { authenticator: "PasswordAuthenticator", authorizer: "CassandraAuthorizer" };

/** What a ring is, beside its rows. */
export interface RingShape {
  /** Whether clients log in. */
  needsLogin: boolean;
  /** Whether members and clients encrypt what they send: what that needs. */
  encryption?: CassandraYaml;
  /** Racks with a set each. @default none: all members are in one */
  racks?: number;
}

/**
 * Cassandra chooses the tokens of a member that joins so that three copies of each row come to lie evenly, and refuses to where
 * there are fewer racks than copies, unless there is one.
 */
const evenOver = (racks: number): CassandraYaml =>
  racks === 2 ? { allocate_tokens_for_local_replication_factor: 2 } : {};

/** What is changed in the image's cassandra.yaml. @param given wins over what the program sets by itself */
export function yamlChanges(
  given: CassandraYaml = {},
  { needsLogin, encryption, racks = 0 }: RingShape,
): CassandraYaml {
  const safe = given.commitlog_sync === "periodic" ? {} : durable;
  return { ...safe, ...(needsLogin && login), ...encryption, ...evenOver(racks), ...given };
}
