/** What Prometheus warns of. docs/operations/alerts.md tells what to do about each. */

/** A rule of Prometheus by which it warns. */
export interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: "warning" | "critical" };
  annotations: { summary: string; description: string; runbook: string };
}

/** Where the alerts are explained, as a path of this project. */
export const runbook = "docs/operations/alerts.md";

/** An alert before it knows its ring. In expressions, `$ring` stands for the label that selects the ring. */
interface Draft {
  name: string;
  severity: "warning" | "critical";
  expr: string;
  /** How long that must hold. */
  lasts: string;
  summary: string;
  /** With Prometheus's templates: `{{ $labels.instance }}`. */
  description: string;
}

const ofRing = "by (cassandra_cluster)";
const ofMember = "by (cassandra_cluster, instance)";

/** Mean latency of the requests of the last five minutes. An average since the start of Cassandra would hardly move. */
const latency = (request: string) => {
  const rate = (what: string) =>
    `sum ${ofMember} (rate(cassandra_clientrequest_latency_seconds_${what}{$ring, clientrequest="${request}"}[5m]))`;
  return `${rate("sum")} / ${rate("count")}`;
};

const requests: Draft[] = [
  ...(["Read", "Write"] as const).map((request): Draft => ({
    name: `CassandraHigh${request}Latency`,
    severity: "warning",
    expr: `${latency(request)} > 0.2`,
    lasts: "5m",
    summary: `${request}s take long.`,
    description: `${request}s that clients sent to {{ $labels.instance }} took {{ $value | humanizeDuration }} on average over five minutes.`,
  })),
  {
    name: "CassandraUnavailable",
    severity: "critical",
    // A window shorter than it must last: requests that failed once, while a ring forms for example, are no alert.
    expr: `sum by (cassandra_cluster, clientrequest) (rate(cassandra_clientrequest_unavailables_count{$ring}[2m])) > 0`,
    lasts: "5m",
    summary: "Requests fail since too few replicas are up.",
    description:
      "{{ $labels.clientrequest }} requests to {{ $labels.cassandra_cluster }} fail, since fewer replicas are up than their consistency level asks for.",
  },
];

const load: Draft[] = [
  {
    name: "CassandraCompactionsPending",
    severity: "warning",
    expr: `cassandra_compaction_pendingtasks{$ring} > 30`,
    lasts: "15m",
    summary: "Compactions fall behind.",
    description: "{{ $labels.instance }} has {{ $value }} compactions to do.",
  },
  {
    name: "CassandraCompactionsBlocked",
    severity: "critical",
    expr: `cassandra_threadpools_currentlyblockedtasks_count{$ring, threadpools="CompactionExecutor"} > 1`,
    lasts: "5m",
    summary: "Compactions are blocked.",
    description: "{{ $value }} compactions of {{ $labels.instance }} are blocked.",
  },
  {
    name: "CassandraHintsWritten",
    severity: "warning",
    // A member that restarts is written hints for as well.
    expr: `increase(cassandra_storage_totalhints_count{$ring}[5m]) > 1`,
    lasts: "30m",
    summary: "A member misses writes.",
    description: "{{ $labels.instance }} has kept writes for members that did not take them, for half an hour.",
  },
  {
    name: "CassandraHighCpu",
    severity: "warning",
    expr: `jvm_process_cpu_load{$ring} > 0.8`,
    lasts: "15m",
    summary: "A member uses its CPUs up.",
    description: "Cassandra on {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its CPUs.",
  },
  {
    name: "CassandraHeapFull",
    severity: "critical",
    // What a collection leaves: between two of them, every heap fills.
    expr: `min_over_time(jvm_memory_usage_used_bytes{$ring, area="Heap"}[15m]) / jvm_memory_usage_max_bytes{$ring, area="Heap"} > 0.85`,
    lasts: "5m",
    summary: "A member's Java heap is full.",
    description: "Collections leave {{ $value | humanizePercentage }} of the heap of {{ $labels.instance }} in use.",
  },
];

