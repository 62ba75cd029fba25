import { holdsMask, masked } from "./events";
import { brief, Difference, differences, fieldsOf, parsed } from "./fields";
import { withoutMoved } from "./movedSecrets";
import { PlainTexts } from "./plainTexts";
import { withoutSecrets } from "./secrets";

/** A key of stack config that is not what it was in the last update. */
export interface ConfigChange {
  key: string;
  /** Line of the stack file that sets it, counted from 1; undefined where none does any more. */
  line?: number;
  before?: string;
  after?: string;
}

/** Config as `pulumi stack history --json` tells it. */
export type PastConfig = Record<string, { value?: string; secret: boolean }>;

/** Values in a value that are no secrets, by their paths. */
function plainLeaves(path: string, value: unknown): { path: string; value: unknown }[] {
  const fields = fieldsOf(parsed(value));
  if (fields) return Object.keys(fields).flatMap((name) => plainLeaves(`${path}.${name}`, fields[name]));
  return withoutSecrets(path, value) === masked ? [] : [{ path, value }];
}

/**
 * What changed since the last update, in order of the stack file's lines. Of a secret that was one before, nobody can tell here
 * whether it is another one; of an object that held one, the values beside it cannot be compared either, and are told as they are.
 * @param wanted config of the preview, defaults included
 * @param known secrets that the state and the config have
 */
export function configChanges(
  past: PastConfig,
  wanted: Record<string, string>,
  stackFile: string,
  known = new PlainTexts([]),
): ConfigChange[] {
  const lines = stackFile.split("\n");
  const keys = [...new Set([...Object.keys(past), ...Object.keys(wanted)])].sort();
  const isBeside = (key: string) => !!past[key]?.secret && !!fieldsOf(parsed(wanted[key])) && holdsMask(wanted[key]);
  const compared = keys.filter((key) => !isBeside(key)).flatMap((key) => comparison(key, past[key], wanted[key]));
  const beside = keys.filter(isBeside).flatMap((key) => plainLeaves(key, wanted[key]));
  const shown = (path: string, value: unknown) => brief(withoutSecrets(path, known.without(value)));
  const place = (path: string) => {
    const key = keys.find((one) => path === one || path.startsWith(`${one}.`))!;
    return { key: path, ...lineOf(lines, namesIn(key, path)) };
  };
  /** One side of a change. What becomes a secret, or was one, is none to show either. */
  const side = (path: string, value: unknown, other: unknown) =>
    value !== "" && holdsMask(other) ? masked : shown(path, value);
  const changes = [
    ...beside.map(({ path, value }) => ({ ...place(path), before: masked, after: shown(path, value) })),
    ...withoutMoved(compared).map(({ path, before, after }) => ({
      ...place(path),
      ...(before !== undefined && { before: side(path, before, after) }),
      ...(after !== undefined && { after: side(path, after, before) }),
    })),
  ];
  return changes.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || a.key.localeCompare(b.key));
}

/** What differs of one key. */
function comparison(key: string, was: PastConfig[string] | undefined, after: string | undefined): Difference[] {
  if (was?.secret) {
    if (after === masked) return [];
    return [{ path: key, before: masked, ...(after !== undefined && { after: after === "" ? "" : masked }) }];
  }
  return differences(was?.value, after).map((one) => ({ ...one, path: one.path ? `${key}.${one.path}` : key }));
}

/** The names on the way to a value in a key. */
const namesIn = (key: string, path: string) => [key, ...path.slice(key.length).split(".").filter(Boolean)];

/** Where a stack file sets a key: the innermost of its names that stands on a line of its own. */
function lineOf(lines: string[], names: string[]): { line?: number } {
  let found: number | undefined;
  let from = 0;
  for (const name of names) {
    const pattern = new RegExp(`^\\s+(["']?)${name.replace(/[^\w:]/g, "\\$&")}\\1:`);
    const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
    if (at < 0) break;
    [found, from] = [at + 1, at + 1];
  }
  return found === undefined ? {} : { line: found };
}
