import { closest } from "fastest-levenshtein";
import { versionOf } from "../components/upgrade";
import known from "./yamlKeys.json";

/** Keys of cassandra.yaml that follow from other settings, and the names of those. */
const settled: Record<string, string> = {
  cluster_name: "cassandra:clusterName",
  auto_bootstrap: "the ring record",
  broadcast_address: "the pod's address",
  broadcast_rpc_address: "the pod's address",
  commitlog_directory: "the pod's volume",
  cdc_raw_directory: "the pod's volume",
  data_file_directories: "the pod's volume",
  hints_directory: "the pod's volume",
  saved_caches_directory: "the pod's volume",
  endpoint_snitch: "cassandra:datacenter",
  initial_token: "the ring record",
  listen_address: "the pod's address",
  native_transport_port: "the client Service",
  num_tokens: "the ring record",
  rpc_address: "the pod's address",
  seed_provider: "the ring record",
  storage_port: "the discovery Service",
};

/** Those that another setting decides unless it is "none", which leaves them to whoever knows better. */
const decided: Record<string, "auth" | "tls"> = {
  authenticator: "auth",
  authorizer: "auth",
  role_manager: "auth",
  server_encryption_options: "tls",
  client_encryption_options: "tls",
};

export const versions = ["4.0", "4.1", "5.0"];

/** Which list of keys holds for an image, by its tag; undefined when that tells no version known here. */
export function knownVersionOf(image: string): string | undefined {
  const { major, minor } = versionOf(image) ?? {};
  return versions.find((one) => one === `${major}.${minor}`);
}

/**
 * What is wrong with keys of cassandra.yaml for an image, a phrase for each key. Names are those of class `Config` of
 * Cassandra 4.0.18, 4.1.9 and 5.0.9; of an image whose tag tells none of these versions, a name of any will do.
 */
export function unknownKeys(
  given: object,
  image: string,
  settings: { auth?: string; tls?: string },
): { key: string; why: string }[] {
  const version = knownVersionOf(image);
  const all = Object.entries(known.keys as Record<string, string[]>);
  const names = new Set(all.filter(([, of]) => !version || of.includes(version)).map(([name]) => name));
  const renamed = known.renamed as Record<string, string>;
  const whose = `Cassandra ${version ?? versions.join(", ")}`;
  return Object.keys(given).flatMap((key) => {
    const decider = decided[key];
    if (decider && settings[decider] !== "none") return [{ key, why: `follows from cassandra:${decider}` }];
    if (key in settled) return [{ key, why: `follows from ${settled[key]}` }];
    if (names.has(key)) return [];
    if (names.has(renamed[key])) return [{ key, why: `is named ${renamed[key]} in ${whose}` }];
    return [{ key, why: `is no key of ${whose}; did you mean ${closest(key, [...names])}?` }];
  });
}
