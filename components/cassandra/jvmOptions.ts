import { closest } from "fastest-levenshtein";
import * as fs from "node:fs";
import * as path from "node:path";
import { shareFirstCall } from "../engine/shareFirstCall";
import type { Refusal } from "../args/refusal";
import { optionRefusal } from "./refusedOptions";
import { knownVersionOf, versions } from "./unknownKeys";

/** Names of properties, with the versions that have them. */
const known = shareFirstCall(
  () => JSON.parse(fs.readFileSync(path.join(__dirname, "systemProperties.json"), "utf8")) as Record<string, string[]>,
);

/**
 * The JVM options that an image does not allow, each with the reason. Names of Cassandra's own properties come from the classes of 4.0.18,
 * 4.1.9 and 5.0.9. If the tag names none of these versions, a name of any version is allowed. Java itself checks its own options, and
 * does not start with an unknown one.
 * @param image undefined while it is not known
 */
export function wrongOptions(options: string[], image: string | undefined): ({ option: string } & Refusal)[] {
  const version = image === undefined ? undefined : knownVersionOf(image);
  const names = Object.keys(known()).filter((name) => !version || known()[name].includes(version));
  return options.flatMap((option) => {
    const refusal = optionRefusal(option);
    if (refusal) return [{ option, ...refusal }];
    const [, name] = /^-Dcassandra\.([^=]+)/.exec(option) ?? [];
    if (name === undefined || names.includes(name)) return [];
    const whose = `Cassandra ${version ?? versions.join(", ")}`;
    const reason = `did you mean -Dcassandra.${closest(name, names)}?`;
    return [{ option, rule: `unknown property of ${whose}`, reason }];
  });
}
