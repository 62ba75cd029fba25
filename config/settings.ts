import * as pulumi from "@pulumi/pulumi";
import { closest, distance } from "fastest-levenshtein";
import {
  AdoptedTemplate,
  Auth,
  CassandraPodArgs,
  CertManager,
  ClusterChoice,
  CockroachCertificates,
  LocalVolume,
  Peer,
  Storage,
  VolumeRetention,
} from "../components/index";
import { adoptionMisfits, inWordsOf, Misfit, misfits, Told } from "../components/args/misfits";
import { factsOf, RingFacts } from "../components/operations/ringSnapshots";
import { mebibytes } from "../components/kubernetes/quantity";
import { Key, keys, objectKeys, ownKeys, topologies, Topology } from "./schema";

/** What every Cassandra ring has. */
interface RingSettings extends CassandraPodArgs {
  name: string;
  clientsFrom: Peer[];
  auth: Auth;
  superuser: string;
  superuserPassword?: pulumi.Output<string>;
  tlsSecret?: string;
  certManager?: CertManager;
}

interface VolumeSettings {
  replicas: number;
  volumeSize: string;
  volumeRetention: VolumeRetention;
  localVolumes?: LocalVolume[];
}

/** What a stack asks for, checked and typed. Sizes stay Kubernetes quantities; the heap is in MiB. */
export interface Settings {
  storage: Storage;
  storageClassName: string;
  namespace: string;
  createNamespace: boolean;
  /** Pod Security Standard that a namespace made here enforces. */
  podSecurity: "restricted" | "privileged";
  acceptDataLoss: boolean;
  /** The cluster that the kubernetes provider uses. */
  cluster: ClusterChoice;
  /** Whether the kubernetes provider takes over what exists without being in the state. */
  takesOver: boolean;
  /** What the state is to remember of each ring. */
  facts: Partial<Record<Topology, RingFacts>>;
  /** One of each topology that the stack runs. */
  persistent?: RingSettings & VolumeSettings & { racks: string[]; adopt?: AdoptedTemplate; numTokens?: number };
  ephemeral?: RingSettings & { replicas: number; adoptPod?: boolean };
  daemon?: RingSettings & { nodeSelector: Record<string, string>; hostPath?: string };
  pod?: RingSettings;
  cockroachdb?: VolumeSettings & {
    name: string;
    image: string;
    memory: string;
    cpu: string;
    certificates?: CockroachCertificates;
    sqlClient: boolean;
    loadGenerator: boolean;
    clientsFrom: Peer[];
    imagePullSecrets: string[];
  };
}

type Raw = Record<string, unknown>;
type Parsed<K extends Record<string, Key>> = { [N in keyof K]: NonNullable<ReturnType<K[N]["parse"]>> };
type Common = Parsed<typeof keys>;
/** All that one topology may be told, whichever it is; the table in `ownKeys` says which of it. */
type Own = Omit<Common, "topologies"> & {
  /** Whether `cassandraYaml` was set with `--secret`. */
  isSecretYaml: boolean;
} & Parsed<typeof ownKeys.persistent.own> &
  Parsed<Omit<typeof ownKeys.ephemeral.own, "adopt">> &
  Parsed<typeof ownKeys.daemon.own> &
  Parsed<Omit<typeof ownKeys.cockroachdb.own, "image">>;

/**
 * Reads and checks the config of the stack; the only reader of it.
 * @throws {pulumi.RunError} naming every key that is wrong, its value and what is allowed, a line for each.
 */
