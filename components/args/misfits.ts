import { wrongOptions } from "../cassandra/jvmOptions";
import type { LocalVolume } from "../objects/persistentVolumes";
import type { Role } from "../cassandra/roles";
import type { Peer } from "../objects/networkPolicy";
import type { MemberServiceAccess } from "../objects/memberServices";
import type { ServiceAccess } from "../objects/services";
import { RackNodeSelectors, setsOf } from "../objects/racks";
import { apart, isOfSystem, notOfSystem, sameDisk } from "./folders";
import { isImageReference } from "./imageReference";
import { addedImages, Application, portsForMetrics, refusedParts } from "./patchRules";
import { heapMisfits, placementMisfits, securityMisfits } from "./podMisfits";
import { mustBe, Refusal } from "./refusal";
import { roleMisfits } from "./roleMisfits";
import { allowedVersions, lacksProtection, unknownVersion } from "../operations/upgrade";
import { unknownKeys } from "../cassandra/unknownKeys";

/** Values of a ring, as far as they are known. Each is right by itself. */
export interface Told {
  name?: string;
  /** Image of Cassandra. */
  image?: string;
  memory?: string;
  cpu?: string;
  cpuLimit?: string;
  nodeSelector?: Record<string, string>;
  maxHeapMiB?: number;
  replicas?: number;
  racks?: string[];
  rackNodeSelectors?: RackNodeSelectors;
  /** Undefined where the program makes no static volumes. */
  localVolumes?: LocalVolume[];
  /** Folder of each node; undefined or empty where there is none. */
  hostPath?: string;
  podTemplatePatch?: object;
  podSecurity?: string;
  metrics?: string;
  lockMemory?: boolean;
  service?: ServiceAccess;
  memberService?: Partial<MemberServiceAccess>;
  clientsFrom?: Peer[];
  cassandraYaml?: object;
  jvmOptions?: string[];
  auth?: string;
  /** Name of the superuser. */
  superuser?: string;
  roles?: Role[];
  /** "none", or how members encrypt. */
  tls?: string;
}

/** A value that does not fit another value of the ring. */
export interface Misfit extends Refusal {
  told: keyof Told;
  /** A part of the value, which messages name behind it: a key of cassandra.yaml, a path in a patch. */
  part?: string;
  /** The other values that it does not fit. In stack config, each may come from the topology's own object. */
  others: (keyof Told)[];
  /** Left out where every value would be wrong. */
  value?: unknown;
}

/**
 * All values that do not fit each other. Stack config and components ask alike.
 * @param application what runs in the pods
 * @param allowed describes the values that a key allows
 */
export function misfits(told: Told, application: Application, allowed: (name: keyof Told) => string): Misfit[] {
  return [
    ...patchMisfits(told, application),
    ...patchedImageMisfits(told, application),
    ...metricsMisfits(told, application),
    ...heapMisfits(told, allowed),
    ...placementMisfits(told, allowed),
    ...securityMisfits(told),
    ...accessMisfits(told),
    ...roleMisfits(told),
    ...imageMisfits(told),
    ...fileMisfits(told),
    ...versionMisfits(told),
    ...diskMisfits(told),
    ...countMisfits(told, allowed),
  ];
}

/** A Service that nobody can use from outside, or that more can use than its ranges say. */
function accessMisfits({ clientsFrom, ...told }: Told): Misfit[] {
  return (["service", "memberService"] as const).flatMap((name) => misfitsOfAccess(name, told[name], clientsFrom));
}

function misfitsOfAccess(
  told: "service" | "memberService",
  access: Partial<ServiceAccess> | undefined,
  clientsFrom: Peer[] = [],
): Misfit[] {
  if (access === undefined) return [];
  const { type = "ClusterIP", loadBalancerSourceRanges: ranges = [] } = access;
  const refuse = (others: (keyof Told)[], rule: string, reason: string): Misfit[] => [
    { told, others, value: access, rule, reason },
  ];
  if (ranges.length > 0 && type !== "LoadBalancer")
    return refuse([], "must leave out loadBalancerSourceRanges", `a Service of type ${type} has no load balancer`);
  const isAdmitted = ranges.length > 0 || clientsFrom.some(({ cidr }) => cidr !== undefined);
  if (type === "ClusterIP" || isAdmitted) return [];
  const needed =
    type === "LoadBalancer" ? "loadBalancerSourceRanges, or a {cidr} in clientsFrom" : "a {cidr} in clientsFrom";
  return refuse(["clientsFrom"], `needs ${needed}`, "the ring's NetworkPolicy admits no client from outside otherwise");
}

/** What a patch of the pods' template would touch that the ring stands on. */
function patchMisfits({ podTemplatePatch }: Told, application: Application): Misfit[] {
  return refusedParts(podTemplatePatch, application).map(({ part, reason }) => ({
    told: "podTemplatePatch",
    part,
    others: [],
    rule: "must be left out",
    reason,
  }));
}

