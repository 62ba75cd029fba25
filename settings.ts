import * as pulumi from "@pulumi/pulumi";
import { closest, distance } from "fastest-levenshtein";
import { LocalVolume, Storage, VolumeRetention } from "./components";
import { storageClasses } from "./components/storage";
import { mebibytes, quantity } from "./components/quantity";

/** What a stack asks for, checked and typed. Sizes stay Kubernetes quantities; the heap is in MiB. */
export interface Settings {
  topologies: string[];
  replicas: number;
  storage: Storage;
  storageClassName: string;
  volumeSize: string;
  volumeRetention: VolumeRetention;
  localVolumes: LocalVolume[];
  image: string;
  memory: string;
  cpu: string;
  maxHeapMiB: number;
  namespace: string;
  createNamespace: boolean;
  clusterName: string;
  datacenter: string;
  jvmOptions: string[];
}

/** One key of stack config. The schema in Pulumi.yaml and the table in the README say the same; a test compares them. */
export interface Key<T = unknown> {
  /** Type that Pulumi.yaml declares. */
  type: "string" | "array";
  /** Type of an array's items. */
  items?: "string" | "object";
  default: string | unknown[];
  /** Unit of the value, for the README; empty where it has none. */
  unit: string;
  /** What is allowed, as error messages and the README put it. */
  allowed: string;
  meaning: string;
  /** The value for the program, or undefined for one that is not allowed. */
  parse(raw: unknown): T | undefined;
}

const text = (pattern: RegExp) => (raw: unknown) => (typeof raw === "string" && pattern.test(raw) ? raw : undefined);

const oneOf =
  <T extends string>(...values: T[]) =>
  (raw: unknown) =>
    values.find((value) => value === raw);

const listOf =
  <T>(parse: (raw: unknown) => T | undefined, least = 0) =>
  (raw: unknown) => {
    if (!Array.isArray(raw) || raw.length < least) return undefined;
    const items = raw.map(parse);
    return items.every((item) => item !== undefined) ? (items as T[]) : undefined;
  };

const positiveQuantity = (raw: unknown) => (typeof raw === "string" && (quantity(raw) ?? 0) > 0 ? raw : undefined);

const topologies = ["persistent"] as const;
const storages = [...Object.keys(storageClasses), "existing"] as Storage[];
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const cassandraName = /^[A-Za-z0-9][-\w ]{0,47}$/;

/** Every key that a stack may set, in the order of the README. */
export const keys = {
  topologies: {
    type: "array",
    items: "string",
    default: ["persistent"],
    unit: "",
    allowed: `a list of ${topologies.join(", ")}`,
    meaning: "What runs: `persistent` is a StatefulSet with a volume for each member.",
    parse: listOf(oneOf(...topologies), 1),
  },
  replicas: {
    type: "string",
    default: "3",
    unit: "members",
    allowed: "a whole number from 1 to 1000",
    meaning: "Members of the ring.",
    parse: (raw) => (/^[1-9]\d{0,3}$/.test(String(raw)) && Number(raw) <= 1000 ? Number(raw) : undefined),
  },
  storage: {
    type: "string",
    default: "existing",
    unit: "",
    allowed: `one of ${storages.join(", ")}`,
    meaning:
      "Where volumes come from: a platform whose class is made here, static `local` volumes, or an `existing` class.",
    parse: oneOf(...storages),
  },
  storageClassName: {
    type: "string",
    default: "",
    unit: "",
    allowed: "a name of lower-case letters, digits, dots and dashes, or empty",
    meaning:
      "Storage class: the one to use with `existing` (empty: the cluster's default), else the name for the one made here " +
      "(empty: `<namespace>-cassandra`).",
    parse: (raw) => (raw === "" ? "" : text(dnsSubdomain)(raw)),
  },
  volumeSize: {
    type: "string",
    default: "1Gi",
    unit: "quantity",
    allowed: "a Kubernetes quantity above zero, such as 10Gi",
    meaning: "Volume of each member.",
    parse: positiveQuantity,
  },
  volumeRetention: {
    type: "string",
    default: "retain",
    unit: "",
    allowed: "one of retain, delete",
    meaning: "What `pulumi destroy` does with volumes and the ring record. Scaling and updates never delete a volume.",
    parse: oneOf("retain", "delete"),
  },
  localVolumes: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    allowed: "a list of {node, path} with an absolute path, at least one for each replica with storage local",
    meaning: "Folders on nodes that become static volumes with storage `local`.",
    parse: listOf((raw) => {
      const { node, path, ...rest } = Object(raw) as Record<string, unknown>;
      const ok = text(dnsSubdomain)(node) && text(/^\/[^\0]+$/)(path) && Object.keys(rest).length === 0;
      return ok ? { node: node as string, path: path as string } : undefined;
    }),
  },
  image: {
    type: "string",
    default: "docker.io/library/cassandra:5.0.9",
    unit: "",
    allowed: "an image with a tag other than latest, or with a digest",
    meaning: "Cassandra's image: the official one, or one with the same entry point.",
    parse: (raw) => {
      const image = text(/^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w][\w.-]{0,127}|(:[\w][\w.-]{0,127})?@sha256:[0-9a-f]{64})$/)(
        raw,
      );
      const tagged = image !== undefined && /[@:][^/]*$/.test(image);
      return tagged && !image.endsWith(":latest") ? image : undefined;
    },
  },
  memory: {
    type: "string",
    default: "2Gi",
    unit: "quantity",
    allowed: "a Kubernetes quantity of at least 512Mi",
    meaning: "Memory of each member, request and limit.",
    parse: (raw) => {
      const memory = positiveQuantity(raw);
      return memory && mebibytes(memory) >= 512 ? memory : undefined;
    },
  },
  cpu: {
    type: "string",
    default: "500m",
    unit: "quantity",
    allowed: "a Kubernetes quantity above zero, such as 500m or 2",
    meaning: "CPU that each member asks for; there is no limit.",
    parse: positiveQuantity,
  },
  maxHeap: {
    type: "string",
    default: "1G",
    unit: "M or G",
    allowed: "a whole number of M or G, at least 256M and below memory",
    meaning: "Java heap of each member. Cassandra needs about as much again outside it.",
    parse: (raw) => {
      const [, number, unit] = /^([1-9]\d{0,5})([MG])$/.exec(String(raw)) ?? [];
      const mib = Number(number) * (unit === "G" ? 1024 : 1);
      return mib >= 256 ? mib : undefined;
    },
  },
  namespace: {
    type: "string",
    default: "default",
    unit: "",
    allowed: "a name of lower-case letters, digits and dashes, at most 63 characters",
    meaning: "Namespace of everything that has one.",
    parse: text(dnsLabel),
  },
  createNamespace: {
    type: "string",
    default: "false",
    unit: "",
    allowed: "true or false",
    meaning: "Whether the namespace is made here. It is never deleted: it may hold volumes.",
    parse: (raw) => (raw === true || raw === "true" ? true : raw === false || raw === "false" ? false : undefined),
  },
  clusterName: {
    type: "string",
    default: "cassandra",
    unit: "",
    allowed: "letters, digits, spaces, dashes and underscores, at most 48",
    meaning: "Cassandra's cluster name. It cannot change while there are rows.",
    parse: text(cassandraName),
  },
  datacenter: {
    type: "string",
    default: "datacenter1",
    unit: "",
    allowed: "letters, digits, spaces, dashes and underscores, at most 48",
    meaning: "Cassandra's name of the data centre; keyspaces quote it. It cannot change while there are rows.",
    parse: text(cassandraName),
  },
  jvmOptions: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    allowed: "a list of JVM options, each starting with a dash and free of spaces",
    meaning: "Further JVM options of each member.",
    parse: listOf(text(/^-[^\s]+$/)),
  },
} satisfies Record<string, Key>;

