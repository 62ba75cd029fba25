import { mustBe, Refusal } from "../args/refusal";

/** Why a JVM option that the program does not allow must be left out: `[how options begin, reason]`, with config keys in braces. */
const refused: [RegExp, string][] = [
  // The launcher of Java takes -mx and -ms for -Xmx and -Xms.
  [/^-(X?m[sx]|Xmn|XX:(\w*HeapSize|\w*RAMPercentage|\w*RAMFraction|MaxRAM)\b)/, "{maxHeap} sets it"],
  [/^-XX:(Flags|VMOptionsFile|\+ReadVMOptionsFile)\b/, "options in a file cannot be checked"],
  [/^-D(com\.sun\.management|java\.rmi\.server|cassandra\.jmx)\b/, "JMX stays inside the pod"],
  [/^-Dmx4j/, "JMX stays inside the pod"],
  [/^-XX:\+ManagementServer\b/, "JMX stays inside the pod"],
  [/^-Djava\.net\.preferIPv6Addresses=(?!false$)/, "JMX would leave 127.0.0.1, where nodetool looks for it"],
  // Other agents measure and trace, and are left to whoever makes the image.
  [/^-javaagent:.*jolokia/i, "JMX stays inside the pod"],
  [/^-(agentlib:jdwp|agentpath:.*jdwp|Xrunjdwp|Xdebug)/, "whoever reaches a debugger's port runs code as the member"],
  [/^-Dcom\.sun\.jndi\.\w+\.object\.trustURLCodebase=(?!false$)/, "the member would run code that others send it"],
  [/^-XX:(OnError|OnOutOfMemoryError)\b/, "commands in an option cannot be checked"],
  // `allow` is what Cassandra itself needs of Java 17.
  [
    /^-Djava\.security\.(manager(?!=allow$)|policy)\b/,
    "Cassandra's own manager keeps functions of users from the disk",
  ],
  [/^-Dlogback\.configurationFile\b/, "the pod's scripts read what Cassandra logs"],
  [/^-Dcassandra-(rackdc|topology)\.properties\b/, "{datacenter} sets it"],
  [/^-Dorg\.apache\.cassandra\./, "Cassandra has it for its own tests, and nodetool may fail with it"],
  // Whatever the key in cassandra.yaml: `cassandra.settings.auto_bootstrap`.
  [/^-Dcassandra\.(config|settings)\b/, "keys of cassandra.yaml are set, and checked, in {cassandraYaml}"],
  ...properties("the ring record sets it", [
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
  ...properties("a member that has run with it never starts without it again; {repair} sets repairs", [
    "autorepair\\.\\w+",
  ]),
  ...properties("the Services set it", ["storage_port", "ssl_storage_port", "native_transport_port"]),
  ...properties("the pod's volumes set it", ["storagedir", "logdir(\\.\\w+)?"]),
  ...properties("{datacenter} sets it", ["ignore_dc", "ignore_rack"]),
  ...properties("members must join and leave one at a time, each with all of its data", [
    "allow_alter_rf_during_range_movement",
    "allow_unsafe_(join|replace|transient_changes)",
    "consistent\\.\\w+(\\.\\w+)?",
  ]),
  ...properties("a member that joins without the schema streams no data of the tables that it does not know", [
    "ignore_corrupted_schema_tables",
    "schema\\.\\w+(\\.\\w+)?",
    "skip_schema_check\\w*",
  ]),
  ...properties("a member that does not know all members reads from and writes to too few of them", [
    "gossip\\.disable_endpoint_removal",
    "load_ring_state",
    "skip_wait_for_gossip_to_settle",
    "start_gossip",
  ]),
  ...properties("acknowledged writes would be lost in a restart", [
    "commitlog\\.\\w+",
    "replayList",
    "skip_sync",
    "unsafesystem",
  ]),
  ...properties("results of transactions (IF) would be lost when members join or leave", [
    "disable_paxos_(auto_repairs|state_flush)",
    "paxos_repair_allow_multiple_pending_unsafe",
    "skip_paxos_(repair_on_topology_change(_keyspaces)?|state_rebuild)",
    "truncate_ballot_metadata",
  ]),
  ...properties("a member that was down would miss the writes of that time", ["maxHintTTL"]),
  ...properties("Cassandra has it for its own tests", ["(dtest|test|unsafe)[-._].*", "unsafe\\w*"]),
];

/** Waits for gossip that may be shorter than Cassandra's own, with the shortest wait that reaches all members. */
const shortest: Record<string, number> = {
  ring_delay_ms: 5000,
  gossip_quarantine_delay_ms: 10000,
  gossip_settle_min_wait_ms: 1000,
  gossip_settle_interval_ms: 500,
  gossip_settle_poll_success_required: 3,
};

/** Cassandra's start script splits options at spaces, so one text could hide several options. */
export const optionFormat = /^-\S+$/;

/** @param names of properties of Cassandra without `cassandra.`, as regular expressions; with a value and without */
function properties(why: string, names: string[]): [RegExp, string][] {
  return names.map((name) => [new RegExp(`^-Dcassandra\\.${name}(=|$)`), why]);
}

/** Why no member can have a JVM option; undefined if it can. Refused are options that other config sets, and options that endanger data. */
export function optionRefusal(option: string): Refusal | undefined {
  if (!optionFormat.test(option)) return { rule: mustBe("an option that starts with a dash and is free of spaces") };
  const [, reason] = refused.find(([beginning]) => beginning.test(option)) ?? [];
  if (reason) return { rule: "must be left out", reason };
  const [, property, value] = /^-D([^=]*)=?(.*)$/.exec(option) ?? [];
  if (property === undefined) return undefined;
  // Kubernetes would put the value of a variable in place of `$(NAME)`.
  if (!/^[\w.-]+$/.test(property))
    return { rule: "must name its property with letters, digits, dots, dashes and underscores" };
  const least = shortest[property.replace(/^cassandra\./, "")];
  if (!property.startsWith("cassandra.") || least === undefined) return undefined;
  if (/^\d+$/.test(value) && Number(value) >= least) return undefined;
  return {
    rule: mustBe(`${least} or more`),
    reason: "members must know of each other before data moves and before clients connect",
  };
}
