import { createHash, randomBytes } from "node:crypto";
import type { CheckSubject } from "../providerServer";
import { at, isObject, plain, Value, Values } from "../values";

/** A Kubernetes object in plain JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name?: string;
    namespace?: string;
    uid?: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: Values[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** Tells which names this plugin made up, so that a replacement may get another one. */
export const autonamed = "pulumi.com/autonamed";

/**
 * `kubernetes:apps/v1:StatefulSet` -> `apps/v1`, `StatefulSet`; a `StatefulSetPatch` is one too.
 * @throws for tokens that are no plain object
 */
export function kindOf(type: string): { apiVersion: string; kind: string } {
  const [, module, kind] = type.split(":");
  const refused = /^(helm|yaml|kustomize)/.test(module) || /List$/.test(kind) || !module.includes("/");
  if (refused) throw new Error(`${type}: this stand-in for the official plugin applies plain objects only`);
  return { apiVersion: module.replace(/^core\//, ""), kind: kind.replace(/Patch$/, "") };
}

/** Whether a resource owns only some fields of an object with a life of its own: applied to it, never deleted. */
export const isPatch = (type: string): boolean => type.endsWith("Patch");

/** The id in the state: `namespace/name`, or the name alone. */
export const idOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name!;

/** The reverse of `idOf`. */
export function parseId(id: string): { namespace?: string; name: string } {
  const [first, second] = id.split("/");
  return second === undefined ? { name: first } : { namespace: first, name: second };
}

/** True when the name is the program's own, and a replacement must have the same one. */
export const isNamedByProgram = (object: KubeObject): boolean =>
  object.metadata.name !== undefined && object.metadata.annotations?.[autonamed] !== "true";

/** Some keys of a CRD's schema cannot be property names in every Pulumi language. */
const dashed = (key: string): string => (key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key);
const underscored = (key: string): string => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key);

function rekeyed(value: Value, rename: (key: string) => string): Value {
  if (Array.isArray(value)) return value.map((item) => rekeyed(item, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), rekeyed(item, rename)]));
}

/** Fields of metadata that only the API server writes. */
const serverKeys = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/** The values without some keys. */
export const without = <T extends object>(values: T, keys: string[]): T =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key))) as T;

/** Inputs of a program as the object to apply: no secret marks, no fields that only the API server writes. */
export function objectOf(inputs: Values, type: string): KubeObject {
  const object = without(rekeyed(plain(inputs), dashed) as Values, ["status"]);
  const { apiVersion, kind } = kindOf(type);
  const metadata = without(isObject(object.metadata) ? object.metadata : {}, serverKeys);
  return { ...object, apiVersion: at(object, "apiVersion", apiVersion), kind, metadata };
}

/** A live object as property values; the managed fields are long and of no use to a program. */
export function valuesOf(object: KubeObject): Values {
  const metadata = without(object.metadata, ["managedFields"]);
  return rekeyed({ ...object, metadata } as Value, underscored) as Values;
}

/** The inputs that would have made a live object: for `pulumi import` and `.get`, where none are known. */
export function inputsFromLive(live: KubeObject): Values {
  const values = without(valuesOf(live), ["status"]);
  return { ...values, metadata: without(values.metadata as Values, serverKeys) };
}

/**
 * Gives the object the name that it had, or one made of the logical name and eight hexadecimal digits, unless the
 * program names it. The digits follow from the engine's seed, so that an update finds the names of its plan.
 */
export function withName(object: KubeObject, subject: CheckSubject): KubeObject {
  if (object.metadata.name !== undefined) return object;
  if (isPatch(subject.type)) throw new Error("metadata.name is missing: a patch must name the object that it is for");
  if (object.metadata.generateName !== undefined) {
    throw new Error("metadata.generateName cannot be applied server-side: leave it out, and a name is made up");
  }
  const { mode, proposed } = subject.autonaming;
  if (mode === "disable") throw new Error("metadata.name is missing, and autonaming is disabled in this stack");
  const old = at<KubeObject["metadata"]>(plain(subject.oldInputs), "metadata", {});
  const seed = subject.randomSeed.length > 0 ? subject.randomSeed : randomBytes(32);
  const digits = createHash("sha256").update(seed).digest("hex").slice(0, 8);
  // 63 characters is what label values, host names and most names of children allow.
  const fresh = proposed || `${subject.name.slice(0, 54)}-${digits}`;
  const name = old.annotations?.[autonamed] === "true" ? old.name : fresh;
  const annotations = { ...object.metadata.annotations, [autonamed]: "true" };
  return { ...object, metadata: { ...object.metadata, name, annotations } };
}
