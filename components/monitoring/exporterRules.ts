/**
 * What of Cassandra's JMX becomes a metric, for Prometheus's JMX exporter. Names and labels are those of Grafana's mixin for Cassandra, so
 * that its dashboards work. Where Cassandra keeps an average over its whole life only, the metric is left out.
 */

/** A rule of the exporter: what of JMX it takes, and the metric that it makes of it. */
interface Rule {
  pattern: string;
  name: string;
  labels?: Record<string, string>;
  valueFactor?: number;
}

/** One kind of Cassandra's metrics: the beans to ask, and their rules. */
interface Metrics {
  beans: string[];
  rules: Rule[];
}

const domain = "org.apache.cassandra.metrics";
const [microseconds, milliseconds] = [1e-6, 1e-3];

/** Names of beans. Those without `*` are looked up; for each of the others, the exporter compares all beans, a hundred for each table. */
const named = (keys: string[], names: string[]) =>
  keys.flatMap((key) => names.map((name) => `${domain}:${key},name=${name}`));

/**
 * A latency: its count, its sum, its mean, and its quantiles, in seconds.
 * @param bean the key properties up to the name, as the exporter writes them
 * @param what the metric's name; `total` the counter that holds the sum
 */
function latency(bean: string, [timer, total]: [string, string], what: string, labels: Record<string, string>): Rule[] {
  const attribute = (name: string, attributes: string) => `${domain}<${bean}, name=${name}><>${attributes}`;
  const seconds = { valueFactor: microseconds };
  const metric = `${what}_seconds`;
  // Of the groups in the pattern, the attribute's is the last one.
  const last = `$${Object.keys(labels).length + 1}`;
  return [
    { pattern: attribute(timer, "Count"), name: `${metric}_count`, labels },
    { pattern: attribute(total, "Count"), name: `${metric}_sum`, labels, ...seconds },
    { pattern: attribute(timer, "Mean"), name: `${metric}_average`, labels, ...seconds },
    {
      pattern: attribute(timer, "(50|75|95|98|99|999)thPercentile"),
      name: metric,
      labels: { ...labels, quantile: `0.${last}` },
      ...seconds,
    },
  ];
}

const clientRequests: Metrics = {
  beans: named(
    ["Read", "Write", "RangeSlice", "CASRead", "CASWrite"].map((scope) => `type=ClientRequest,scope=${scope}`),
    ["Latency", "TotalLatency", "Timeouts", "Unavailables", "Failures"],
  ),
  rules: [
    ...latency("type=ClientRequest, scope=(\\S*)", ["Latency", "TotalLatency"], "cassandra_clientrequest_latency", {
      clientrequest: "$1",
    }),
    {
      pattern: `${domain}<type=ClientRequest, scope=(\\S*), name=(Timeouts|Unavailables|Failures)><>Count`,
      name: "cassandra_clientrequest_$2_count",
      labels: { clientrequest: "$1" },
    },
  ],
};

const ofKeyspace = { keyspace: "$1" };
const keyspaces: Metrics = {
  beans: named(
    ["type=Keyspace,keyspace=*"],
    ["Read*Latency", "Write*Latency", "TotalDiskSpaceUsed", "PendingCompactions", "RepairJobs*"],
  ),
  rules: [
    ...["Read", "Write"].flatMap((kind) =>
      latency(
        "type=Keyspace, keyspace=(\\S*)",
        [`${kind}Latency`, `${kind}TotalLatency`],
        `cassandra_keyspace_${kind}latency`,
        ofKeyspace,
      ),
    ),
    {
      pattern: `${domain}<type=Keyspace, keyspace=(\\S*), name=(TotalDiskSpaceUsed|PendingCompactions)><>Value`,
      name: "cassandra_keyspace_$2",
      labels: ofKeyspace,
    },
    {
      pattern: `${domain}<type=Keyspace, keyspace=(\\S*), name=(RepairJobs\\w+)><>Count`,
      name: "cassandra_keyspace_$2_count",
      labels: ofKeyspace,
    },
  ],
};

/** Two figures of each table: with hundreds of tables, each further one costs. */
const tables: Metrics = {
  beans: named(["type=Table,keyspace=*,scope=*"], ["MaxPartitionSize", "LiveDiskSpaceUsed"]),
  rules: [
    {
      pattern: `${domain}<type=Table, keyspace=(\\S*), scope=(\\S*), name=MaxPartitionSize><>Value`,
      name: "cassandra_table_maxpartitionsize",
      labels: { keyspace: "$1", table: "$2" },
    },
    {
      pattern: `${domain}<type=Table, keyspace=(\\S*), scope=(\\S*), name=LiveDiskSpaceUsed><>Count`,
      name: "cassandra_table_livediskspaceused_count",
      labels: { keyspace: "$1", table: "$2" },
    },
  ],
};

/** Thread pools by what they serve. */
const pools = {
  request: ["MutationStage", "CounterMutationStage", "ViewMutationStage", "ReadStage", "RequestResponseStage"],
  transport: ["Native-Transport-Requests"],
  internal: [
    "CompactionExecutor",
    "MemtableFlushWriter",
    "MemtablePostFlush",
    "ValidationExecutor",
    "AntiEntropyStage",
    "HintsDispatcher",
    "GossipStage",
    "MigrationStage",
    "SecondaryIndexManagement",
  ],
};

const ofPool = { path: "$1", threadpools: "$2" };
const pool = (names: string, attribute: string) =>
  `${domain}<type=ThreadPools, path=(\\S*), scope=(\\S*), name=(${names})><>${attribute}`;
