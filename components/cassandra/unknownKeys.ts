import { closest } from "fastest-levenshtein";
import * as fs from "node:fs";
import * as path from "node:path";
import { shareFirstCall } from "../engine/shareFirstCall";
import type { Refusal } from "../args/refusal";
import { keyRefusal, Protection } from "./refusedKeys";
import { versionOf } from "./version";

export const versions = ["4.0", "4.1", "5.0"];

/** Read as a file: a user's program that compiles the package may not allow the import of JSON. */
const known = shareFirstCall(
  () =>
    JSON.parse(fs.readFileSync(path.join(__dirname, "yamlKeys.json"), "utf8")) as {
      /** Versions that have a key. */
      keys: Record<string, string[]>;
      /** Newer names of keys. */
      renamed: Record<string, string>;
    },
);

/** The version in an image's tag, if its keys are known; else undefined. */
export function knownVersionOf(image: string): string | undefined {
  const { major, minor } = versionOf(image) ?? {};
  return versions.find((one) => one === `${major}.${minor}`);
}

/**
 * The keys of cassandra.yaml that an image does not allow, each with the reason, and with its value if another value is allowed. Names
 * come from class `Config` of Cassandra 4.0.18, 4.1.9 and 5.0.9. If the tag names none of these versions, a name of any version is allowed.
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
