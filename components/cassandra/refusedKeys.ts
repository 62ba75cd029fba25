import { mustBe, Refusal } from "../args/refusal";
import { CassandraYaml, durable } from "./cassandraYaml";
import { durationOf, sizeOf, wholeOf } from "./yamlAmounts";

/** Keys of cassandra.yaml that the program sets, and what it sets them from; config keys stand in braces (`inWordsOf`). */
const settled: Record<string, string> = {
  cluster_name: "{clusterName}",
  auto_bootstrap: "the ring record",
  // The members' own schedule repairs, which can be taken back.
  auto_repair: "{repair}",
  broadcast_address: "the pod's address",
  broadcast_rpc_address: "the pod's address",
  commitlog_directory: "the pod's volume",
  cdc_raw_directory: "the pod's volume",
  data_file_directories: "the pod's volume",
  hints_directory: "the pod's volume",
  local_system_data_file_directory: "the pod's volume",
  saved_caches_directory: "the pod's volume",
  endpoint_snitch: "{datacenter}",
  initial_token: "the ring record",
  listen_address: "the pod's address",
  listen_interface: "the pod's address",
  listen_interface_prefer_ipv6: "the pod's address",
  listen_on_broadcast_address: "the pod's address",
  native_transport_port: "the client Service",
  native_transport_port_ssl: "the client Service",
  num_tokens: "the ring record",
  // The tokens of a first ring are those of Murmur3Partitioner.
  partitioner: "the ring record",
  rpc_address: "the pod's address",
  rpc_interface: "the pod's address",
  rpc_interface_prefer_ipv6: "the pod's address",
  seed_provider: "the ring record",
  // A first ring opens it once every member sees all others.
  start_native_transport: "the ring record",
  ssl_storage_port: "the discovery Service",
  storage_port: "the discovery Service",
};

/** Keys that config sets unless its value is "none": then a stack may set them. */
const decided: Record<string, "auth" | "tls"> = {
  authenticator: "auth",
  authorizer: "auth",
  role_manager: "auth",
  server_encryption_options: "tls",
  client_encryption_options: "tls",
};

/** Values of one key. */
interface Values {
  /** The values, as messages name them. */
  allowed: string;
  isAllowed: (value: unknown) => boolean;
  /** What would happen with another value. */
  why: string;
}

/** @param hasSafeDefault whether the key may be removed, so that Cassandra uses its own default */
const words = (why: string, allowed: (string | boolean)[], hasSafeDefault = true): Values => ({
  allowed: allowed.join(", ").replace(/, ([^,]*)$/, " or $1"),
  isAllowed: (value) => (value === null ? hasSafeDefault : allowed.some((one) => one === value || `${one}` === value)),
  why,
});

const none = (why: string): Values => ({
  allowed: "[]",
  isAllowed: (value) => value === null || (Array.isArray(value) && value.length === 0),
  why,
});

/** @param isAmount whether an amount in the unit of `read` will do; without the key, Cassandra's own default does */
const amounts = (
  why: string,
  allowed: string,
  read: (value: unknown) => number,
  isAmount: (amount: number) => boolean,
): Values => ({ allowed, isAllowed: (value) => value === null || isAmount(read(value)), why });

const away = "with another value, a member that was down would miss the writes of that time";
/** Minutes in which a member that restarts is back. */
const restart = 10;
const leastThrottle = 128;
const slow = "with another value, a member that was down would get the writes of that time too late";
const unstarted = "members do not start on another value";
const inMemory = "with another value, a member that is killed would lose the hints that it keeps for others";
const paxos = "with another value, results of transactions (IF) would be lost when members join or leave";
const sandbox = "with another value, whoever may create a function could read and delete files of the disk";
const killed = "with another value, a ring that is killed as a whole would lose acknowledged writes";