export function readSettings(): Settings {
  const problems = new Problems();
  refuseKeysOfAnotherProject();
  const given = stackConfig({ ...keys, ...objectKeys });
  const common = problems.parse("", { ...keys, ...objectKeys }, given) as Common;

  const chosen: Topology[] = common.topologies ?? [];
  const objects = Object.fromEntries(
    topologies.map((topology) => [topology, (common as Raw)[topology] ?? {}]),
  ) as Record<Topology, Raw>;
  const values = {} as Record<Topology, Own>;
  for (const topology of topologies) {
    const { overrides, own } = ownKeys[topology] as { overrides: (keyof typeof keys)[]; own: Record<string, Key> };
    const set = objects[topology];
    const allowed = { ...own, ...Object.fromEntries(overrides.map((key) => [key, keys[key]])) };
    const parsed = problems.parse(`${topology}.`, allowed, set);
    const inherited = overrides.filter((key) => !(key in set)).map((key) => [key, common[key]]);
    const isSecretYaml = isSecret("cassandraYaml" in set ? topology : "cassandraYaml");
    values[topology] = { ...parsed, ...Object.fromEntries(inherited), isSecretYaml } as Own;
  }
  nameRings(chosen, values, objects, common);
  warnOfPlainSecrets(given, objects);
  checkTogether({ chosen, values, objects, common, given }, problems);
  problems.throwIfAny();

  const { storage, namespace, createNamespace, acceptDataLoss } = common;
  const rings = chosen.map((topology) => [topology, settingsOf[topology](values[topology], common)] as const);
  const facts = rings.map(([topology, ring]) => [topology, factsOf(topology, { ...ring, namespace })]);
  return {
    storage,
    namespace,
    createNamespace,
    acceptDataLoss,
    // Folders of nodes and the capability IPC_LOCK are beyond every standard but that which has no rules.
    podSecurity: chosen.some((topology) => values[topology].hostPath || values[topology].lockMemory)
      ? "privileged"
      : "restricted",
    storageClassName: common.storageClassName || (storage === "existing" ? "" : `${namespace}-cassandra`),
    ...providerSettings(),
    facts: Object.fromEntries(facts) as Settings["facts"],
    ...Object.fromEntries(rings),
  };
}

/** The image with another registry in its name, which is the part before the first slash if that could be a host. */
function pulledFrom(registry: string, image: string): string {
  if (!registry) return image;
  const [first, ...rest] = image.split("/");
  const path = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest : [first, ...rest];
  // Images without a path are Docker Hub's own.
  return [registry, ...(path.length === 1 ? ["library"] : []), ...path].join("/");
}

/**
 * MiB of heap where none is set: Cassandra needs as much again outside it, for caches, compression, and the files that the system
 * keeps in memory. Beyond 31 GiB, Java's references grow, and more heap holds less.
 */
function halfOf(memory: string): number {
  return Math.min(31 * 1024, Math.floor(mebibytes(memory) / 2));
}

/** What pods of every topology take as it is set. */
function podOf({ image, memory, cpu, clientsFrom }: Own, { imageRegistry, imagePullSecrets }: Common) {
  return { image: pulledFrom(imageRegistry, image), imagePullSecrets, memory, cpu, clientsFrom };
}

function ring(own: Own, common: Common): RingSettings {
  const { name, clusterName, datacenter, jvmOptions, cassandraYaml, auth, superuser } = own;
  return {
    name,
    clusterName,
    ...podOf(own, common),
    maxHeapMiB: own.maxHeap || halfOf(own.memory),
    datacenter,
    rack: "rack1",
    jvmOptions,
    cassandraYaml: own.isSecretYaml ? pulumi.secret(cassandraYaml) : cassandraYaml,
    lockMemory: own.lockMemory,
    ...(own.stallTimeoutMinutes !== undefined && { stallTimeoutMinutes: own.stallTimeoutMinutes }),
    auth,
    superuser,
    ...(own.superuserPassword && { superuserPassword: pulumi.secret(own.superuserPassword) }),
    ...(own.tls !== "none" && { tlsSecret: own.tlsSecret || `${name}-tls` }),
    ...(own.tls === "cert-manager" && {
      certManager: own.tlsIssuer.reference ? { issuer: own.tlsIssuer.reference } : {},
    }),
    ...(own.clientCertificates === "required" && { clientCertificates: "required" }),
  };
}

function volumes({ replicas, volumeSize, volumeRetention, localVolumes }: Own, { storage }: Common): VolumeSettings {
  return { replicas, volumeSize, volumeRetention, ...(storage === "local" && { localVolumes }) };
}

const settingsOf: { [T in Topology]: (own: Own, common: Common) => NonNullable<Settings[T]> } = {
  persistent: (own, common) => ({
    ...ring(own, common),
    ...volumes(own, common),
    racks: own.racks,
    ...(own.adopt && { adopt: own.podTemplate, rack: own.rack || "Rack1-K8Demo", numTokens: own.numTokens }),
  }),
  ephemeral: (own, common) => ({
    ...ring(own, common),
    replicas: own.replicas,
    ...(own.adoptPod && { adoptPod: true }),
  }),
  daemon: (own, common) => ({
    ...ring(own, common),
    nodeSelector: own.nodeSelector,
    ...(own.hostPath && { hostPath: own.hostPath }),
  }),
  pod: ring,
  cockroachdb: (own, common) => {
    const { name, sqlClient, loadGenerator, insecure } = own;
    const isOpen = insecure === "" ? common.storage === "minikube-hostpath" : insecure;
    const certificates = { node: own.nodeCertificates, client: own.clientCertificates };
    return {
      name,
      ...podOf(own, common),
      sqlClient,
      loadGenerator,
      ...volumes(own, common),
      ...(!isOpen && { certificates }),
    };
  },
};

