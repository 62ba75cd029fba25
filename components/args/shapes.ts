import type { AdoptedTemplate } from "../operations/adoption";
import type { Egress } from "../objects/networkPolicy";
import type { PodSecurity } from "../objects/podSecurity";
import type { Metrics } from "../monitoring/monitoring";
import type { Auth, Repair } from "../topologies/ringArgs";
import type { IssuerKind } from "../objects/certificates";
import type { Storage, VolumeRetention } from "../objects/storageClass";
import type { ClientCertificates } from "../objects/tls";
import { isImage } from "./imageReference";
import {
  atLeast,
  cassandraName,
  Check,
  dnsLabel,
  dnsSubdomain,
  fields,
  isAffinity,
  isAnnotations,
  isCpu,
  isFolder,
  isJson,
  isLabels,
  isLocalVolume,
  isMemberServiceAccess,
  isObject,
  isPeer,
  isPodSpec,
  isRepairInterval,
  isRole,
  isServiceAccess,
  isTexts,
  isToleration,
  labelValue,
  listOf,
  matches,
  whole,
} from "./valueChecks";

/** Kinds of values, as messages name them. */
const kinds = {
  text: "text",
  number: "a number",
  truth: "true or false",
  list: "a list",
  object: "an object",
} as const;
type Kind = keyof typeof kinds;

/** What one value may be: an arg of a component, or a config key. */
export interface Shape {
  kind: Kind;
  is: (value: unknown) => boolean;
  /** What is allowed, as messages and the README put it. */
  allowed: string;
  /** Whether messages must not show the value. @default false */
  isSecret?: true;
}

const text = (is: Check | RegExp, allowed: string): Shape => ({
  kind: "text",
  is: is instanceof RegExp ? matches(is) : is,
  allowed,
});
/** @param words the allowed words as keys. It does not compile unless all words of the type are there */
const word = <T extends string>(words: Record<T, true>): Shape => {
  const all = Object.keys(words);
  return text((value) => all.includes(value as string), `one of ${all.join(", ")}`);
};
const number = (is: Check, allowed: string): Shape => ({ kind: "number", is, allowed });
const list = (check: Check, allowed: string): Shape => ({ kind: "list", is: listOf(check), allowed });
const object = (is: Check, allowed: string): Shape => ({ kind: "object", is, allowed });

const truth: Shape = { kind: "truth", is: (value) => typeof value === "boolean", allowed: "true or false" };
const disks: Shape = {
  kind: "list",
  is: (value) => Array.isArray(value) && Array.from(value).every(isLocalVolume),
  allowed: "a list of {node, path} with an absolute path",
};
const secretName = text(dnsSubdomain, "a name of lower-case letters, digits, dots and dashes");
const clusterDomain = text(dnsSubdomain, "a domain of lower-case letters, digits, dots and dashes");
const nameInCassandra = text(cassandraName, "1 to 48 letters, digits, spaces, dashes and underscores");

/**
 * What components and stack config take, by the name of the arg or key. Programs in other languages have no other check, since the
 * types of TypeScript do not reach them.
 */
