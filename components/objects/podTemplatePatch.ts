import { isObject } from "../args/valueChecks";

/* eslint-disable @typescript-eslint/no-explicit-any -- as deep as Kubernetes has it; a package for other languages takes no union */
/** A patch over the template of pods, in the form of a template. */
export interface PodTemplatePatch {
  /** `labels` and `annotations`; null removes one. */
  metadata?: Record<string, any>;
  /** Fields of a pod's spec. */
  spec?: Record<string, any>;
  /** `annotations` of the ServiceAccount of a Cassandra ring's pods, by which clouds give rights to pods. */
  serviceAccount?: Record<string, any>;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** By which field the items of a list belong together. Source: the merge keys of the Kubernetes API. A list with no such field is replaced. */
const mergeKeys: Record<string, string> = {
  containers: "name",
  initContainers: "name",
  volumes: "name",
  env: "name",
  ports: "containerPort",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  topologySpreadConstraints: "topologyKey",
  hostAliases: "ip",
};

/**
 * A template with a strategic merge patch over it, as `kubectl patch` would make it: objects are merged, lists by their merge key, null
 * removes a field, and any other value takes the place of the one that is there.
 */
export function patched<T extends object>(template: T, patch: PodTemplatePatch = {}): T {
  return mergedObject(template as Record<string, unknown>, { ...patch }) as T;
}

function mergedObject(base: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const values = given.map(([field, value]) => [field, merged(field, base[field], value)] as const);
  return Object.fromEntries(
    Object.entries({ ...base, ...Object.fromEntries(values) }).filter(([, value]) => value !== null),
  );
}

function merged(field: string, base: unknown, patch: unknown): unknown {
  // An Output is no plain object: it is replaced as a whole.
  if (isObject(patch)) return mergedObject(isObject(base) ? base : {}, patch);
  const key = mergeKeys[field];
  if (!Array.isArray(patch) || !key) return patch;
  const items = patch as Record<string, unknown>[];
  const present = (Array.isArray(base) ? base : []) as Record<string, unknown>[];
  const isSame = (one: Record<string, unknown>) => (other: Record<string, unknown>) => other[key] === one[key];
  return [
    ...present.map((item) => mergedObject(item, items.find(isSame(item)) ?? {})),
    ...items.filter((item) => !present.some(isSame(item))).map((item) => mergedObject({}, item)),
  ];
}