/** As the kubernetes provider reads them: its config, else the environment, where the client of a guard finds a cluster itself. */
function providerSettings(): Pick<Settings, "cluster" | "takesOver"> {
  const config = new pulumi.Config("kubernetes");
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map((key) => config.get(key));
  const folder = config.get("renderYamlToDirectory");
  if (folder) {
    throw new pulumi.RunError(
      `kubernetes:renderYamlToDirectory: "${folder}" is not allowed: rings are looked at and moved in a cluster, which a folder of files ` +
        "is not; allowed is to leave it out",
    );
  }
  const takesOver = config.get("upsertExistingObjects") ?? process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS;
  return {
    cluster: { ...(kubeconfig && { kubeconfig }), ...(context && { context }), ...(cluster && { cluster }) },
    takesOver: takesOver === "true",
  };
}

/** The first Cassandra ring has the plain names; those of further ones tell them apart, in Kubernetes and to each other. */
function nameRings(
  chosen: Topology[],
  values: Record<Topology, Own>,
  objects: Record<string, Raw>,
  common: Common,
): void {
  const [first, ...further] = chosen.filter((topology) => topology !== "cockroachdb");
  if (first) values[first].name ||= "cassandra";
  for (const topology of further) {
    values[topology].name ||= `cassandra-${topology}`;
    if (!("clusterName" in objects[topology])) values[topology].clusterName = `${common.clusterName}-${topology}`;
  }
  values.cockroachdb.name ||= "cockroachdb";
}

/** Whether a key was set with `--secret`. The SDK knows, though its types do not say so. */
function isSecret(name: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(`${pulumi.getProject()}:${name}`);
}

/** Says which values should be secrets and stand in the stack file for everybody to read. */
function warnOfPlainSecrets(given: Raw, objects: Record<string, Raw>): void {
  const secrets = Object.entries(keys as Record<string, Key>).filter(([, key]) => key.isSecret);
  for (const [name, key] of secrets) {
    const places = [["", given] as const, ...Object.entries(objects)];
    for (const [topology, values] of places) {
      const isPlain = (values[name] ?? key.default) !== key.default && !isSecret(topology || name);
      const full = topology ? `${topology}.${name}` : name;
      const set = topology ? `--path '${topology}.${name}'` : name;
      if (isPlain) {
        void pulumi.log.warn(
          `${pulumi.getProject()}:${full} stands in the stack file for everybody to read: \`pulumi config set --secret ${set}\` encrypts it`,
        );
      }
    }
  }
}

/** A project that was renamed does not read the keys that its stack files have: each would have its default, and rings be other ones. */
function refuseKeysOfAnotherProject(): void {
  const project = pulumi.getProject();
  if (project === "cassandra") return;
  const [unread] = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith("cassandra:"));
  if (unread === undefined) return;
  throw new pulumi.RunError(
    `Pulumi.yaml: name: "${project}" is not allowed with ${unread} in the stack's config: keys begin with the project's name, so that it ` +
      `is not read; allowed is ${unread.replace("cassandra", project)}, and the name cassandra`,
  );
}

/** The project's own config, by bare key: lists and objects as such, and every scalar as text. */
function stackConfig(known: Record<string, Key>): Raw {
  const prefix = `${pulumi.getProject()}:`;
  const given: Raw = {};
  // Not `pulumi.Config`, which warns of every secret that it hands over: where one may stand, the key says.
  for (const [full, value] of Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix))) {
    const name = full.slice(prefix.length);
    given[name] = value;
    if (known[name] && known[name].type !== "string") {
      try {
        given[name] = textual(JSON.parse(value), name);
      } catch {
        // Left as the text that it is: its key says what is allowed instead.
      }
    }
  }
  return given;
}

/** YAML has numbers and truths; the keys are declared for text. */
function textual(value: unknown, name = ""): unknown {
  if ((keys as Record<string, Key>)[name]?.isTyped) return value;
  if (Array.isArray(value)) return value.map((item) => textual(item));
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textual(item, key)]));
}

interface Everything {
  chosen: Topology[];
  values: Record<Topology, Own>;
  /** What the objects of the topologies set. */
  objects: Record<string, Raw>;
  common: Common;
  given: Raw;
}