export const shapes = {
  // With the longest name, Kubernetes still accepts the names of pods and Services that are made from it.
  name: text(
    /^[a-z]([-a-z0-9]{0,45}[a-z0-9])?$/,
    "a name of at most 47 lower-case letters, digits and dashes that starts with a letter",
  ),
  namespace: text(dnsLabel, "a name of lower-case letters, digits and dashes, at most 63 characters"),
  replicas: number(whole(1, 1000), "a whole number from 1 to 1000"),
  // Without any data, the commit log and Cassandra's own files take some ten MiB. `10` would be ten bytes.
  volumeSize: text(atLeast(100), "a Kubernetes quantity of at least 100Mi, such as 10Gi"),
  storageClassName: text(
    (value) => value === "" || matches(dnsSubdomain)(value),
    "a name of lower-case letters, digits, dots and dashes, or empty",
  ),
  storage: word<Storage>({
    "minikube-hostpath": true,
    "gce-pd": true,
    "aws-ebs": true,
    "azure-disk": true,
    local: true,
    existing: true,
  }),
  volumeRetention: word<VolumeRetention>({ retain: true, delete: true }),
  // `diskMisfits` compares them with each other.
  localVolumes: {
    ...disks,
    allowed: "a list of {node, path} with an absolute path, at least one for each replica",
  },
  image: text(isImage, "an image, its path in lower case, with a tag other than latest, or with a digest"),
  imagePullSecrets: list(secretName.is, "a list of names of lower-case letters, digits, dots and dashes"),
  memory: text(atLeast(512), "a Kubernetes quantity of at least 512Mi"),
  cpu: text(isCpu, "a Kubernetes quantity above zero, such as 500m or 2"),
  maxHeapMiB: number(whole(256), "a whole number of MiB, at least 256 and below memory"),
  clusterName: nameInCassandra,
  datacenter: nameInCassandra,
  rack: nameInCassandra,
  racks: list(
    matches(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/),
    "a list of names of lower-case letters, digits and dashes, none twice",
  ),
  rackNodeSelectors: object(
    (value) =>
      isObject(value) && Object.values(value).every((one) => isLabels(one) && Object.keys(one as object).length > 0),
    "an object of racks, each with labels of its nodes, as {a: {room: a}}",
  ),
  numTokens: number(whole(1, 1024), "a whole number from 1 to 1024"),
  // `wrongOptions` checks each of them.
  jvmOptions: list(
    (value) => typeof value === "string",
    "a list of JVM options, each starting with a dash and free of spaces, none twice",
  ),
  cassandraYaml: object(
    (value) => isObject(value) && isJson(value),
    "an object of keys of cassandra.yaml as the image's version names them",
  ),
  lockMemory: truth,
  clientCertificates: word<ClientCertificates>({ none: true, required: true }),
  clientsFrom: list(isPeer, "a list of {podLabels, namespaceLabels}, at least one of them, or {cidr}"),
  egress: word<Egress>({ open: true, members: true }),
  service: object(
    isServiceAccess,
    "an object of type (ClusterIP, NodePort or LoadBalancer), annotations and loadBalancerSourceRanges",
  ),
  memberService: object(
    isMemberServiceAccess,
    "an object of type (LoadBalancer), annotations and loadBalancerSourceRanges",
  ),
  auth: word<Auth>({ password: true, none: true }),
  superuser: text(
    /^(?!cassandra$)[a-z][a-z0-9_]{0,47}$/,
    "a lower-case letter, then lower-case letters, digits and underscores, at most 48; not cassandra",
  ),
  superuserPassword: {
    ...text(/^[-\w.~+/=]{8,128}$/, "8 to 128 letters, digits and any of -_.~+/="),
    isSecret: true as const,
  },
  superuserSecret: secretName,
  // `roleMisfits` checks each of them.
  roles: list(
    isRole,
    "a list of {name, secretName, superuser, adopt, grants}, the last a list of {permissions, keyspace, table}",
  ),
  tlsSecret: secretName,
  certManager: object(
    fields({
      issuer: fields(
        { kind: word<IssuerKind>({ Issuer: true, ClusterIssuer: true }).is, name: matches(dnsSubdomain) },
        ["kind", "name"],
      ),
      clusterDomain: clusterDomain.is,
    }),
    "{}, or an object of issuer ({kind, name}, whose kind is Issuer or ClusterIssuer) and clusterDomain",
  ),
  clusterDomain,
  repair: word<Repair>({ schedule: true, off: true }),
  repairInterval: text(isRepairInterval, "a whole number of minutes, hours or days from 1m to 4d, such as 36h"),
  metrics: word<Metrics>({ none: true, annotations: true, podMonitor: true }),
  metricsFrom: list(isPeer, "a list of {podLabels, namespaceLabels}, at least one of them, or {cidr}"),
  metricsLabels: object(isLabels, "labels, as {release: prometheus}"),
  stallTimeoutMinutes: number((value) => Number.isFinite(value) && Number(value) > 0, "a number of minutes above zero"),
  adopt: word<AdoptedTemplate>({ kept: true, own: true }),
  adoptPod: truth,
  nodeSelector: object(isLabels, "labels of nodes, as {disk: ssd}"),
  tolerations: list(
    isToleration,
    "a list of {key, operator, value, effect, tolerationSeconds}, as Kubernetes has them",
  ),
  affinity: object(isAffinity, "an object of nodeAffinity, podAffinity and podAntiAffinity, as Kubernetes has them"),
  priorityClassName: secretName,
  podSecurity: word<PodSecurity>({ restricted: true, openshift: true }),
  podTemplatePatch: object(
    (value) =>
      isJson(value) &&
      fields({
        metadata: fields({ labels: isTexts, annotations: isTexts }),
        spec: isPodSpec,
        serviceAccount: fields({ annotations: isAnnotations }),
      })(value),
    "an object of metadata (labels, annotations) and spec, as a pod has them, and serviceAccount (annotations)",
  ),
  cpuLimit: text(isCpu, "a Kubernetes quantity of at least cpu, such as 2"),
  hostPath: text(isFolder, "an absolute path below the root"),
  // The promise comes from `KubernetesCluster`.
  cluster: object(
    fields({
      kubeconfig: (value) => typeof value === "string",
      context: (value) => typeof value === "string",
      cluster: (value) => typeof value === "string",
      seen: (value) => value instanceof Promise,
    }),
    "{kubeconfig, context, cluster}, each a text that is known when the program runs",
  ),
  takesOver: truth,
  acceptDataLoss: truth,
  certificates: object(
    fields({ node: secretName.is, client: secretName.is }, ["node", "client"]),
    "{node, client}, the names of two Secrets",
  ),
  sqlClient: truth,
  loadGenerator: truth,
  sets: {
    ...list(matches(dnsLabel), "a list of names of StatefulSets, at least one and none twice"),
    is: (value) => listOf(matches(dnsLabel))(value) && (value as string[]).length > 0,
  },
  claim: text(dnsLabel, "a name of lower-case letters, digits and dashes, at most 63 characters"),
  disks,
  topology: text(matches(labelValue), "a value of a label"),
  application: text(matches(labelValue), "a value of a label"),
  selector: object(
    (value) => isLabels(value) && Object.keys(value as object).length > 0,
    "labels of pods, at least one",
  ),
} satisfies Record<string, Shape>;

/** Why a value of another kind is wrong, as `it is text, and not a number`; undefined if the kind is right. */
export function otherKind(value: unknown, { kind }: Shape): string | undefined {
  const is: Partial<Record<string, string>> = { string: kinds.text, number: kinds.number, boolean: "a truth value" };
  const found = Array.isArray(value) ? kinds.list : (is[typeof value] ?? (isObject(value) ? kinds.object : undefined));
  const wanted = kinds[kind];
  if (found === undefined || found === wanted || (kind === "truth" && typeof value === "boolean")) return undefined;
  return `it is ${found}, not ${wanted}`;
}
