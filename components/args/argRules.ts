import type * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../objects/labels";
import type { CassandraPodArgs } from "../objects/podArgs";
import type { CassandraRingArgs } from "../topologies/ringArgs";
import type { Placement } from "../objects/placement";
import type { KubernetesClusterArgs } from "../kubernetes/kubernetesCluster";
import type { LocalVolumesArgs } from "../objects/persistentVolumes";
import type { CassandraStorageArgs } from "../objects/storageClass";
import type { CassandraServiceArgs } from "../objects/services";
import type { CockroachClusterArgs } from "../cockroachdb/cockroachCluster";
import type { DaemonClusterArgs } from "../topologies/daemonCluster";
import type { EphemeralClusterArgs } from "../topologies/ephemeralCluster";
import type { PersistentClusterArgs } from "../topologies/persistentArgs";
import { Shape, shapes } from "./shapes";
import type { SinglePodArgs } from "../topologies/singlePod";

/** Whether an arg must be given, and whether it may be an Output, whose value is known later. */
type Rule = "required" | "optional" | "required, or later" | "optional, or later";
type RuleOf<T> = `${undefined extends T ? "optional" : "required"}${pulumi.OutputInstance<any> extends T // eslint-disable-line @typescript-eslint/no-explicit-any -- of whatever type
  ? ", or later"
  : ""}`;
/** The rules of a component. They do not compile unless they agree with its args interface. */
type Rules<Args> = { [K in keyof Required<Args>]: RuleOf<Args[K]> };

const ofPlacement: Rules<Placement> = {
  nodeSelector: "optional",
  tolerations: "optional",
  affinity: "optional",
  priorityClassName: "optional",
  podSecurity: "optional",
  podTemplatePatch: "optional",
  cpuLimit: "optional, or later",
};

const ofPods: Rules<CassandraPodArgs> = {
  ...ofPlacement,
  image: "required, or later",
  imagePullSecrets: "optional",
  memory: "required, or later",
  cpu: "required, or later",
  maxHeapMiB: "required",
  clusterName: "required, or later",
  datacenter: "required, or later",
  rack: "required, or later",
  numTokens: "optional",
  jvmOptions: "optional",
  cassandraYaml: "optional, or later",
  lockMemory: "optional",
  clientCertificates: "optional",
};

const ofRings: Rules<CassandraRingArgs> = {
  name: "required",
  namespace: "required, or later",
  ...ofPods,
  cluster: "optional",
  clientsFrom: "optional",
  egress: "optional",
  service: "optional",
  auth: "optional",
  superuser: "optional",
  superuserPassword: "optional, or later",
  superuserSecret: "optional",
  roles: "optional",
  tlsSecret: "optional",
  certManager: "optional",
  repair: "optional",
  metrics: "optional",
  metricsFrom: "optional",
  metricsLabels: "optional",
  repairInterval: "optional",
  stallTimeoutMinutes: "optional",
  acceptDataLoss: "optional",
};

const ofVolumes = {
  replicas: "required",
  storageClassName: "optional, or later",
  volumeSize: "required, or later",
  volumeRetention: "optional",
  localVolumes: "optional",
  takesOver: "optional",
} as const;

const ofIdentity: Rules<Identity> = { name: "required", topology: "required", application: "optional" };

const rules = {
  KubernetesCluster: { cluster: "optional" } satisfies Rules<KubernetesClusterArgs>,
  CassandraStorage: {
    ...ofIdentity,
    storage: "required",
    storageClassName: "required",
    takesOver: "optional",
    cluster: "optional",
  } satisfies Rules<CassandraStorageArgs>,
  LocalVolumes: {
    ...ofIdentity,
    namespace: "required, or later",
    sets: "required",
    claim: "required",
    disks: "required",
    volumeSize: "required, or later",
    storageClassName: "optional, or later",
    volumeRetention: "optional",
  } satisfies Rules<LocalVolumesArgs>,
  CassandraService: {
    ...ofIdentity,
    namespace: "required, or later",
    selector: "required",
    service: "optional",
    takesOver: "optional",
  } satisfies Rules<CassandraServiceArgs>,
  PersistentCluster: {
    ...ofRings,
    ...ofVolumes,
    racks: "optional",
    rackNodeSelectors: "optional",
    memberService: "optional",
    adopt: "optional",
  } satisfies Rules<PersistentClusterArgs>,
  EphemeralCluster: {
    ...ofRings,
    replicas: "required",
    adoptPod: "optional",
    takesOver: "optional",
  } satisfies Rules<EphemeralClusterArgs>,
  DaemonCluster: {
    ...ofRings,
    hostPath: "optional",
    takesOver: "optional",
  } satisfies Rules<DaemonClusterArgs>,
  SinglePod: { ...ofRings, takesOver: "optional" } satisfies Rules<SinglePodArgs>,
  CockroachCluster: {
    name: "required",
    namespace: "required, or later",
    ...ofVolumes,
    image: "required, or later",
    imagePullSecrets: "optional",
    memory: "required, or later",
    cpu: "required, or later",
    ...ofPlacement,
    certificates: "optional",
    clientsFrom: "optional",
    egress: "optional",
    sqlClient: "optional",
    loadGenerator: "optional",
    cluster: "optional",
    acceptDataLoss: "optional",
  } satisfies Rules<CockroachClusterArgs>,
};

/** Components whose args are checked. */
export type Component = keyof typeof rules;
export const components = Object.keys(rules) as Component[];

/** What a component takes, by the name of each arg: its rule and its shape. */
export function argsOf(component: Component): Record<string, { rule: Rule; shape: Shape }> {
  const ofIt: Record<string, Rule> = rules[component];
  return Object.fromEntries(
    Object.keys(ofIt).map((name) => [name, { rule: ofIt[name], shape: shapeOf(component, name) }]),
  );
}

function shapeOf(component: Component, name: string): Shape {
  // `takesOver` of a CassandraService is a resource transform, and a boolean elsewhere.
  if (component === "CassandraService" && name === "takesOver") return transform;
  return shapes[name as keyof typeof shapes];
}

const transform: Shape = {
  kind: "object",
  is: (value) => typeof value === "function",
  allowed: "a resource transform",
};
