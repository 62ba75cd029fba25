import { closest } from "fastest-levenshtein";
import * as fs from "node:fs";
import * as path from "node:path";
import { shareFirstCall } from "../engine/shareFirstCall";
import type { Refusal } from "../args/refusal";
import { keyRefusal, Protection } from "./refusedKeys";
import { versionOf } from "./version";

export const versions = ["4.0", "4.1", "5.0"];

/** Read as a file: who compiles the package in a program of its own may not import it. */
const known = shareFirstCall(
  () =>
    JSON.parse(fs.readFileSync(path.join(__dirname, "yamlKeys.json"), "utf8")) as {
      /** Versions that have a key. */
      keys: Record<string, string[]>;
      /** Newer names of keys. */
      renamed: Record<string, string>;
    },
);

/** Which list of keys holds for an image, by its tag; undefined when that tells no version known here. */
export function knownVersionOf(image: string): string | undefined {
  const { major, minor } = versionOf(image) ?? {};
  return versions.find((one) => one === `${major}.${minor}`);
}

/**
 * The keys of cassandra.yaml that an image does not allow, each with the reason, and with its value if another value would do. Names are
 * those of class `Config` of Cassandra 4.0.18, 4.1.9 and 5.0.9; of an image whose tag tells none of these versions, a name of any will do.
 * @param image undefined while it is not known
 */
export function unknownKeys(
  given: object,
  image: string | undefined,
  protection: Protection,
): ({ key: string; value?: unknown } & Refusal)[] {
  const version = image === undefined ? undefined : knownVersionOf(image);
  const { keys, renamed } = known();
  const names = new Set(Object.keys(keys).filter((name) => !version || keys[name].includes(version)));
  const whose = `Cassandra ${version ?? versions.join(", ")}`;
  return Object.keys(given).flatMap((key) => {
    const refusal = keyRefusal(key, given, protection);
    if (refusal && !("value" in refusal)) return [{ key, ...refusal }];
    if (names.has(key)) return refusal ? [{ key, ...refusal }] : [];
    if (names.has(renamed[key]))
      return [{ key, rule: `unknown key of ${whose}`, reason: `its name there is ${renamed[key]}` }];
    return [{ key, rule: `unknown key of ${whose}`, reason: `did you mean ${closest(key, [...names])}?` }];
  });
}