/** A series for each member that has served within five minutes, however many jobs ask it. */
const servedOfLate = `max ${ofMember} (max_over_time(cassandra_ring_member_state{$ring, state=~"normal|leaving|moving"}[5m]))`;

const members: Draft[] = [
  {
    name: "CassandraMetricsMissing",
    severity: "critical",
    expr: `absent(cassandra_ring_members{$ring})`,
    lasts: "15m",
    summary: "No member of the ring tells its metrics.",
    description: "Prometheus reaches no member of {{ $labels.cassandra_cluster }}, or none can read the ring record.",
  },
  {
    name: "CassandraMemberDown",
    severity: "critical",
    // Those that restart one after another are down for a minute each: one that has served of late is not down.
    expr: `max ${ofRing} (cassandra_ring_members{$ring}) - (count ${ofRing} (${servedOfLate}) or 0 * max ${ofRing} (cassandra_ring_members{$ring})) > 0`,
    lasts: "10m",
    summary: "A member of the ring is down.",
    description: "{{ $value }} members of {{ $labels.cassandra_cluster }} do not serve.",
  },
  {
    name: "CassandraMemberWaits",
    severity: "warning",
    expr: `cassandra_ring_member_state{$ring, state="waiting"} == 1`,
    lasts: "15m",
    summary: "A member waits to enter the ring.",
    description: "Cassandra has not started on {{ $labels.instance }}. The log of the pod tells what it waits for.",
  },
  {
    name: "CassandraRecordUnreadable",
    severity: "warning",
    expr: `min ${ofRing} (cassandra_ring_record_readable{$ring}) == 0`,
    lasts: "15m",
    summary: "A member cannot read the ring record.",
    description:
      "A member of {{ $labels.cassandra_cluster }} cannot read the ring record. It serves; no member can join, leave or restart.",
  },
  {
    name: "CassandraRecordDiffers",
    severity: "warning",
    // Members look every ten minutes.
    expr: `max ${ofRing} (cassandra_ring_record_differences{$ring}) > 0 unless ${`max ${ofRing} (cassandra_ring_topology_change{$ring})`} == 1`,
    lasts: "30m",
    summary: "The ring record and the ring disagree.",
    description:
      "{{ $value }} members of {{ $labels.cassandra_cluster }} are known to the ring record or to the ring alone.",
  },
  {
    name: "CassandraTopologyChangeLasts",
    severity: "warning",
    expr: `max ${ofRing} (cassandra_ring_topology_change{$ring}) == 1`,
    lasts: "6h",
    summary: "A member joins or leaves for hours.",
    description:
      "A member of {{ $labels.cassandra_cluster }} has joined or left for six hours. No other can meanwhile.",
  },
];

const loads = `max ${ofMember} (cassandra_storage_load_count{$ring})`;