type Name = keyof typeof keys;
type Parsed = { [N in Name]: NonNullable<ReturnType<(typeof keys)[N]["parse"]>> };

/**
 * Reads and checks the config of the stack; the only reader of it.
 * @throws {pulumi.RunError} naming every key that is wrong, its value and what is allowed, a line for each.
 */
export function readSettings(): Settings {
  const problems: string[] = [];
  const given = stackConfig(problems);
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of Object.keys(keys) as Name[]) {
    const raw = given[name] ?? keys[name].default;
    values[name] = keys[name].parse(raw);
    if (values[name] === undefined) problems.push(problem(name, raw, hint(name, raw)));
  }
  checkTogether(values as Partial<Parsed>, given, problems);
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));

  const { maxHeap, storageClassName, ...rest } = values as Parsed;
  const named = storageClassName || (rest.storage === "existing" ? "" : `${rest.namespace}-cassandra`);
  return { ...rest, maxHeapMiB: maxHeap, storageClassName: named };
}

/** The project's own config, by bare key; lists and objects come as such, everything else as the text that was given. */
function stackConfig(problems: string[]): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const config = new pulumi.Config();
  const given: Record<string, unknown> = {};
  for (const full of Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(prefix))) {
    const name = full.slice(prefix.length);
    if (!(name in keys)) {
      problems.push(`${full}: unknown key; did you mean ${prefix}${closest(name, Object.keys(keys))}?`);
    } else if (keys[name as Name].type === "array") {
      try {
        given[name] = config.getObject(name);
      } catch {
        given[name] = config.get(name);
      }
    } else {
      given[name] = config.get(name);
    }
  }
  return given;
}

/** What no key can tell by itself. Looks only at values that are right by themselves. */
function checkTogether(values: Partial<Parsed>, given: Record<string, unknown>, problems: string[]): void {
  const { storage, localVolumes, replicas, maxHeap, memory } = values;
  if (storage === "local" && localVolumes && replicas && localVolumes.length < replicas) {
    problems.push(problem("localVolumes", localVolumes, `: ${localVolumes.length} of them for ${replicas} replicas`));
  }
  if (maxHeap && memory && maxHeap >= mebibytes(memory)) {
    problems.push(problem("maxHeap", given["maxHeap"] ?? keys.maxHeap.default, ` while memory is ${memory}`));
  }
}

function problem(name: Name, raw: unknown, detail = ""): string {
  const shown = typeof raw === "string" ? raw : JSON.stringify(raw);
  return `${pulumi.getProject()}:${name}: "${shown}" is not allowed${detail}; allowed is ${keys[name].allowed}`;
}

/** The value that was probably meant, where values are words. */
function hint(name: Name, raw: unknown): string {
  const words: readonly string[] =
    name === "topologies"
      ? topologies
      : name === "storage"
        ? storages
        : name === "volumeRetention"
          ? ["retain", "delete"]
          : [];
  const wrong = [raw].flat().find((word) => typeof word === "string" && !words.includes(word)) as string | undefined;
  if (!wrong || words.length === 0) return "";
  const near = closest(wrong, words);
  return distance(wrong, near) <= Math.max(3, wrong.length / 2) ? ` (did you mean ${near}?)` : "";
}
