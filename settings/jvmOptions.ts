import { closest } from "fastest-levenshtein";
import { optionRefusal } from "../components/refusedOptions";
import { knownVersionOf, versions } from "./cassandraYaml";
import known from "./systemProperties.json";

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
    const refusal = optionRefusal(option);
    if (refusal) return [{ option, why: refusal }];
    const [, name] = /^-Dcassandra\.([^=]+)/.exec(option) ?? [];
    if (name === undefined || names.includes(name)) return [];
    const whose = `Cassandra ${version ?? versions.join(", ")}`;
    return [{ option, why: `is no property of ${whose}; did you mean -Dcassandra.${closest(name, names)}?` }];
  });
}
