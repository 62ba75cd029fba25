/** Ports of a Cassandra member, under the names that the Kubernetes tutorials give them. */
export const ports = { intraNode: 7000, tlsIntraNode: 7001, jmx: 7199, cql: 9042 } as const;

/** Where Prometheus reads a member's metrics, and where Cassandra's own metrics are read, from inside the pod alone. */
export const metricsPorts = { metrics: 9500, exporter: 9501 } as const;

/** Name of the first of them in pods. Sidecars have ports named `metrics`. */
export const metricsPortName = "ring-metrics";
