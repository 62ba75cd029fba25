import { Key } from "../config/keys";
import { commonKeys } from "../config/schema";
import { masked } from "./events";
import { brief, differences } from "./fields";

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

/**
 * What changed since the last update, in order of the stack file's lines. Of a secret that was one before, nobody can tell here
 * whether it is another one.
 * @param wanted config of the preview, defaults included
 */
export function configChanges(past: PastConfig, wanted: Record<string, string>, stackFile: string): ConfigChange[] {
  const lines = stackFile.split("\n");
  const keys = [...new Set([...Object.keys(past), ...Object.keys(wanted)])].sort();
  const changes = keys.flatMap((key): ConfigChange[] => {
    const { value, secret } = past[key] ?? {};
    const [before, after] = [secret ? masked : value, wanted[key]];
    if (before === after) return [];
    // Of a value that is or becomes a secret, neither side is shown: only that there is none.
    if (before === masked || after === masked) {
      const hide = (side: string) => (side === "" ? "" : masked);
      const hidden = {
        ...(before !== undefined && { before: hide(before) }),
        ...(after !== undefined && { after: hide(after) }),
      };
      return [{ key, ...lineOf(lines, [key]), ...hidden }];
    }
    return differences(before, after).map(({ path, ...values }) => {
      const full = path ? `${key}.${path}` : key;
      const shown = (value: unknown) => (value && isSecret(full) ? masked : brief(value));
      return {
        key: full,
        ...lineOf(lines, [key, ...path.split(".").filter(Boolean)]),
        ...(values.before !== undefined && { before: shown(values.before) }),
        ...(values.after !== undefined && { after: shown(values.after) }),
      };
    });
  });
  return changes.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || a.key.localeCompare(b.key));
}

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
