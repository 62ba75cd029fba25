import { Key } from "../config/keys";
import { commonKeys } from "../config/schema";
import { masked } from "./events";
import { brief, differences, fieldsOf, parsed } from "./fields";

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

/** Keys whose values must not be shown, though a stack file may have them in plain text. */
const isSecret = (path: string) => (commonKeys as Record<string, Key>)[path.split(/[:.]/).at(-1)!]?.isSecret ?? false;

/** A value with each secret in it masked: those that config says are, and those that a key is the name of. */
function hidden(path: string, value: unknown): unknown {
  const fields = fieldsOf(parsed(value));
  if (fields)
    return Object.fromEntries(Object.keys(fields).map((name) => [name, hidden(`${path}.${name}`, fields[name])]));
  return value && (isSecret(path) || holdsMask(value)) ? masked : value;
}

const holdsMask = (value: unknown): boolean => (JSON.stringify(value) ?? "").includes(masked);

/** One side of a change. What becomes a secret, or was one, is none to show either. */
const shown = (path: string, value: unknown, other: unknown) =>
  brief(value !== "" && holdsMask(other) ? masked : hidden(path, value));

/** Values in a value that are no secrets, by their paths. */
function plainLeaves(path: string, value: unknown): { path: string; value: unknown }[] {
  const fields = fieldsOf(parsed(value));
  if (fields) return Object.keys(fields).flatMap((name) => plainLeaves(`${path}.${name}`, fields[name]));
  return hidden(path, value) === masked ? [] : [{ path, value }];
}

/**
 * What changed since the last update, in order of the stack file's lines. Of a secret that was one before, nobody can tell here
 * whether it is another one; of an object that held one, the values beside it cannot be compared either, and are told as they are.
 * @param wanted config of the preview, defaults included
 */
export function configChanges(past: PastConfig, wanted: Record<string, string>, stackFile: string): ConfigChange[] {
  const lines = stackFile.split("\n");
  const keys = [...new Set([...Object.keys(past), ...Object.keys(wanted)])].sort();
  const changes = keys.flatMap((key): ConfigChange[] => {
    const { value, secret } = past[key] ?? {};
    const after = wanted[key];
    const place = (path: string) => ({ key: path, ...lineOf(lines, namesIn(key, path)) });
    if (secret) {
      if (after === masked) return [];
      if (after !== undefined && fieldsOf(parsed(after)) && holdsMask(after))
        return plainLeaves(key, after).map((leaf) => ({
          ...place(leaf.path),
          before: masked,
          after: brief(leaf.value),
        }));
      const hide = after === "" ? "" : masked;
      return [{ ...place(key), before: masked, ...(after !== undefined && { after: hide }) }];
    }
    return differences(value, after).map(({ path, before, after }) => {
      const full = path ? `${key}.${path}` : key;
      return {
        ...place(full),
        ...(before !== undefined && { before: shown(full, before, after) }),
        ...(after !== undefined && { after: shown(full, after, before) }),
      };
    });
  });
  return changes.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || a.key.localeCompare(b.key));
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
