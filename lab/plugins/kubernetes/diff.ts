import type { DiffKind } from "../providerServer";
import { isObject } from "../values";

/** Where in an object: keys of maps and indexes of lists. */
export type Path = (string | number)[];

export interface Change {
  path: Path;
  kind: DiffKind;
  before: unknown;
  after: unknown;
}

/** The smallest set of changes between two values; a part that appears or goes is one change. */
export function changesBetween(before: unknown, after: unknown, path: Path = []): Change[] {
  if (before === after) return [];
  if (before === undefined) return [{ path, kind: "add", before, after }];
  if (after === undefined) return [{ path, kind: "delete", before, after }];
  if (Array.isArray(before) && Array.isArray(after)) {
    const indexes = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return indexes.flatMap((index) => changesBetween(before[index], after[index], [...path, index]));
  }
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesBetween(before[key], after[key], [...path, key]));
  }
  return [{ path, kind: "update", before, after }];
}

/** A path as the engine writes it: `metadata.annotations["a/b"]`, `spec.ports[0].port`. */
export function written(path: Path): string {
  const step = (key: string | number, index: number): string => {
    if (typeof key === "number") return `[${key}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
    return index === 0 ? key : `.${key}`;
  };
  return path.map(step).join("");
}
