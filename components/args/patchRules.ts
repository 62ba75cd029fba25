import { cockroachPorts } from "../cockroachdb/cockroachOptions";
import { exporterFolder } from "../monitoring/exporter";
import { dataFolder, mountPaths, scriptsFolder } from "../objects/podVolumes";
import { metricsPortName, metricsPorts, ports } from "../objects/ports";
import { rackLabel } from "../objects/racks";
import { tlsFolder } from "../objects/tls";
import { isObject } from "./valueChecks";

/** A part of a patch that a ring cannot do with: its path, as `spec.hostNetwork`, and the reason. */
export interface RefusedPart {
  part: string;
  reason: string;
}

/** What runs in pods. */
export type Application = "cassandra" | "cockroachdb";

/** What the pods of an application stand on. */
interface PodParts {
  /** Name of the main container. */
  container: string;
  /** Environment variables that the program sets, or that would go around its checks. */
  variables: RegExp;
  /** Folders that the program mounts, or starts the application from. */
  folders: string[];
  /** Ports of the container. A patch is merged by the number, and would name such a port anew. */
  ports: { numbers: number[]; names: string[] };
  /** Volumes of which a patch may change nothing, and emptyDirs of which it may set the size. */
  volumes: string[];
  scratch: string[];
  initContainers: string[];
}

const ofCassandra: PodParts = {
  container: "cassandra",
  variables: /^(RING_|POD_|CASSANDRA_|PYTHON|LD_)|^(HOME|PATH|MAX_HEAP_SIZE|HEAP_NEWSIZE)$|^_?(JVM|JAVA|JDK)_/,
  folders: [
    dataFolder,
    scriptsFolder,
    tlsFolder,
    exporterFolder,
    ...Object.values(mountPaths),
    "/opt/cassandra",
    "/etc/cassandra",
  ],
  ports: { numbers: Object.values(ports), names: ["intra-node", "tls-intra-node", "jmx", "cql", metricsPortName] },
  volumes: ["data", "cassandra-data", "ring", "ring-exporter", "tls"],
  scratch: Object.keys(mountPaths),
  initContainers: ["own-data"],
};

const ofCockroach: PodParts = {
  container: "cockroachdb",
  variables: /^(POD_NAME|PATH)$|^(COCKROACH_|LD_)/,
  folders: ["/cockroach", "/secret"],
  ports: { numbers: Object.values(cockroachPorts), names: Object.keys(cockroachPorts) },
  volumes: ["datadir", "secret"],
  scratch: ["certs"],
  initContainers: ["certs"],
};

const setByKey = (key: string) => `{${key}} sets it`;

/** Fields of a pod's spec that a patch must leave alone. */
const specReasons: Record<string, string> = {
  nodeSelector: setByKey("nodeSelector"),
  tolerations: setByKey("tolerations"),
  affinity: setByKey("affinity"),
  priorityClassName: setByKey("priorityClassName"),
  imagePullSecrets: setByKey("imagePullSecrets"),
  serviceAccountName: "the pods need the rights of their own account",
  serviceAccount: "the pods need the rights of their own account",
  automountServiceAccountToken: "the pods need the rights of their own account",
  hostname: "others find a pod by its name",
  subdomain: "others find a pod by its name",
  setHostnameAsFQDN: "others find a pod by its name",
  hostNetwork: "each pod needs an address of its own",
  hostPID: "the process that ends a member in order must be process 1",
  shareProcessNamespace: "the process that ends a member in order must be process 1",
  restartPolicy: "a member runs until it is told to end",
  activeDeadlineSeconds: "a member runs until it is told to end",
  terminationGracePeriodSeconds: "a member needs the time to move or to write its data",
  nodeName: "the scheduler must be able to choose another node",
};

/** Fields of the main container that a patch must leave alone. */
const containerReasons: Record<string, string> = {
  image: setByKey("image"),
  command: "the program starts the container",
  args: "the program starts the container",
  workingDir: "the program starts the container",
  envFrom: "variables that nobody sees in preview could change how a member runs",
  readinessProbe: "it must tell exactly whether a member serves",
  livenessProbe: "a restart would do harm while a member drains or leaves",
  startupProbe: "a restart would do harm while a member joins",
  lifecycle: "it ends a member in order",
  restartPolicy: "a member runs until it is told to end",
};

type Fields = Record<string, unknown>;
const itemsOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);
const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

