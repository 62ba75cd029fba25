import { closest } from "fastest-levenshtein";
import { keyRefusal, Protection } from "../components/refusedKeys";
import { versionOf } from "../components/version";
import known from "./yamlKeys.json";

export const versions = ["4.0", "4.1", "5.0"];

/** Which list of keys holds for an image, by its tag; undefined when that tells no version known here. */
export function knownVersionOf(image: string): string | undefined {
  const { major, minor } = versionOf(image) ?? {};
  return versions.find((one) => one === `${major}.${minor}`);
}

/**
 * What is wrong with keys of cassandra.yaml for an image, a phrase for each key, which follows the value where that is told. Names are those of class `Config` of
 * Cassandra 4.0.18, 4.1.9 and 5.0.9; of an image whose tag tells none of these versions, a name of any will do.
 */
export function unknownKeys(
  given: object,
  image: string,
  protection: Protection,
): { key: string; why: string; value?: unknown }[] {
  const version = knownVersionOf(image);
  const all = Object.entries(known.keys as Record<string, string[]>);
  const names = new Set(all.filter(([, of]) => !version || of.includes(version)).map(([name]) => name));
  const renamed = known.renamed as Record<string, string>;
  const whose = `Cassandra ${version ?? versions.join(", ")}`;
  return Object.entries(given).flatMap(([key, value]) => {
    const refusal = keyRefusal(key, value, protection);
    if (refusal && !("value" in refusal)) return [{ key, ...refusal }];
    if (names.has(key)) return refusal ? [{ key, ...refusal }] : [];
    if (names.has(renamed[key])) return [{ key, why: `is named ${renamed[key]} in ${whose}` }];
    return [{ key, why: `is no key of ${whose}; did you mean ${closest(key, [...names])}?` }];
  });
}