/** Keys that keep data safe, with the values that do. */
const safe: Record<string, Values> = {
  commitlog_sync: words(killed, ["batch", "group"], false),
  // Without the key, Cassandra ignores disk errors. The cassandra.yaml of the images has the key.
  disk_failure_policy: words(
    "with another value, a member would go on without the data that its disk has lost",
    ["stop", "stop_paranoid", "die"],
    false,
  ),
  commit_failure_policy: words("with another value, a member would go on though its disk takes no more writes", [
    "stop",
    "stop_commit",
    "die",
  ]),
  hinted_handoff_enabled: words(away, [true]),
  hinted_handoff_disabled_datacenters: none(away),
  max_hint_window: amounts(away, `${restart}m or longer, as 3h`, durationOf, (ms) => ms >= restart * 60_000),
  max_hint_window_in_ms: amounts(away, `${restart * 60_000} or more`, wholeOf, (ms) => ms >= restart * 60_000),
  max_hints_size_per_host: amounts(
    away,
    "0B (no limit) or at least 1GiB",
    sizeOf,
    (bytes) => bytes === 0 || bytes >= 2 ** 30,
  ),
  enforce_native_deadline_for_hints: words(away, [false]),
  hinted_handoff_throttle: amounts(
    slow,
    `0KiB (no limit) or at least ${leastThrottle}KiB`,
    sizeOf,
    (bytes) => bytes === 0 || bytes >= leastThrottle * 2 ** 10,
  ),
  hinted_handoff_throttle_in_kb: amounts(
    slow,
    `0 (no limit) or at least ${leastThrottle}`,
    wholeOf,
    (kib) => kib === 0 || kib >= leastThrottle,
  ),
  hints_flush_period: amounts(inMemory, "1m or shorter, as 10s", durationOf, (ms) => ms <= 60_000),
  hints_flush_period_in_ms: amounts(inMemory, "60000 or less", wholeOf, (ms) => ms <= 60_000),
  transfer_hints_on_decommission: words(
    "with another value, hints for other members would be lost when a member leaves",
    [true],
  ),
  paxos_repair_enabled: words(paxos, [true]),
  skip_paxos_repair_on_topology_change: words(paxos, [false]),
  skip_paxos_repair_on_topology_change_keyspaces: none(paxos),
  commitlog_sync_group_window: amounts(unstarted, "a time above zero, as 10ms", durationOf, (ms) => ms > 0),
  commitlog_sync_group_window_in_ms: amounts(unstarted, "a number above zero, as 10", Number, (ms) => ms > 0),
  allow_insecure_udfs: words(sandbox, [false]),
  allow_extra_insecure_udfs: words(sandbox, [false]),
};

/** Other args of the ring that decide on keys. */
export interface Protection {
  /** @default as "none" */
  auth?: string;
  /** @default as "none" */
  tls?: string;
}

/** Why a key cannot have its value. `value` is there if another value would do. */
type KeyRefusal = { value?: unknown } & Refusal;

/** Programs that use the package compile it for a language that does not have `Object.hasOwn` yet. */
const hasOwn = (object: object, key: string) => Object.keys(object).includes(key);

/** Each with its name in Cassandra 4.0. */
const windows = ["commitlog_sync_group_window", "commitlog_sync_group_window_in_ms"];
const periods = ["commitlog_sync_period", "commitlog_sync_period_in_ms"];

/** Why a key about the commit log does not fit the way in which the ring syncs it. */
function syncRefusal(key: string, value: unknown, given: CassandraYaml): KeyRefusal | undefined {
  const isSet = (name: string) => hasOwn(given, name) && given[name] !== null;
  const sync: unknown = given.commitlog_sync ?? durable.commitlog_sync;
  if (periods.includes(key) && isSet(key))
    return { rule: "must be left out", reason: "with commitlog_sync batch or group, members do not start on it" };
  if (windows.includes(key) && isSet(key) && sync !== "group") {
    const circumstance = `while commitlog_sync is ${String(sync)}`;
    return { value, circumstance, rule: "must be left out", reason: "only group waits for a window" };
  }
  if (key !== "commitlog_sync" || value !== "group" || windows.some(isSet)) return undefined;
  const rule = `needs ${windows[0]} (${windows[1]} in Cassandra 4.0)`;
  return { value, circumstance: "without a window", rule, reason: "members do not start without it" };
}

/** Why a key of cassandra.yaml cannot have the value that it is given; undefined if it can. @param given all keys */
export function keyRefusal(key: string, given: CassandraYaml, protection: Protection): KeyRefusal | undefined {
  const value: unknown = given[key];
  const decider = hasOwn(decided, key) ? decided[key] : undefined;
  const setter = decider && protection[decider] !== "none" ? `{${decider}}` : hasOwn(settled, key) && settled[key];
  if (setter) return { rule: "must be left out", reason: `${setter} sets it` };
  const unfit = syncRefusal(key, value, given);
  if (unfit) return unfit;
  if (!hasOwn(safe, key) || safe[key].isAllowed(value)) return undefined;
  const { why, allowed } = safe[key];
  return { value, rule: mustBe(allowed), reason: why };
}
