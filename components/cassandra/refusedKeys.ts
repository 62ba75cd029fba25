import { mustBe, Refusal } from "../args/refusal";

/** Keys of cassandra.yaml that the program sets, and what it sets them from; config keys stand in braces (`inWordsOf`). */
const settled: Record<string, string> = {
  cluster_name: "{clusterName}",
  auto_bootstrap: "the ring record",
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

const away = "with another value, a member that was down would miss the writes of that time";
const hintWindow: Values = {
  allowed: "a time above zero",
  isAllowed: (value) =>
    value === null || ((typeof value === "string" || typeof value === "number") && Number.parseFloat(`${value}`) > 0),
  why: away,
};
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
  max_hint_window: hintWindow,
  max_hint_window_in_ms: hintWindow,
  transfer_hints_on_decommission: words(
    "with another value, hints for other members would be lost when a member leaves",
    [true],
  ),
  paxos_repair_enabled: words(paxos, [true]),
  skip_paxos_repair_on_topology_change: words(paxos, [false]),
  skip_paxos_repair_on_topology_change_keyspaces: none(paxos),
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

/** Programs that use the package compile it for a language that does not have `Object.hasOwn` yet. */
const hasOwn = (object: object, key: string) => Object.keys(object).includes(key);

/** Why a key of cassandra.yaml cannot have a value; undefined if it can. `value` is there if another value would do. */
export function keyRefusal(
  key: string,
  value: unknown,
  protection: Protection,
): ({ value?: unknown } & Refusal) | undefined {
  const decider = hasOwn(decided, key) ? decided[key] : undefined;
  const setter = decider && protection[decider] !== "none" ? `{${decider}}` : hasOwn(settled, key) && settled[key];
  if (setter) return { rule: "must be left out", reason: `${setter} sets it` };
  if (!hasOwn(safe, key) || safe[key].isAllowed(value)) return undefined;
  const { why, allowed } = safe[key];
  return { value, rule: mustBe(allowed), reason: why };
}
