import * as pulumi from "@pulumi/pulumi";
import type {
  AdoptedTemplate,
  Auth,
  CassandraPodArgs,
  CertManager,
  CockroachCertificates,
  Egress,
  LocalVolume,
  MemberServiceAccess,
  Peer,
  Placement,
  Role,
  ServiceAccess,
  VolumeRetention,
} from "../components/index";
import type { RackNodeSelectors } from "../components/objects/racks";
import { mebibytes } from "../components/kubernetes/quantity";
import type { CommonConfig, TopologyConfig } from "./parseConfig";
import { commonKeys, type Topology } from "./schema";

/** Args that every Cassandra ring takes from config. */
interface RingArgs extends CassandraPodArgs {
  name: string;
  clientsFrom: Peer[];
  egress?: Egress;
  service?: ServiceAccess;
  auth: Auth;
  superuser: string;
  superuserPassword?: pulumi.Output<string>;
  superuserSecret?: string;
  roles?: Role[];
  tlsSecret?: string;
  certManager?: CertManager;
}

interface VolumeArgs {
  replicas: number;
  volumeSize: string;
  volumeRetention: VolumeRetention;
  localVolumes?: LocalVolume[];
}

/** Args of the component of each topology that the stack runs. */
export interface ComponentArgs {
  persistent?: RingArgs &
    VolumeArgs & {
      racks: string[];
      rackNodeSelectors?: RackNodeSelectors;
      memberService?: MemberServiceAccess;
      adopt?: AdoptedTemplate;
      numTokens?: number;
    };
  ephemeral?: RingArgs & { replicas: number; adoptPod?: boolean };
  daemon?: RingArgs & { hostPath?: string };
  pod?: RingArgs;
  cockroachdb?: VolumeArgs &
    Placement & {
      name: string;
      image: string;
      memory: string;
      cpu: string;
      certificates?: CockroachCertificates;
      sqlClient: boolean;
      loadGenerator: boolean;
      clientsFrom: Peer[];
      egress?: Egress;
      imagePullSecrets: string[];
    };
}

type ArgsOf<T extends Topology> = NonNullable<ComponentArgs[T]>;

/** Makes the args of a topology's component from values that were checked. */
export const argsOf: { [T in Topology]: (own: TopologyConfig, common: CommonConfig) => ArgsOf<T> } = {
  persistent: (own, common) => ({
    ...ringArgs(own, common),
    ...volumeArgs(own, common),
    racks: own.racks,
    ...(Object.keys(own.rackNodeSelectors).length > 0 && { rackNodeSelectors: own.rackNodeSelectors }),
    ...(own.memberService.type && { memberService: own.memberService as MemberServiceAccess }),
    ...(own.adopt && { adopt: own.podTemplate, rack: own.rack || "Rack1-K8Demo", numTokens: own.numTokens }),
  }),
  ephemeral: (own, common) => ({
    ...ringArgs(own, common),
    replicas: own.replicas,
    ...(own.adoptPod && { adoptPod: true }),
  }),
  daemon: (own, common) => ({
    ...ringArgs(own, common),
    nodeSelector: own.nodeSelector,
    ...(own.hostPath && { hostPath: own.hostPath }),
  }),
  pod: ringArgs,
  cockroachdb: (own, common) => {
    const { name, sqlClient, loadGenerator, insecure } = own;
    const isOpen = insecure === "" ? common.storage === "minikube-hostpath" : insecure;
    const certificates = { node: own.nodeCertificates, client: own.clientCertificates };
    return {
      name,
      ...podArgs(own, common),
      sqlClient,
      loadGenerator,
      ...volumeArgs(own, common),
      ...(!isOpen && { certificates }),
    };
  },
};

