/** Checks of single values, each by itself: what `shapes` are made of. */
import { isIP } from "node:net";
import { durationOf } from "../cassandra/yamlAmounts";
import { mebibytes, quantity } from "../kubernetes/quantity";
import type { Peer } from "../objects/networkPolicy";
import type { LocalVolume } from "../objects/persistentVolumes";
import type { Toleration } from "../objects/placement";

/** Whether a value is right. */
export type Check = (value: unknown) => boolean;

/** A DNS label: names of namespaces, for example. */
export const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** A DNS subdomain: names of most Kubernetes objects. */
export const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Names that are written into cassandra.yaml, cassandra-rackdc.properties and CQL, and cannot end a value there. */
export const cassandraName = /^[A-Za-z0-9][-\w ]{0,47}$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
/** A value of a Kubernetes label, which may be empty. */
export const labelValue = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

/** Whether it is text of this pattern. */
export const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
/** Whether it is a whole number within these bounds. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
/** Whether it is a Kubernetes quantity of at least so many MiB. */
export const atLeast =
  (mib: number): Check =>
  (value) =>
    typeof value === "string" && mebibytes(value) >= mib;

/** Whether it is a plain object, and no list, no Output and no instance of a class. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm, such as that of mocha, has another `Object`.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether each field is known and right. Undefined fields count as left out. */
export const fields =
  (checks: Record<string, Check>, required: string[] = []): Check =>
  (value) =>
    isObject(value) &&
    required.every((name) => value[name] !== undefined) &&
    Object.keys(value).every(
      (name) => value[name] === undefined || (Object.keys(checks).includes(name) && checks[name](value[name])),
    );

/** Whether it is a list without repetitions whose items are all right. */
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) &&
    // `every` would skip the holes of a sparse list.
    Array.from(value).every(check) &&
    new Set(value.map((item) => JSON.stringify(item))).size === value.length;

/** Whether JSON can hold it. JSON turns any other value into something else, NaN into null. @param around the values that hold it */
export function isJson(value: unknown, around: unknown[] = []): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (around.includes(value)) return false;
  const isRight = (item: unknown) => isJson(item, [...around, value]);
  if (Array.isArray(value)) return Array.from(value).every(isRight);
  return isObject(value) && Object.keys(value).every((name) => value[name] === undefined || isRight(value[name]));
}

/** Whether it is an object of labels: `{disk: ssd}`. */
export const isLabels: Check = (value) =>
  isObject(value) && Object.keys(value).every((name) => labelKey.test(name) && matches(labelValue)(value[name]));

/** Whether it is a range of addresses: `10.0.0.0/8`, `fd00::/8`. */
const isAddressRange: Check = (value) => {
  // Node.js reads a zone, as in `fe80::1%eth0`, as a part of an address. Kubernetes allows none.
  const [, address, bits] = /^([^/%]+)\/(\d{1,3})$/.exec(typeof value === "string" ? value : "") ?? [];
  return Number(bits) <= { 0: -1, 4: 32, 6: 128 }[isIP(address ?? "") as 0 | 4 | 6];
};

/** Whether it is an object of annotations. The API server checks their names, in preview as well. */
export const isAnnotations: Check = (value) =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");

/** Whether it is how clients reach a Service from outside. Ranges restrict a load balancer alone. */
export const isServiceAccess: Check = (value) => {
  const isRight = fields({
    type: (type) => ["ClusterIP", "NodePort", "LoadBalancer"].includes(type as string),
    annotations: isAnnotations,
    loadBalancerSourceRanges: listOf(isAddressRange),
  });
  return isRight(value);
};

/** Whether it is how drivers reach each member from outside. */
export const isMemberServiceAccess: Check = fields(
  {
    type: (type) => type === "LoadBalancer",
    annotations: isAnnotations,
    loadBalancerSourceRanges: listOf(isAddressRange),
  },
  ["type"],
);

const isPodsOrAddresses = fields({ podLabels: isLabels, namespaceLabels: isLabels, cidr: isAddressRange });
/** Whether it is pods by their labels, or a range of addresses. */
export const isPeer = (value: unknown): value is Peer => {
  if (!isPodsOrAddresses(value)) return false;
  const { podLabels, namespaceLabels, cidr } = value as Peer;
  return (cidr === undefined) !== (podLabels === undefined && namespaceLabels === undefined);
};

/** Whether it is a path below the root, without `..`. */
export const isFolder: Check = (value) =>
  matches(/^\/[^/\0]+(\/[^\0]*)?$/)(value) && !/\/\.\.?(\/|$)/.test(value as string);

/** Milliseconds. With a day for the round of all members, no data is unrepaired for longer than half of `gc_grace_seconds`, ten days. */
const longestRepairInterval = 4 * 86_400_000;

/** Whether it is a time between two repairs. */
export const isRepairInterval: Check = (value) =>
  matches(/^\d{1,6}[mhd]$/)(value) && durationOf(value) >= 60_000 && durationOf(value) <= longestRepairInterval;

/** Whether it is a folder of a node, for a volume. */
export const isLocalVolume = (value: unknown): value is LocalVolume =>
  fields({ node: matches(dnsSubdomain), path: isFolder }, ["node", "path"])(value);

/** Whether it is a Kubernetes quantity above zero. */
export const isCpu: Check = (value) => typeof value === "string" && (quantity(value) ?? 0) > 0;

/** Whether it is a toleration that Kubernetes accepts. */
export const isToleration: Check = (value) => {
  const isOneOf =
    (...words: string[]): Check =>
    (word) =>
      words.includes(word as string);
  const isRight = fields({
    key: matches(labelKey),
    operator: isOneOf("Equal", "Exists"),
    value: matches(labelValue),
    effect: isOneOf("NoSchedule", "PreferNoSchedule", "NoExecute"),
    tolerationSeconds: whole(0),
  });
  if (!isRight(value)) return false;
  const { key, operator = "Equal", value: taint, effect, tolerationSeconds } = value as Toleration;
  if (operator === "Exists" ? taint !== undefined : key === undefined) return false;
  return tolerationSeconds === undefined || effect === "NoExecute";
};

/** Whether it is affinity. The API server checks what is in it, in preview as well. */
export const isAffinity: Check = (value) =>
  isJson(value) && fields({ nodeAffinity: isObject, podAffinity: isObject, podAntiAffinity: isObject })(value);

/** Whether it is an object of texts; null removes a text. */
export const isTexts: Check = (value) =>
  isObject(value) && Object.values(value).every((one) => one === null || typeof one === "string");

/** Whether it may be merged into a pod's spec: the lists that are merged by name have objects with names. */
export const isPodSpec: Check = (value) => {
  const isNamed = (list: unknown) =>
    list === undefined || (Array.isArray(list) && list.every((one) => isObject(one) && typeof one.name === "string"));
  return isObject(value) && [value.containers, value.initContainers, value.volumes].every(isNamed);
};

const isText: Check = (value) => typeof value === "string";
const isTruth: Check = (value) => typeof value === "boolean";

/** Whether it has the form of a role, whatever its names and words. */
export const isRole: Check = (value) => {
  const isGrant = fields({ permissions: listOf(isText), keyspace: isText, table: isText }, ["permissions"]);
  const isRight = fields(
    { name: isText, secretName: isText, superuser: isTruth, adopt: isTruth, grants: listOf(isGrant) },
    ["name", "secretName"],
  );
  return isRight(value);
};
