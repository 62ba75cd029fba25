import { Key } from "./keys";
import { Problems } from "./messages";
import { namespaceOfProvider } from "./provider";
import { isSecret, Raw, readRawConfig } from "./rawConfig";
import { commonKeys, objectKeys, topologies, Topology, topologyKeys } from "./schema";

type Parsed<K extends Record<string, Key>> = { [N in keyof K]: NonNullable<ReturnType<K[N]["parse"]>> };

/** Values of the keys that hold for the whole stack. */
export type CommonConfig = Parsed<typeof commonKeys>;

/** Values for one topology, its own and inherited ones. `topologyKeys` says which of them a topology has. */
export type TopologyConfig = Omit<CommonConfig, "topologies"> & {
  /** Whether `cassandraYaml` was set with `--secret`. */
  isSecretYaml: boolean;
} & Parsed<typeof topologyKeys.persistent.own> &
  Parsed<typeof topologyKeys.ephemeral.own> &
  Parsed<typeof topologyKeys.daemon.own> &
  Parsed<Omit<typeof topologyKeys.cockroachdb.own, "image">>;

/** Config whose every value is right by itself, beside what the stack file says. Values that are wrong are left out. */
export interface ParsedConfig {
  /** Topologies that the stack runs, in the stack file's order. */
  chosen: Topology[];
  common: CommonConfig;
  values: Record<Topology, TopologyConfig>;
  /** What the stack file sets for the whole stack. */
  given: Raw;
  /** What the stack file sets for each topology alone. */
  objects: Record<Topology, Raw>;
}

/** @param problems collects the keys and values that are wrong */
export function parseConfig(problems: Problems): ParsedConfig {
  const table = { ...commonKeys, ...objectKeys };
  const given = readRawConfig(table);
  given.namespace ||= namespaceOfProvider();
  const common = problems.parse("", table, given) as CommonConfig;
  const chosen: Topology[] = common.topologies ?? [];
  const objects = Object.fromEntries(
    topologies.map((topology) => [topology, (common as Raw)[topology] ?? {}]),
  ) as ParsedConfig["objects"];
  const values = Object.fromEntries(
    topologies.map((topology) => [topology, parseTopology(topology, objects[topology], common, problems)]),
  ) as ParsedConfig["values"];
  const parsed = { chosen, common, values, given, objects };
  nameRings(parsed);
  return parsed;
}

function parseTopology(topology: Topology, object: Raw, common: CommonConfig, problems: Problems): TopologyConfig {
  const { overrides, own } = topologyKeys[topology] as {
    overrides: (keyof typeof commonKeys)[];
    own: Record<string, Key>;
  };
  const table = { ...own, ...Object.fromEntries(overrides.map((key) => [key, commonKeys[key]])) };
  const parsed = problems.parse(`${topology}.`, table, object);
  const inherited = overrides.filter((key) => !(key in object)).map((key) => [key, common[key]]);
  const isSecretYaml = isSecret("cassandraYaml" in object ? topology : "cassandraYaml");
  return { ...parsed, ...Object.fromEntries(inherited), isSecretYaml } as TopologyConfig;
}

/** The first Cassandra ring has the plain names. Further rings carry their topology in their names, in Kubernetes and in Cassandra. */
function nameRings({ chosen, values, objects, common }: ParsedConfig): void {
  const [first, ...further] = chosen.filter((topology) => topology !== "cockroachdb");
  if (first) values[first].name ||= "cassandra";
  for (const topology of further) {
    values[topology].name ||= `cassandra-${topology}`;
    if (!("clusterName" in objects[topology])) values[topology].clusterName = `${common.clusterName}-${topology}`;
  }
  values.cockroachdb.name ||= "cockroachdb";
}
