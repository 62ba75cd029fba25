import { wrongOptions } from "../cassandra/jvmOptions";
import type { LocalVolume } from "../objects/persistentVolumes";
import { mebibytes } from "../kubernetes/quantity";
import { setsOf } from "../objects/racks";
import { longestSet } from "./shapes";
import { allowedVersions, unknownVersion } from "../operations/upgrade";
import { knownVersionOf, unknownKeys } from "../cassandra/unknownKeys";

/** What a ring is told, as far as it is known and each of it is right by itself. */
export interface Told {
  name?: string;
  /** Of Cassandra. */
  image?: string;
  memory?: string;
  maxHeapMiB?: number;
  replicas?: number;
  racks?: string[];
  /** Undefined where no volumes are made here. */
  localVolumes?: LocalVolume[];
  cassandraYaml?: object;
  jvmOptions?: string[];
  auth?: string;
  /** "none", or in which way it is not. */
  tls?: string;
}

/** What does not fit something else that the ring is told. */
export interface Misfit {
  told: keyof Told;
  /** A part of it, which messages name behind it. */
  part?: string;
  /** What else it follows from: with an object for each topology, stack config may have either in one. */
  others: (keyof Told)[];
  /** Left out where any value is wrong. */
  value?: unknown;
  /** What is wrong, as messages go on after the value; it names config keys in braces (`inWordsOf`). */
  why: string;
  /** What is allowed; undefined where `why` says it. */
  allowed?: string;
}

/** What no value can tell by itself. Stack config and the components ask it alike. @param allowed where what is wrong is the value's own shape */
export function misfits(told: Told, allowed: (name: keyof Told) => string): Misfit[] {
  return [
    ...heapMisfits(told, allowed),
    ...imageMisfits(told),
    ...fileMisfits(told),
    ...versionMisfits(told),
    ...countMisfits(told, allowed),
  ];
}

function heapMisfits({ maxHeapMiB, memory }: Told, allowed: (name: keyof Told) => string): Misfit[] {
  if (!maxHeapMiB || !memory || maxHeapMiB < mebibytes(memory)) return [];
  const why = `is not allowed while memory is ${memory}`;
  return [{ told: "maxHeapMiB", others: ["memory"], value: maxHeapMiB, why, allowed: allowed("maxHeapMiB") }];
}

function imageMisfits({ image }: Told): Misfit[] {
  const why = image && unknownVersion(image);
  return why
    ? [{ told: "image", others: [], value: image, why: `is not allowed: ${why}`, allowed: allowedVersions }]
    : [];
}

/** Most rings have none, and their programs need not read all the names that there are. */
const isEmpty = (given: object) => Object.keys(given).length === 0;

/** What members read, of which each version has its own. */
function fileMisfits({ image, cassandraYaml = {}, jvmOptions = [], auth, tls }: Told): Misfit[] {
  return [
    ...(isEmpty(cassandraYaml) ? [] : unknownKeys(cassandraYaml, image, { auth, tls })).map(({ key, ...rest }) => ({
      told: "cassandraYaml" as const,
      part: key,
      others: [],
      ...rest,
    })),
    ...(isEmpty(jvmOptions) ? [] : wrongOptions(jvmOptions, image)).map(({ option, why }) => ({
      told: "jvmOptions" as const,
      others: [],
      value: option,
      why,
    })),
  ];
}

function versionMisfits({ image, auth, tls }: Told): Misfit[] {
  if (!image || knownVersionOf(image) !== "4.0") return [];
  return (["auth", "tls"] as const).flatMap((told) => {
    const value = { auth, tls }[told];
    if (value === undefined || value === "none") return [];
    return [{ told, others: ["image"], value, why: `is not allowed with ${image}: it needs 4.1`, allowed: "none" }];
  });
}

function countMisfits(
  { name, replicas, racks = [], localVolumes }: Told,
  allowed: (name: keyof Told) => string,
): Misfit[] {
  const found: Misfit[] = [];
  if (racks.length > 0 && replicas && replicas % racks.length > 0) {
    const why = `is not allowed with the racks ${racks.join(", ")}`;
    found.push({ told: "replicas", others: ["racks"], value: replicas, why, allowed: `a multiple of ${racks.length}` });
  }
  const sets = name === undefined ? [] : setsOf(name, racks);
  const longest = sets.findIndex((set) => racks.length > 0 && set.length > longestSet);
  if (longest >= 0) {
    const why = `is not allowed: set ${sets[longest]} has a name of more than ${longestSet} characters`;
    found.push({ told: "racks", others: [], value: racks[longest], why, allowed: allowed("racks") });
  }
  if (localVolumes && replicas && localVolumes.length < replicas) {
    const why = `is not allowed: ${localVolumes.length} of them for ${replicas} replicas`;
    found.push({
      told: "localVolumes",
      others: ["replicas"],
      value: localVolumes,
      why,
      allowed: allowed("localVolumes"),
    });
  }
  return found;
}

/** Why a ring of the tutorials cannot be taken over so: it has one set, whose pods stay as they are as long as their template does. */
export function adoptionMisfits(told: {
  podTemplate?: string;
  racks?: string[];
  auth?: string;
  tls?: string;
}): { why: string; allowed: string }[] {
  const { podTemplate, racks = [], auth, tls } = told;
  const protections = Object.entries({ auth, tls }).filter(([, value]) => value !== "none");
  return [
    ...(racks.length > 0 ? [{ why: " with racks: it has one set", allowed: "racks: []" }] : []),
    ...(podTemplate === "kept" ? protections : []).map(([key, value]) => ({
      why: ` with ${key}: ${value}: pods that stay as they are know nothing of it`,
      allowed: `${key}: none, or podTemplate: own`,
    })),
  ];
}

/** A reason in the words of whoever is told it: config keys stand in it in braces. */
export function inWordsOf(nameOf: (key: string) => string, why: string): string {
  return why.replace(/\{(\w+)\}/g, (_, key: string) => nameOf(key));
}
