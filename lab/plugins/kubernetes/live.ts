import { isObject, Value, Values } from "../values";
import { KubeObject } from "./objects";

/** Powers of ten, and of two, that suffixes multiply by. */
const decimals: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaries: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** The number that a Kubernetes quantity stands for (`500m`, `1Gi`, `2e3`); nothing when it is none. */
export function quantity(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const match = String(value).match(/^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/);
  if (!match) return undefined;
  const [, number, exponent, suffix = ""] = match;
  // Not as a product of decimals: the API server writes `1.4Gi` as `1503238553600m`, and both must be the same number.
  if (suffix in binaries) return Number(number) * 2 ** binaries[suffix];
  return Number(number + (exponent ?? `e${decimals[suffix]}`));
}

/** Maps of quantities: the API server writes `1000m` as `1`. */
const quantityMaps = new Set(["limits", "requests", "capacity", "hard", "default", "defaultRequest", "max", "min"]);

/** True when two values at a path are the same quantity in two spellings. */
export function isSameQuantity(path: (string | number)[], one: unknown, other: unknown): boolean {
  const isQuantity = quantityMaps.has(String(path.at(-2))) || path.at(-1) === "sizeLimit";
  return isQuantity && quantity(one) !== undefined && quantity(one) === quantity(other);
}

/** A zero value and a missing one mean the same to the API server, which drops many of the former. */
function isZero(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.values(value).every(isZero);
  return !value;
}

/** The live item that an item of a program's list became: by its name where items have names, else by place. */
function counterpart(live: Value[], item: Value, index: number): Value | undefined {
  const nameOf = (value: Value): Value | undefined => (isObject(value) ? value.name : undefined);
  const name = nameOf(item);
  return name === undefined ? live[index] : live.find((other) => nameOf(other) === name);
}

/**
 * What the inputs would be if the program had written what is live now: the live values of the fields that the
 * program set, and no others. Values that mean the same stay as the program wrote them.
 */
function shaped(live: Value | undefined, input: Value, key: string, parent: string): Value | undefined {
  if (live === undefined) return isZero(input) ? input : undefined;
  if (Array.isArray(input) && Array.isArray(live)) {
    if (!input.some((item) => typeof item === "object")) return live;
    const items = input.map((item, index) => shaped(counterpart(live, item, index), item, "", key));
    return items.filter((item) => item !== undefined);
  }
  if (isObject(input) && isObject(live)) {
    const entries = Object.entries(input).map(([name, item]) => [name, shaped(live[name], item, name, key)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
  }
  return isSameQuantity([parent, key], input, live) ? input : live;
}

const decoded = (value: Value): string => Buffer.from(value as string, "base64").toString();

/** The inputs of a resource after a look at its live object; both without secret marks. */
export function liveInputs(live: KubeObject, inputs: Values): Values {
  const values = { ...live } as unknown as Values;
  if (live.kind === "Secret" && isObject(inputs.stringData) && isObject(values.data)) {
    // The API server keeps text as base64 and drops the field in which it came.
    values.stringData = Object.fromEntries(Object.entries(values.data).map(([key, value]) => [key, decoded(value)]));
  }
  return shaped(values, inputs, "", "") as Values;
}

/** The union of two sets of fields, as the API server writes them. */
function united(one: Values, other: Values): Values {
  const both = Object.entries(other).map(([key, fields]): [string, Value] => {
    const own = one[key];
    return [key, isObject(own) && isObject(fields) ? united(own, fields) : fields];
  });
  return { ...one, ...Object.fromEntries(both) };
}

/**
 * Who owns which fields of an object, once what kubectl has applied is the resource's own, so that its next apply drops of it what the
 * program does not have; nothing where kubectl has none.
 */
export function takenFromKubectl({ metadata, apiVersion }: KubeObject, manager: string): Values[] | undefined {
  const all = metadata.managedFields ?? [];
  const isKubectls = ({ manager, subresource }: Values) =>
    subresource === undefined && /^(kubectl|before-first-apply)/.test(manager as string);
  const isOwn = (entry: Values) => entry.manager === manager && entry.operation === "Apply";
  if (!all.some(isKubectls)) return undefined;
  const fields = all.filter((entry) => isKubectls(entry) || isOwn(entry)).map(({ fieldsV1 }) => fieldsV1 as Values);
  const own = { manager, operation: "Apply", apiVersion, fieldsType: "FieldsV1", fieldsV1: fields.reduce(united) };
  return [...all.filter((entry) => !isKubectls(entry) && !isOwn(entry)), own];
}

/**
 * The object with what is live at the paths of `ignoreChanges` that it sets, so that an apply neither changes nor
 * drops what others have set there.
 */
export function withLive(object: KubeObject, live: KubeObject, ignoreChanges: string[]): KubeObject {
  const result = structuredClone(object);
  for (const path of ignoreChanges) {
    const keys = [...path.matchAll(/\["([^"]+)"\]|([^.[\]]+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    const last = keys.pop();
    let [ours, theirs]: unknown[] = [result, live];
    for (const key of keys) [ours, theirs] = [ours, theirs].map((value) => (value as Values | undefined)?.[key]);
    if (last === undefined || typeof ours !== "object" || typeof theirs !== "object" || !ours || !theirs) continue;
    if (last in ours && last in theirs) (ours as Values)[last] = (theirs as Values)[last];
  }
  return result;
}
