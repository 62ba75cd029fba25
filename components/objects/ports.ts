/** Ports of a Cassandra member, under the names that the Kubernetes tutorials give them. */
export const ports = { intraNode: 7000, tlsIntraNode: 7001, jmx: 7199, cql: 9042 } as const;