/** Keys that do nothing unless another one has such a value: whoever sets one would believe in what is not there. */
const needs: {
  name: "superuser" | "superuserPassword" | "tlsSecret" | "tlsIssuer" | "clientCertificates";
  other: "auth" | "tls";
  words: string[];
}[] = [
  { name: "superuser", other: "auth", words: ["password"] },
  { name: "superuserPassword", other: "auth", words: ["password"] },
  { name: "tlsSecret", other: "tls", words: ["secret", "cert-manager"] },
  { name: "tlsIssuer", other: "tls", words: ["cert-manager"] },
  { name: "clientCertificates", other: "tls", words: ["secret", "cert-manager"] },
];

/** A ring of the tutorials has one set, whose labels and protection leave no room for what its stack could have otherwise. */
function checkAdoption({ chosen, values, objects, common }: Omit<Everything, "given">, problems: Problems): void {
  if (!chosen.includes("persistent")) return;
  const table: Record<string, Key> = ownKeys.persistent.own;
  const own = objects.persistent;
  if (!values.persistent.adopt) {
    for (const name of ["podTemplate", "rack", "numTokens"].filter((name) => name in own)) {
      const alone: Key = { ...table[name], allowed: "persistent.adopt: true beside it" };
      problems.add(`persistent.${name}`, own[name], alone, " of a ring that is not adopted");
    }
    return;
  }
  const { racks, auth, tls, podTemplate } = values.persistent;
  const others = chosen.filter((topology) => topology !== "persistent" && topology !== "cockroachdb");
  const refuse = (allowed: string, why: string) =>
    problems.add("persistent.adopt", "true", { ...table.adopt, allowed }, why);
  if (others.length > 0)
    refuse(
      "another namespace for them",
      `: its pods are told from others by app=cassandra, as those of ${others.join(", ")} are`,
    );
  if (common.createNamespace) refuse("createNamespace: false", " with createNamespace: the namespace is there");
  for (const { why, allowed } of adoptionMisfits({ podTemplate, racks, auth, tls })) refuse(allowed, why);
}

/** Keys that components call otherwise. */
const keyOf = (told: keyof Told) => (told === "maxHeapMiB" ? "maxHeap" : told);

/** What does not fit of one topology. */
function misfitsOf(topology: Topology, values: Own, { storage }: Common): Misfit[] {
  const { localVolumes, cassandraYaml, jvmOptions, image, maxHeap, ...others } = values;
  const told: Told = {
    ...others,
    maxHeapMiB: maxHeap,
    ...(storage === "local" && { localVolumes }),
    // Another one than Cassandra's, and what is Cassandra's own: each version has its keys.
    ...(topology !== "cockroachdb" && image && { image, cassandraYaml, jvmOptions }),
  };
  return misfits(told, (name) => ({ ...keys, name: ownKeys[topology].own.name })[keyOf(name)].allowed);
}

/** What no key can tell by itself. Looks only at values that are right by themselves. */
function checkTogether({ chosen, values, objects, common, given }: Everything, problems: Problems): void {
  const counted = chosen.some((topology) => "replicas" in values[topology]);
  if (chosen.length > 0 && !counted && given.replicas) {
    const why = chosen.map(
      (topology) => `${topology} ${topology === "pod" ? "is one member" : "has one for each node"}`,
    );
    problems.add("replicas", given.replicas, keys.replicas, ` while ${why.join(" and ")}`);
  }
  if (values.ephemeral.adoptPod && chosen.includes("pod")) {
    problems.add(
      "ephemeral.adoptPod",
      "true",
      ownKeys.ephemeral.own.adoptPod,
      " while topologies holds pod: what is adopted is no longer made",
    );
  }
  checkAdoption({ chosen, values, objects, common }, problems);
  for (const topology of chosen) {
    for (const misfit of misfitsOf(topology, values[topology], common)) {
      const [name, others] = [keyOf(misfit.told), misfit.others.map(keyOf)];
      const isOwn = [name, ...others].some((one) => one in objects[topology]) || name in ownKeys[topology].own;
      const raw = name === "maxHeap" ? (objects[topology].maxHeap ?? given.maxHeap) : misfit.value;
      problems.addMisfit(`${isOwn ? `${topology}.` : ""}${name}`, {
        ...misfit,
        ...("value" in misfit && { value: raw }),
      });
    }
  }
  const rings = chosen.filter((topology) => topology !== "cockroachdb");
  for (const { name, other, words } of needs) {
    const idle = rings.filter((topology) => values[topology][other] && !words.includes(values[topology][other]));
    const key: Key = { ...keys[name], allowed: `${other} ${words.join(" or ")} beside it` };
    const refuse = (label: string, raw: unknown, topology: Topology) => {
      if (raw === undefined || raw === keys[name].default) return;
      problems.add(label, raw, key, ` while ${other} is ${values[topology][other]}`);
    };
    for (const topology of idle) refuse(`${topology}.${name}`, objects[topology][name], topology);
    if (rings.length > 0 && idle.length === rings.length) refuse(name, given[name], idle[0]);
  }
  if (common.racks?.length && !chosen.includes("persistent")) {
    problems.add(
      "racks",
      given.racks,
      { ...keys.racks, allowed: "topology persistent beside it" },
      ` for ${chosen.join(", ")}`,
    );
  }
  for (const what of ["name", "clusterName"] as const) {
    for (const [i, topology] of chosen.entries()) {
      const value = values[topology][what];
      const twin = chosen.slice(0, i).find((other) => value !== undefined && values[other][what] === value);
      const key: Key = what === "name" ? ownKeys[topology].own.name : keys.clusterName;
      if (twin) problems.add(`${topology}.${what}`, value, key, `: ${twin} has it too`);
    }
  }
}

