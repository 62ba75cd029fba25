/**
 * JVM options that a member cannot be given: `[how they begin, why]`. The reasons go on after the option itself, and name config keys in
 * braces (`inWordsOf`).
 */
const refused: [RegExp, string][] = [
  // The launcher of Java takes -mx and -ms for -Xmx and -Xms.
  [/^-(X?m[sx]|Xmn|XX:(\w*HeapSize|\w*RAMPercentage|\w*RAMFraction|MaxRAM)\b)/, "follows from {maxHeap}"],
  [/^-XX:(Flags|VMOptionsFile|\+ReadVMOptionsFile)\b/, "is not allowed: options in a file cannot be checked"],
  [/^-D(com\.sun\.management|java\.rmi\.server|cassandra\.jmx)\b/, "follows from that JMX stays in the pod"],
  [/^-Dmx4j/, "follows from that JMX stays in the pod"],
  [/^-Dlogback\.configurationFile\b/, "follows from the pod's log, in which its scripts read what Cassandra does"],
  [/^-Dcassandra-(rackdc|topology)\.properties\b/, "follows from {datacenter}"],
  [/^-Dorg\.apache\.cassandra\./, "is not allowed: it is for Cassandra's own tests, and may take nodetool away"],
  // Whatever the key in cassandra.yaml: `cassandra.settings.auto_bootstrap`.
  [
    /^-Dcassandra\.(config|settings)\b/,
    "is not allowed: keys of cassandra.yaml are set, and checked, in {cassandraYaml}",
  ],
  ...properties("follows from the ring record", [
    "auto_bootstrap",
    "host_id_first_boot",
    "initial_token",
    "join_ring",
    "override_decommission",
    "partitioner",
    "replace_\\w+",
    "reset_bootstrap_progress",
    "start_native_transport",
    "write_survey",
  ]),
  ...properties("follows from the Services", ["storage_port", "ssl_storage_port", "native_transport_port"]),
  ...properties("follows from the pod's volumes", ["storagedir", "logdir(\\.\\w+)?"]),
  ...properties("follows from {datacenter}", ["ignore_dc", "ignore_rack"]),
  ...properties("is not allowed: members must join and leave one at a time, each with all of its rows", [
    "allow_alter_rf_during_range_movement",
    "allow_unsafe_(join|replace|transient_changes)",
    "consistent\\.\\w+(\\.\\w+)?",
  ]),
  ...properties(
    "is not allowed: a member that joins without the schema of the others streams no rows of the tables that it lacks",
    ["ignore_corrupted_schema_tables", "schema\\.\\w+(\\.\\w+)?", "skip_schema_check\\w*"],
  ),
  ...properties(
    "is not allowed: a member that does not know all others takes and answers requests for too few of them",
    ["gossip\\.disable_endpoint_removal", "load_ring_state", "skip_wait_for_gossip_to_settle", "start_gossip"],
  ),
  ...properties("is not allowed: what was acknowledged would not be there after a restart", [
    "commitlog\\.\\w+",
    "replayList",
    "skip_sync",
    "unsafesystem",
  ]),
  ...properties("is not allowed: what transactions (IF) have agreed on would be lost where members join or leave", [
    "disable_paxos_(auto_repairs|state_flush)",
    "paxos_repair_allow_multiple_pending_unsafe",
    "skip_paxos_(repair_on_topology_change(_keyspaces)?|state_rebuild)",
    "truncate_ballot_metadata",
  ]),
  ...properties("is not allowed: a member that was away would miss what was written meanwhile", ["maxHintTTL"]),
  ...properties("is not allowed: it is for Cassandra's own tests", ["(dtest|test|unsafe)[-._].*", "unsafe\\w*"]),
];

/** Waits for gossip that may be shorter than Cassandra's own, with the least that reaches all members. */
const shortest: Record<string, number> = {
  ring_delay_ms: 5000,
  gossip_quarantine_delay_ms: 10000,
  gossip_settle_min_wait_ms: 1000,
  gossip_settle_interval_ms: 500,
  gossip_settle_poll_success_required: 3,
};

/** The start script of Cassandra splits them at spaces, so that one could bring others along. */
export const optionFormat = /^-\S+$/;

/** @param names of properties of Cassandra without `cassandra.`, as regular expressions; with a value and without */
function properties(why: string, names: string[]): [RegExp, string][] {
  return names.map((name) => [new RegExp(`^-Dcassandra\\.${name}(=|$)`), why]);
}

/**
 * Why no member can be given a JVM option, as a phrase that follows the option; undefined when it can. These are the options that
 * follow from other settings, and those that take away what keeps rows safe.
 */
export function optionRefusal(option: string): string | undefined {
  if (!optionFormat.test(option))
    return "is not allowed; allowed is an option that starts with a dash and is free of spaces";
  const [, why] = refused.find(([beginning]) => beginning.test(option)) ?? [];
  if (why) return why;
  const [, property, value] = /^-D([^=]*)=?(.*)$/.exec(option) ?? [];
  if (property === undefined) return undefined;
  // Kubernetes would put the value of a variable in place of `$(NAME)`.
  if (!/^[\w.-]+$/.test(property))
    return "is not allowed; allowed in a property's name are letters, digits, dots, dashes and underscores";
  const least = shortest[property.replace(/^cassandra\./, "")];
  if (!property.startsWith("cassandra.") || least === undefined) return undefined;
  if (/^\d+$/.test(value) && Number(value) >= least) return undefined;
  return `is not allowed: members must have heard of each other before rows move or clients are served; allowed is ${least} or more`;
}
