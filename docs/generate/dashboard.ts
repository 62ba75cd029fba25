/** Makes the Grafana dashboard of a ring, components/monitoring/dashboard.json. Metrics are named as in Grafana's mixin for Cassandra, whose dashboards work as well. */
import {
  DashboardBuilder,
  type DataSourceRef,
  DatasourceVariableBuilder,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** A diagram. In expressions, `$ring` stands for the label that selects the ring. */
interface Diagram {
  title: string;
  /** Grafana's name of the unit. */
  unit: string;
  /** Expressions of PromQL by their legends. */
  lines: Record<string, string>;
}

const ofMember = "by (instance)";
const rate = (metric: string, labels: string, by: string) =>
  `sum ${by} (rate(${metric}{$ring${labels}}[$__rate_interval]))`;

/** Requests that clients send, or that are refused them. */
const requests = (request: string): Diagram[] => {
  const of = `, clientrequest="${request}"`;
  const latency = "cassandra_clientrequest_latency_seconds";
  return [
    {
      title: `${request}s`,
      unit: "reqps",
      lines: {
        "{{instance}}": rate(`${latency}_count`, of, ofMember),
      },
    },
    {
      title: `${request} latency`,
      unit: "s",
      lines: {
        mean: `${rate(`${latency}_sum`, of, "")} / ${rate(`${latency}_count`, of, "")}`,
        "p95, worst member": `max (${latency}{$ring${of}, quantile="0.95"})`,
        "p99, worst member": `max (${latency}{$ring${of}, quantile="0.99"})`,
      },
    },
    {
      title: `${request}s that failed`,
      unit: "reqps",
      lines: Object.fromEntries(
        ["unavailables", "timeouts", "failures"].map((kind) => [
          kind,
          rate(`cassandra_clientrequest_${kind}_count`, of, ""),
        ]),
      ),
    },
  ];
};

const rows: Record<string, Diagram[]> = {
  Requests: [...requests("Read"), ...requests("Write")],
  Data: [
    { title: "Load", unit: "bytes", lines: { "{{instance}}": "cassandra_storage_load_count{$ring}" } },
    {
      title: "Free disk",
      unit: "percentunit",
      lines: { "{{instance}}": "cassandra_ring_disk_free_bytes{$ring} / cassandra_ring_disk_size_bytes{$ring}" },
    },
    {
      title: "Unrepaired for",
      unit: "s",
      lines: { "longest of the ring": "max (cassandra_ring_unrepaired_seconds{$ring})" },
    },
    {
      title: "Repair jobs",
      unit: "none",
      lines: {
        started: "sum (increase(cassandra_keyspace_repairjobsstarted_count{$ring}[$__rate_interval]))",
        completed: "sum (increase(cassandra_keyspace_repairjobscompleted_count{$ring}[$__rate_interval]))",
      },
    },
    {
      title: "Hints written",
      unit: "none",
      lines: { "{{instance}}": "increase(cassandra_storage_totalhints_count{$ring}[$__rate_interval])" },
    },
    {
      title: "Compactions to do",
      unit: "none",
      lines: { "{{instance}}": "cassandra_compaction_pendingtasks{$ring}" },
    },
  ],
  Members: [
    { title: "CPU", unit: "percentunit", lines: { "{{instance}}": "jvm_process_cpu_load{$ring}" } },
    { title: "Heap", unit: "bytes", lines: { "{{instance}}": 'jvm_memory_usage_used_bytes{$ring, area="Heap"}' } },
    {
      title: "Garbage collection",
      unit: "percentunit",
      lines: {
        "{{instance}}":
          "sum by (instance) (rate(jvm_gc_collection_seconds_sum[$__rate_interval]) and on (instance) jvm_process_cpu_load{$ring})",
      },
    },
    {
      title: "Clients",
      unit: "none",
      lines: { "{{instance}}": "cassandra_client_connectednativeclients{$ring}" },
    },
    {
      title: "Tasks that wait",
      unit: "none",
      lines: { "{{threadpools}}": "sum by (threadpools) (cassandra_threadpools_pendingtasks{$ring})" },
    },
    {
      title: "Messages dropped",
      unit: "none",
      lines: {
        "{{droppedmessage}}":
          "sum by (droppedmessage) (increase(cassandra_droppedmessage_dropped_count{$ring}[$__rate_interval]))",
      },
    },
    {
      title: "Latency between members",
      unit: "s",
      lines: { "{{instance}}, p99": 'cassandra_messaging_crossnodelatency_seconds{$ring, quantile="0.99"}' },
    },
    {
      title: "Key cache hits",
      unit: "percentunit",
      lines: { "{{instance}}": 'cassandra_cache_hitrate{$ring, cache="KeyCache"}' },
    },
  ],
  Keyspaces: [
    {
      title: "Writes",
      unit: "wps",
      lines: { "{{keyspace}}": rate("cassandra_keyspace_writelatency_seconds_count", "", "by (keyspace)") },
    },
    {
      title: "Reads",
      unit: "rps",
      lines: { "{{keyspace}}": rate("cassandra_keyspace_readlatency_seconds_count", "", "by (keyspace)") },
    },
    {
      title: "Disk",
      unit: "bytes",
      lines: { "{{keyspace}}": "sum by (keyspace) (cassandra_keyspace_totaldiskspaceused{$ring})" },
    },
    {
      title: "Largest partition",
      unit: "bytes",
      lines: {
        "{{keyspace}}.{{table}}": "topk(10, max by (keyspace, table) (cassandra_table_maxpartitionsize{$ring}))",
      },
    },
  ],
};

/** Single figures at the top. */
const figures: Diagram[] = [
  { title: "Members", unit: "none", lines: { members: "max (cassandra_ring_members{$ring})" } },
  {
    title: "Members that serve",
    unit: "none",
    lines: { serve: 'count (cassandra_ring_member_state{$ring, state="normal"})' },
  },
  { title: "Load", unit: "bytes", lines: { load: "sum (cassandra_storage_load_count{$ring})" } },
  {
    title: "Least free disk",
    unit: "percentunit",
    lines: { free: "min (cassandra_ring_disk_free_bytes{$ring} / cassandra_ring_disk_size_bytes{$ring})" },
  },
  { title: "Unrepaired for", unit: "s", lines: { longest: "max (cassandra_ring_unrepaired_seconds{$ring})" } },
  {
    title: "Members that owe a repair",
    unit: "none",
    lines: { owe: "max (cassandra_ring_members_owing_repair{$ring})" },
  },
];

const datasource: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

/** @param builder of a diagram of some kind @param span columns of 24 */
function filled<T extends TimeseriesBuilder | StatBuilder>(
  builder: T,
  { title, unit, lines }: Diagram,
  [height, span]: [number, number],
): T {
  builder.title(title).unit(unit).datasource(datasource).height(height).span(span);
  for (const [legend, expr] of Object.entries(lines))
    builder.withTarget(new DataqueryBuilder().expr(expr).legendFormat(legend));
  return builder;
}

/** The dashboard of every ring, in Grafana's JSON. The component fills in the title and `$ring`. */
export function dashboardJson(): string {
  const builder = new DashboardBuilder("$title")
    .uid("$uid")
    .tags(["cassandra"])
    .readonly()
    .refresh("1m")
    .time({ from: "now-3h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));
  for (const figure of figures) builder.withPanel(filled(new StatBuilder(), figure, [4, 4]));
  for (const [name, diagrams] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(name));
    for (const diagram of diagrams) builder.withPanel(filled(new TimeseriesBuilder(), diagram, [8, 8]));
  }
  return `${JSON.stringify(builder.build(), null, 1)}\n`;
}