/** All that is wrong with a stack, told in one go. */
class Problems {
  private readonly lines = new Set<string>();

  /** Parses the values given for a table of keys, or their defaults; those that are not allowed are left out. */
  parse(prefix: string, table: Record<string, Key>, given: Raw): Raw {
    for (const name of Object.keys(given).filter((name) => !Object.hasOwn(table, name))) {
      const [key, nearest] = [name, closest(name, Object.keys(table))].map((one) => this.full(prefix + one));
      const misplaced = prefix && Object.hasOwn(keys, name);
      const instead = misplaced ? `allowed there is ${Object.keys(table).join(", ")}` : `did you mean ${nearest}?`;
      this.lines.add(`${key}: ${misplaced ? "no key of this topology" : "unknown key"}; ${instead}`);
    }
    const values: Raw = {};
    const wanted = this.succeeded(prefix, table, given);
    for (const [name, key] of Object.entries(table)) {
      const raw = wanted[name] ?? key.default;
      const value = key.parse(raw);
      if (value === undefined) this.add(prefix + name, raw, key, hint(raw, key.words ?? []));
      else values[name] = value;
    }
    return values;
  }

  /** The same by the names that take the place of deprecated ones, which are warned of. */
  private succeeded(prefix: string, table: Record<string, Key>, given: Raw): Raw {
    const wanted = { ...given };
    for (const [name, { successor, parse }] of Object.entries(table)) {
      if (!successor || !given[name] || parse(given[name]) === undefined) continue;
      wanted[successor.name] ??= successor.value;
      const instead = this.full(prefix + successor.name);
      void pulumi.log.warn(`${this.full(prefix + name)} is deprecated: ${instead}: ${successor.value} takes its place`);
    }
    return wanted;
  }

  add(name: string, raw: unknown, key: Key, detail = ""): void {
    const shown = key.isSecret ? "[secret]" : this.shown(name, raw);
    this.lines.add(`${this.full(name)}: "${shown}" is not allowed${detail}; allowed is ${key.allowed}`);
  }

  addMisfit(name: string, { part, why, allowed, ...rest }: Misfit): void {
    const value = "value" in rest ? `"${this.shown(name, rest.value)}" ` : "";
    const where = this.full(part === undefined ? name : `${name}.${part}`);
    const wrong = inWordsOf((key) => this.full(key), why);
    this.lines.add(`${where}: ${value}${wrong}${allowed === undefined ? "" : `; allowed is ${allowed}`}`);
  }

  throwIfAny(): void {
    if (this.lines.size > 0) throw new pulumi.RunError([...this.lines].join("\n"));
  }

  /** A value as messages put it. @param name of the key that holds it, after that of its topology */
  private shown(name: string, raw: unknown): string {
    if (isSecret(name.split(".")[0])) return "[secret]";
    return typeof raw === "string" ? raw : JSON.stringify(raw);
  }

  private full(name: string): string {
    return `${pulumi.getProject()}:${name}`;
  }
}

/** The value that was probably meant, where values are words. */
function hint(raw: unknown, words: readonly string[]): string {
  const wrong = [raw].flat().find((word) => typeof word === "string" && !words.includes(word)) as string | undefined;
  if (!wrong || words.length === 0) return "";
  const near = closest(wrong, words);
  return distance(wrong, near) <= Math.max(2, wrong.length / 2) ? ` (did you mean ${near}?)` : "";
}
