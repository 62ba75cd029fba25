/** Keys of cassandra.yaml with their values; null takes a key out. */
export type CassandraYaml = Record<string, unknown>;

/**
 * A write is acknowledged once it is in the commit log on the disk. Cassandra's own way is to write there every ten seconds, and
 * a ring all of whose members are killed at once then loses what it has acknowledged since.
 */
const durable: CassandraYaml = {
  commitlog_sync: "batch",
  // Both names: the second one is that of Cassandra 4.0. With `batch`, it refuses to start on either.
  commitlog_sync_period: null,
  commitlog_sync_period_in_ms: null,
};

/** The image's own let everybody do everything. */
const login: CassandraYaml = { authenticator: "PasswordAuthenticator", authorizer: "CassandraAuthorizer" };

/** What a ring is to have beside its rows. */
export interface Protection {
  /** Whether clients log in. */
  needsLogin: boolean;
  /** Whether members and clients encrypt what they send: what that needs. */
  encryption?: CassandraYaml;
}

/** What is changed in the image's cassandra.yaml. @param given wins over what the program sets by itself */
export function yamlChanges(given: CassandraYaml = {}, { needsLogin, encryption }: Protection): CassandraYaml {
  return { ...("commitlog_sync" in given ? {} : durable), ...(needsLogin && login), ...encryption, ...given };
}
