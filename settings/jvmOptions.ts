import { closest } from "fastest-levenshtein";
import { knownVersionOf, versions } from "./cassandraYaml";
import known from "./systemProperties.json";

/** Options that follow from other settings, by how they begin, and the names of those. */
const settled: [RegExp, string][] = [
  [/^-X(m[sxn]|X:(MaxHeapSize|InitialHeapSize|MaxRAM))/, "cassandra:maxHeap"],
  [/^-Dcassandra\.(auto_bootstrap|initial_token|join_ring|override_decommission|write_survey)\b/, "the ring record"],
  [/^-Dcassandra\.(start_native_transport|replace_)/, "the ring record"],
  [/^-Dcassandra\.(storage_port|ssl_storage_port|native_transport_port)\b/, "the Services"],
  [/^-Dcassandra\.(config|storagedir|logdir)\b/, "the pod's volumes"],
  [/^-D(com\.sun\.management\.jmxremote|cassandra\.jmx)\./, "that JMX stays in the pod"],
];

/**
 * What is wrong with JVM options for an image, a phrase for each. Names of Cassandra's own properties are those in the classes of
 * 4.0.18, 4.1.9 and 5.0.9; of an image whose tag tells none of these versions, a name of any will do. Java's own options are
 * left to Java, which does not start with one that it does not know.
 */
export function wrongOptions(options: string[], image: string): { option: string; why: string }[] {
  const version = knownVersionOf(image);
  const all = Object.entries(known as Record<string, string[]>);
  const names = all.filter(([, of]) => !version || of.includes(version)).map(([name]) => name);
  return options.flatMap((option) => {
    const [, reason] = settled.find(([beginning]) => beginning.test(option)) ?? [];
    if (reason) return [{ option, why: `follows from ${reason}` }];
    const [, name] = /^-Dcassandra\.([^=]+)/.exec(option) ?? [];
    if (name === undefined || names.includes(name)) return [];
    const whose = `Cassandra ${version ?? versions.join(", ")}`;
    return [{ option, why: `is no property of ${whose}; did you mean -Dcassandra.${closest(name, names)}?` }];
  });
}