const data: Draft[] = [
  {
    name: "CassandraRepairOwed",
    severity: "warning",
    expr: `max ${ofRing} (cassandra_ring_members_owing_repair{$ring}) > 0`,
    lasts: "6h",
    summary: "A member may lack data.",
    description: "{{ $value }} members of {{ $labels.cassandra_cluster }} have owed a repair for six hours.",
  },
  {
    name: "CassandraUnrepaired",
    severity: "warning",
    expr: `max ${ofRing} (cassandra_ring_unrepaired_seconds{$ring}) > 0.5 * min ${ofRing} (cassandra_ring_gc_grace_seconds{$ring})`,
    lasts: "1h",
    summary: "Data has not been repaired for long.",
    description:
      "Ranges of {{ $labels.cassandra_cluster }} have not been repaired for {{ $value | humanizeDuration }}, more than half of the shortest gc_grace_seconds of a table.",
  },
  {
    name: "CassandraDeletedRowsReturn",
    severity: "critical",
    expr: `max ${ofRing} (cassandra_ring_unrepaired_seconds{$ring}) > min ${ofRing} (cassandra_ring_gc_grace_seconds{$ring})`,
    lasts: "1h",
    summary: "Rows that were deleted may come back.",
    description:
      "Ranges of {{ $labels.cassandra_cluster }} have not been repaired for {{ $value | humanizeDuration }}, longer than gc_grace_seconds of a table: a replica that missed a deletion may bring the row back.",
  },
  {
    name: "CassandraCleanupOwed",
    severity: "warning",
    expr: `max ${ofRing} (cassandra_ring_cleanup_owed_seconds{$ring}) > 86400`,
    lasts: "1h",
    summary: "Older members keep data that is not theirs any more.",
    description:
      "Members have joined {{ $labels.cassandra_cluster }}, and the older ones have not run nodetool cleanup for a day.",
  },
  {
    name: "CassandraDiskFilling",
    severity: "warning",
    expr: `cassandra_ring_disk_free_bytes{$ring} / cassandra_ring_disk_size_bytes{$ring} < 0.2`,
    lasts: "10m",
    summary: "A disk fills.",
    description: "The disk of {{ $labels.instance }} has {{ $value | humanizePercentage }} left.",
  },
  {
    name: "CassandraDiskFull",
    severity: "critical",
    expr: `cassandra_ring_disk_free_bytes{$ring} / cassandra_ring_disk_size_bytes{$ring} < 0.05`,
    lasts: "5m",
    summary: "A disk is full.",
    description:
      "The disk of {{ $labels.instance }} has {{ $value | humanizePercentage }} left: Cassandra is about to stop.",
  },
  {
    name: "CassandraDiskTooFullToCompact",
    severity: "warning",
    expr: `min ${ofMember} (cassandra_ring_disk_free_bytes{$ring}) < max ${ofMember} (cassandra_table_livediskspaceused_count{$ring})`,
    lasts: "30m",
    summary: "A disk has no room to compact its largest table.",
    description:
      "The disk of {{ $labels.instance }} has {{ $value | humanize1024 }}B left, less than its largest table takes.",
  },
  {
    name: "CassandraDiskTooFullToScaleDown",
    severity: "warning",
    expr: `sum ${ofRing} (${loads}) / (count ${ofRing} (${loads}) - 1 > 0) > 0.8 * min ${ofRing} (cassandra_ring_disk_size_bytes{$ring})`,
    lasts: "1h",
    summary: "The ring is too full to lose a member.",
    description:
      "With one member less, each of {{ $labels.cassandra_cluster }} would have {{ $value | humanize1024 }}B, more than four fifths of the smallest disk.",
  },
  ...(
    [
      ["CassandraCertificateEnds", "warning", 14],
      ["CassandraCertificateEndsSoon", "critical", 2],
    ] as const
  ).map(([name, severity, days]): Draft => ({
    name,
    severity,
    expr: `min ${ofRing} (cassandra_ring_certificate_end_timestamp_seconds{$ring}) - time() < ${days * 86400}`,
    lasts: "1h",
    summary: "The certificate of the ring ends.",
    description:
      "The certificate of {{ $labels.cassandra_cluster }} ends in {{ $value | humanizeDuration }}. Members and clients refuse each other then.",
  })),
];

const drafts = [...requests, ...load, ...members, ...data];

/** Names of all alerts, for documents and tests. */
export const alertNames = drafts.map(({ name }) => name);

/** Summaries and severities of all alerts, for documents. */
export const alertSummaries = drafts.map(({ name, severity, summary }) => ({ name, severity, summary }));

/** The alerts of one ring. @param clusterName Cassandra's name of its cluster */
export function alertsOf(clusterName: string): Alert[] {
  const ring = `cassandra_cluster=${JSON.stringify(clusterName)}`;
  return drafts.map(({ name, severity, expr, lasts, summary, description }) => ({
    alert: name,
    expr: expr.split("$ring").join(ring),
    for: lasts,
    labels: { severity },
    annotations: { summary, description, runbook: `${runbook}#${name.toLowerCase()}` },
  }));
}

/** Rules as Prometheus reads them, in a file or in a PrometheusRule. */
export function ruleGroups(clusterName: string) {
  return { groups: [{ name: `cassandra-${clusterName}`, rules: alertsOf(clusterName) }] };
}