function ringArgs(own: TopologyConfig, common: CommonConfig): RingArgs {
  const { name, clusterName, datacenter, jvmOptions, cassandraYaml, service, auth, superuser } = own;
  return {
    name,
    clusterName,
    ...podArgs(own, common),
    maxHeapMiB: own.maxHeap || defaultHeap(own.memory),
    datacenter,
    rack: "rack1",
    jvmOptions,
    cassandraYaml: own.isSecretYaml ? pulumi.secret(cassandraYaml) : cassandraYaml,
    lockMemory: own.lockMemory,
    ...(own.repair === "off" && { repair: own.repair }),
    ...(own.repairInterval !== commonKeys.repairInterval.default && { repairInterval: own.repairInterval }),
    ...(own.metrics !== "none" && {
      metrics: own.metrics,
      ...(own.metricsFrom.length > 0 && { metricsFrom: own.metricsFrom }),
      ...(Object.keys(own.metricsLabels).length > 0 && { metricsLabels: own.metricsLabels }),
    }),
    ...(own.stallTimeoutMinutes !== undefined && { stallTimeoutMinutes: own.stallTimeoutMinutes }),
    ...(Object.keys(service).length > 0 && { service }),
    auth,
    superuser,
    ...(own.superuserPassword && { superuserPassword: pulumi.secret(own.superuserPassword) }),
    ...(own.superuserSecret && { superuserSecret: own.superuserSecret }),
    ...(own.roles.length > 0 && { roles: own.roles }),
    ...(own.tls !== "none" && { tlsSecret: own.tlsSecret || `${name}-tls` }),
    ...(own.tls === "cert-manager" && {
      certManager: {
        ...(own.tlsIssuer.reference && { issuer: own.tlsIssuer.reference }),
        ...(own.clusterDomain !== commonKeys.clusterDomain.default && { clusterDomain: own.clusterDomain }),
      },
    }),
    ...(own.clientCertificates === "required" && { clientCertificates: "required" }),
  };
}

/** Args that the pods of every topology take as config has them. */
function podArgs(own: TopologyConfig, { imageRegistry, imagePullSecrets }: CommonConfig) {
  const { image, memory, cpu, clientsFrom, egress } = own;
  return {
    image: imageFrom(imageRegistry, image),
    imagePullSecrets,
    memory,
    cpu,
    ...placementArgs(own),
    clientsFrom,
    ...(egress === "members" && { egress }),
  };
}

/** Only what is set, so that the components of stacks that set nothing have the inputs that they had before there were these keys. */
function placementArgs(own: TopologyConfig): Placement {
  const { cpuLimit, nodeSelector, tolerations, affinity, priorityClassName, podSecurity, podTemplatePatch } = own;
  return {
    ...(cpuLimit && { cpuLimit }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(Object.keys(affinity).length > 0 && { affinity }),
    ...(priorityClassName && { priorityClassName }),
    ...(podSecurity === "openshift" && { podSecurity }),
    ...(Object.keys(podTemplatePatch).length > 0 && { podTemplatePatch }),
  };
}

function volumeArgs(own: TopologyConfig, { storage }: CommonConfig): VolumeArgs {
  const { replicas, volumeSize, volumeRetention, localVolumes } = own;
  return { replicas, volumeSize, volumeRetention, ...(storage === "local" && { localVolumes }) };
}

/** The image's name with another registry. A registry is the part before the first slash, if that part could be a host. */
function imageFrom(registry: string, image: string): string {
  if (!registry) return image;
  const [first, ...rest] = image.split("/");
  const path = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest : [first, ...rest];
  // Docker Hub keeps images without a path under `library`.
  return [registry, ...(path.length === 1 ? ["library"] : []), ...path].join("/");
}

/**
 * MiB of heap where config sets none: half of the memory. Cassandra needs as much again outside the heap, for caches, compression and
 * the files that the system keeps in memory. Beyond 31 GiB, Java uses longer references, and more heap holds less.
 */
function defaultHeap(memory: string): number {
  return Math.min(31 * 1024, Math.floor(mebibytes(memory) / 2));
}