/** The parts of a patch that would touch what a ring stands on. @param application whose pods they are */
export function refusedParts(patch: unknown, application: Application): RefusedPart[] {
  const parts = application === "cassandra" ? ofCassandra : ofCockroach;
  const { metadata, spec, serviceAccount } = fieldsOf(patch);
  const { containers, initContainers, volumes, ...rest } = fieldsOf(spec);
  return [
    ...directives("", patch),
    ...refusedIn("metadata.labels", fieldsOf(metadata).labels, (label) =>
      /^app(\.kubernetes\.io\/.*)?$/.test(label) || label === rackLabel ? "the pods are found by it" : undefined,
    ),
    ...refusedIn("metadata.annotations", fieldsOf(metadata).annotations, (name) =>
      name.startsWith("cassandra/") ? "the program sets it" : undefined,
    ),
    ...(serviceAccount !== undefined && application === "cockroachdb"
      ? [{ part: "serviceAccount", reason: "the pods of CockroachDB have no account of their own" }]
      : []),
    ...refusedIn("spec", rest, (field) => specReasons[field]),
    ...itemsOf(containers).flatMap((one) =>
      one.name === parts.container ? refusedInContainer(`spec.containers[${parts.container}]`, one, parts) : [],
    ),
    ...itemsOf(initContainers).flatMap((one) =>
      parts.initContainers.includes(one.name as string)
        ? [{ part: `spec.initContainers[${one.name as string}]`, reason: "the program sets it" }]
        : [],
    ),
    ...itemsOf(volumes).flatMap((one) => refusedInVolume(one, parts)),
  ];
}

/** Ports of containers that a patch adds or changes which serve the metrics of the pod, by the path of each. */
export function portsForMetrics(patch: unknown): string[] {
  const numbers: number[] = Object.values(metricsPorts);
  return itemsOf(fieldsOf(fieldsOf(patch).spec).containers).flatMap(({ name, ports }) =>
    itemsOf(ports)
      .filter(({ containerPort }) => numbers.includes(Number(containerPort)))
      .map(({ containerPort }) => `spec.containers[${name as string}].ports[${Number(containerPort)}]`),
  );
}

/** Images of the containers beside the application's own, by the path of the field. */
export function addedImages(patch: unknown, application: Application): { part: string; image: string }[] {
  const { container } = application === "cassandra" ? ofCassandra : ofCockroach;
  const spec = fieldsOf(fieldsOf(patch).spec);
  return ["containers", "initContainers"].flatMap((list) =>
    itemsOf(spec[list])
      .filter(({ name }) => list === "initContainers" || name !== container)
      .flatMap(({ name, image }) =>
        typeof image === "string" ? [{ part: `spec.${list}[${String(name)}].image`, image }] : [],
      ),
  );
}

const refusedIn = (path: string, value: unknown, reasonOf: (field: string) => string | undefined): RefusedPart[] =>
  Object.keys(fieldsOf(value)).flatMap((field) => {
    const reason = reasonOf(field);
    return reason === undefined ? [] : [{ part: `${path}.${field}`, reason }];
  });

function refusedInContainer(path: string, container: Fields, { variables, folders, ports }: PodParts): RefusedPart[] {
  const resources = fieldsOf(container.resources);
  const keys: Record<string, Record<string, string>> = {
    requests: { cpu: setByKey("cpu"), memory: setByKey("memory") },
    limits: { cpu: setByKey("cpuLimit"), memory: setByKey("memory") },
  };
  const named = (list: string, field: string, isRefused: (value: string) => boolean, reason: string) =>
    itemsOf(container[list]).flatMap((item) => {
      const value = String(item[field]);
      return isRefused(value) ? [{ part: `${path}.${list}[${value}]`, reason }] : [];
    });
  const covers = (folder: string, other: string) => `${other}/`.startsWith(`${folder.replace(/\/+$/, "")}/`);
  return [
    ...refusedIn(path, container, (field) => containerReasons[field]),
    ...Object.entries(keys).flatMap(([kind, reasons]) =>
      refusedIn(`${path}.resources.${kind}`, resources[kind], (field) => reasons[field]),
    ),
    ...named("env", "name", (name) => variables.test(name), "the program sets it, or a key that is checked"),
    ...named(
      "volumeMounts",
      "mountPath",
      (folder) => folders.some((own) => covers(folder, own) || covers(own, folder)),
      "the program and the application have their files there",
    ),
    ...named("ports", "name", (name) => ports.names.includes(name), "the program sets it"),
    ...named("ports", "containerPort", (port) => ports.numbers.includes(Number(port)), "the program sets it"),
  ];
}

function refusedInVolume(volume: Fields, { volumes, scratch }: PodParts): RefusedPart[] {
  const name = String(volume.name);
  const part = `spec.volumes[${name}]`;
  if (volumes.includes(name)) return [{ part, reason: "the program sets it" }];
  if (!scratch.includes(name)) return [];
  const { emptyDir } = volume;
  const isSize =
    Object.keys(volume).every((field) => field === "name" || field === "emptyDir") &&
    isObject(emptyDir) &&
    Object.keys(emptyDir).every((field) => field === "sizeLimit");
  return isSize ? [] : [{ part, reason: "of this volume, a patch may set emptyDir.sizeLimit alone" }];
}

/** `$patch` and its like mean something to the API server alone. */
function directives(path: string, value: unknown): RefusedPart[] {
  if (Array.isArray(value)) return value.flatMap((item) => directives(path, item));
  return Object.entries(fieldsOf(value)).flatMap(([field, inner]) => {
    const part = path === "" ? field : `${path}.${field}`;
    return field.startsWith("$") ? [{ part, reason: "null removes a field" }] : directives(part, inner);
  });
}
