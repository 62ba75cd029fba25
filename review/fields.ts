/** A field that differs between two objects. */
export interface Difference {
  /** `spec.template.spec.containers.cassandra.env.MAX_HEAP_SIZE.value`: items of a list by their names, where they have one. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** Fields that differ, in order of their paths; a list of plain values is one field. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [one, other] = [fieldsOf(parsed(before)), fieldsOf(parsed(after))];
  if (!one || !other) return [{ path, before, after }];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .sort()
    .flatMap((key) => differences(one[key], other[key], path ? `${path}.${key}` : key));
}

/** What a text holds that is JSON, as a file in a ConfigMap may be. */
export function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What an object or a list holds, by name; undefined for what is one value. */
export function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  const names = value.map((item) => (item as { name?: unknown } | null)?.name);
  const isNamed = names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  if (isNamed) return Object.fromEntries(value.map((item, i) => [String(names[i]), item as unknown]));
  const isPlain = value.every((item) => typeof item !== "object");
  return isPlain ? undefined : Object.fromEntries(value.map((item, i) => [`[${i}]`, item as unknown]));
}

/** A value in a few words; undefined for none. */
export function brief(value: unknown): string {
  if (value === undefined) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text
    .replaceAll("`", "'")
    .replace(/\s+/g, " ")
    // What Pulumi puts behind a name of its choosing, anew each time.
    .replace(/^([a-z0-9-]+)-[0-9a-f]{8}$/, "$1-...");
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