const threadPools: Metrics = {
  beans: named(
    Object.entries(pools).flatMap(([path, scopes]) =>
      scopes.map((scope) => `type=ThreadPools,path=${path},scope=${scope}`),
    ),
    ["ActiveTasks", "PendingTasks", "CurrentlyBlockedTasks", "TotalBlockedTasks"],
  ),
  rules: [
    { pattern: pool("ActiveTasks|PendingTasks", "Value"), name: "cassandra_threadpools_$3", labels: ofPool },
    {
      pattern: pool("CurrentlyBlockedTasks|TotalBlockedTasks", "Count"),
      name: "cassandra_threadpools_$3_count",
      labels: ofPool,
    },
  ],
};

const storage: Metrics = {
  beans: [
    ...named(["type=Storage"], ["Load", "TotalHints", "Exceptions"]),
    ...named(["type=Compaction"], ["PendingTasks"]),
    ...named(
      ["KeyCache", "RowCache", "CounterCache", "ChunkCache"].map((scope) => `type=Cache,scope=${scope}`),
      ["HitRate"],
    ),
    ...named(["type=Client"], ["connectedNativeClients"]),
  ],
  rules: [
    { pattern: `${domain}<type=Storage, name=(\\w+)><>Count`, name: "cassandra_storage_$1_count" },
    { pattern: `${domain}<type=Compaction, name=PendingTasks><>Value`, name: "cassandra_compaction_pendingtasks" },
    {
      pattern: `${domain}<type=Cache, scope=(\\S*), name=HitRate><>Value`,
      name: "cassandra_cache_hitrate",
      labels: { cache: "$1" },
    },
    {
      pattern: `${domain}<type=Client, name=connectedNativeClients><>Value`,
      name: "cassandra_client_connectednativeclients",
    },
  ],
};

const ofConnection = { connection: "$1" };
const network: Metrics = {
  beans: [
    `${domain}:type=Connection,scope=*,*`,
    ...named(["type=Messaging"], ["CrossNodeLatency"]),
    ...named(
      ["READ", "RANGE", "MUTATION", "COUNTER_MUTATION", "READ_REPAIR", "HINT"].map(
        (verb) => `type=DroppedMessage,scope=${verb}_REQ`,
      ),
      ["Dropped"],
    ),
    "org.apache.cassandra.net:type=FailureDetector",
  ],
  rules: [
    {
      pattern: `${domain}<type=Connection, scope=(\\S*), name=(\\w+Tasks)><>Value`,
      name: "cassandra_connection_$2",
      labels: ofConnection,
    },
    {
      pattern: `${domain}<type=Connection, scope=(\\S*), name=Timeouts><>Count`,
      name: "cassandra_connection_timeouts_count",
      labels: ofConnection,
    },
    ...latency("type=Messaging", ["CrossNodeLatency", "-"], "cassandra_messaging_crossnodelatency", {}).filter(
      ({ name }) => !name.endsWith("_sum"),
    ),
    {
      pattern: `${domain}<type=DroppedMessage, scope=(\\S*), name=Dropped><>Count`,
      name: "cassandra_droppedmessage_dropped_count",
      labels: { droppedmessage: "$1" },
    },
    { pattern: "org.apache.cassandra.net<type=FailureDetector><>UpEndpointCount", name: "cassandra_up_endpoint_count" },
    {
      pattern: "org.apache.cassandra.net<type=FailureDetector><>DownEndpointCount",
      name: "cassandra_down_endpoint_count",
    },
  ],
};

const jvm: Metrics = {
  beans: ["java.lang:type=OperatingSystem", "java.lang:type=Memory", "java.lang:type=GarbageCollector,*"],
  rules: [
    { pattern: "java.lang<type=OperatingSystem><>ProcessCpuLoad", name: "jvm_process_cpu_load" },
    { pattern: "java.lang<type=OperatingSystem><>TotalPhysicalMemorySize", name: "jvm_physical_memory_size" },
    {
      pattern: "java.lang<type=Memory><(Heap|NonHeap)MemoryUsage>used",
      name: "jvm_memory_usage_used_bytes",
      labels: { area: "$1" },
    },
    {
      pattern: "java.lang<type=Memory><(Heap|NonHeap)MemoryUsage>max",
      name: "jvm_memory_usage_max_bytes",
      labels: { area: "$1" },
    },
    {
      pattern: "java.lang<name=([^,]+), type=GarbageCollector><>CollectionCount",
      name: "jvm_gc_collection_count",
      labels: { name: "$1" },
    },
    {
      pattern: "java.lang<name=([^,]+), type=GarbageCollector><LastGcInfo>duration",
      name: "jvm_gc_duration_seconds",
      labels: { name: "$1" },
      valueFactor: milliseconds,
    },
  ],
};

/**
 * Configuration of the exporter, in JSON, which is YAML as well.
 * @param labels of every metric that a rule makes
 */
export function exporterConfiguration(labels: Record<string, string>): string {
  const all = [clientRequests, keyspaces, tables, threadPools, storage, network, jvm];
  return JSON.stringify(
    {
      lowercaseOutputName: true,
      lowercaseOutputLabelNames: true,
      includeObjectNames: all.flatMap(({ beans }) => beans),
      // Whether a rule fits depends on the bean and the attribute alone, and is remembered.
      rules: all.flatMap(({ rules }) =>
        rules.map((rule) => ({ ...rule, labels: { ...rule.labels, ...labels }, cache: true })),
      ),
    },
    null,
    1,
  );
}