/** Ports of sidecars that a ring with metrics needs itself: on the exporter's, Cassandra would not start. */
function metricsMisfits({ podTemplatePatch, metrics = "none" }: Told, application: Application): Misfit[] {
  if (metrics === "none" || application !== "cassandra") return [];
  return portsForMetrics(podTemplatePatch).map((part) => ({
    told: "podTemplatePatch",
    part,
    others: ["metrics"],
    rule: "must be left out",
    reason: "{metrics} uses it",
  }));
}

/** Images of containers that a patch adds. The API server takes any text for one, in a dry run as well. */
function patchedImageMisfits({ podTemplatePatch }: Told, application: Application): Misfit[] {
  return addedImages(podTemplatePatch, application)
    .filter(({ image }) => !isImageReference(image))
    .map(({ part, image }) => ({
      told: "podTemplatePatch",
      part,
      others: [],
      value: image,
      rule: mustBe("an image, its path in lower case, such as registry.example:5000/team/agent:1.2"),
      reason: "Kubernetes cannot parse it, and no pod would start",
    }));
}

function imageMisfits({ image }: Told): Misfit[] {
  const reason = image && unknownVersion(image);
  return reason ? [{ told: "image", others: [], value: image, rule: mustBe(allowedVersions), reason }] : [];
}

/** Most rings set neither cassandra.yaml nor JVM options, and their programs need not load all the names that exist. */
const isEmpty = (given: object) => Object.keys(given).length === 0;

/** Keys of cassandra.yaml and JVM options, of which each version of Cassandra has its own. */
function fileMisfits({ image, cassandraYaml = {}, jvmOptions = [], auth, tls }: Told): Misfit[] {
  return [
    ...(isEmpty(cassandraYaml) ? [] : unknownKeys(cassandraYaml, image, { auth, tls })).map(({ key, ...rest }) => ({
      told: "cassandraYaml" as const,
      part: key,
      others: [],
      ...rest,
    })),
    ...(isEmpty(jvmOptions) ? [] : wrongOptions(jvmOptions, image)).map(({ option, ...refusal }) => ({
      told: "jvmOptions" as const,
      others: [],
      value: option,
      ...refusal,
    })),
  ];
}

function versionMisfits({ image, auth, tls }: Told): Misfit[] {
  if (!image || !lacksProtection(image)) return [];
  return (["auth", "tls"] as const).flatMap((told) => {
    const value = { auth, tls }[told];
    if (value === undefined || value === "none") return [];
    const circumstance = `with ${image}`;
    return [
      { told, others: ["image"], value, circumstance, rule: mustBe("none"), reason: `${value} needs Cassandra 4.1` },
    ];
  });
}

/** The reason why a folder cannot be one of the system's: what becomes of it. */
const takenOver = {
  hostPath: "its owner would become the user that Cassandra runs as",
  localVolumes: "its group, and that of all files in it, would become that of the pods",
};

/** Folders of nodes that belong to others, or to two members. */
function diskMisfits({ localVolumes = [], hostPath }: Told): Misfit[] {
  const refuse = (told: "hostPath" | "localVolumes", value: unknown, refusal: Refusal): Misfit[] => [
    { told, others: [], value, ...refusal },
  ];
  const ofSystem = (told: "hostPath" | "localVolumes", path: string, value: unknown) =>
    isOfSystem(path) ? refuse(told, value, { rule: notOfSystem, reason: takenOver[told] }) : [];
  return [
    ...(hostPath ? ofSystem("hostPath", hostPath, hostPath) : []),
    ...localVolumes.flatMap((disk, i) => {
      const twin = sameDisk(disk, localVolumes.slice(0, i));
      const circumstance = `beside ${twin?.path} on the same node`;
      return [
        ...ofSystem("localVolumes", disk.path, disk),
        ...(twin ? refuse("localVolumes", disk, { circumstance, ...apart }) : []),
      ];
    }),
  ];
}

/** Longest name of a StatefulSet: Kubernetes adds eleven characters for a label of its pods, and a label has at most 63. */
const longestSet = 52;

function countMisfits(
  { name, replicas, racks = [], localVolumes }: Told,
  allowed: (name: keyof Told) => string,
): Misfit[] {
  const found: Misfit[] = [];
  if (racks.length > 0 && replicas && replicas % racks.length > 0) {
    const circumstance = `with the racks ${racks.join(", ")}`;
    const rule = mustBe(`a multiple of ${racks.length}`);
    found.push({ told: "replicas", others: ["racks"], value: replicas, circumstance, rule });
  }
  const sets = name === undefined ? [] : setsOf(name, racks);
  const longest = sets.findIndex((set) => racks.length > 0 && set.length > longestSet);
  if (longest >= 0) {
    const reason = `the name of StatefulSet ${sets[longest]} has more than ${longestSet} characters`;
    found.push({ told: "racks", others: [], value: racks[longest], rule: "must be shorter", reason });
  }
  if (localVolumes && replicas && localVolumes.length < replicas) {
    const circumstance = `with ${localVolumes.length} volumes for ${replicas} replicas`;
    const rule = mustBe(allowed("localVolumes"));
    found.push({ told: "localVolumes", others: ["replicas"], value: localVolumes, circumstance, rule });
  }
  return found;
}
