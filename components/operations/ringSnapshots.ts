import * as pulumi from "@pulumi/pulumi";
import { CertManager } from "../objects/certificates";
import { VolumeRetention } from "../objects/storageClass";
import { AdoptedTemplate } from "./adoption";

/** The component that makes a ring, by its name in the config. */
export type RingTopology = "persistent" | "ephemeral" | "daemon" | "pod" | "cockroachdb";

/** What the state remembers of one ring. */
export interface RingSnapshot {
  /** Name of its controller and Services. */
  name: string;
  namespace: string;
  /** Cassandra's names of the cluster and of the data centre; undefined for CockroachDB. */
  clusterName?: string;
  datacenter?: string;
  /** Its racks, in order: `a, b, c`. @default all members are in one rack */
  racks?: string;
  /** Whether its clients log in, and the role that may do everything. @default "none", for rings of earlier versions */
  auth?: "password" | "none";
  superuser?: string;
  /** How network traffic is encrypted. @default "none" */
  tls?: "secret" | "cert-manager" | "none";
  /** The issuer of its certificates, if cert-manager makes them. */
  tlsIssuer?: string;
  /** Whether nodes of CockroachDB prove who they are. @default not known, for clusters of earlier versions */
  nodeCertificates?: "secret" | "none";
  /** Where its data lies. */
  disk: "volumes" | "pods" | "nodes";
  /** Folder of the nodes that holds the data. */
  hostPath?: string;
  /** Topology whose pods the ring has adopted; `persistent` for an adopted StatefulSet. */
  adopt?: string;
  /** Pod template of the adopted StatefulSet. */
  podTemplate?: "kept" | "own";
  /** What becomes of its volumes when the ring is deleted. @default "retain" */
  volumeRetention?: "delete";
}

/** Rings by their topology. */
export type RingSnapshots = Partial<Record<RingTopology, RingSnapshot>>;

/** The args of the ring's component that a snapshot is made from. */
export interface RingArgs {
  name: string;
  namespace: pulumi.Input<string>;
  clusterName?: pulumi.Input<string>;
  datacenter?: pulumi.Input<string>;
  racks?: string[];
  auth?: "password" | "none";
  superuser?: string;
  tlsSecret?: string;
  certManager?: CertManager;
  /** Secrets of CockroachDB's certificates. */
  certificates?: object;
  hostPath?: string;
  adopt?: AdoptedTemplate;
  adoptPod?: boolean;
  volumeRetention?: VolumeRetention;
}

/** What the state is to remember of a ring. */
export function ringSnapshotOf(
  topology: RingTopology,
  args: RingArgs,
): { [K in keyof RingSnapshot]: pulumi.Input<NonNullable<RingSnapshot[K]>> } {
  const { name, namespace, hostPath, adopt, adoptPod, volumeRetention } = args;
  const isOnVolumes = topology === "persistent" || topology === "cockroachdb";
  return {
    name,
    namespace,
    ...(topology === "cockroachdb"
      ? { nodeCertificates: args.certificates ? ("secret" as const) : ("none" as const) }
      : cassandraSnapshotOf(args)),
    disk: isOnVolumes ? "volumes" : hostPath ? "nodes" : "pods",
    ...(hostPath && { hostPath }),
    ...(adoptPod ? { adopt: "pod" } : adopt ? { adopt: "persistent", podTemplate: adopt } : {}),
    ...(isOnVolumes && volumeRetention === "delete" && { volumeRetention }),
  };
}

function cassandraSnapshotOf(args: RingArgs) {
  const { clusterName, datacenter, racks = [], auth = "password", superuser = "admin", tlsSecret, certManager } = args;
  const issuer = certManager?.issuer;
  return {
    clusterName,
    datacenter,
    ...(racks.length > 0 && { racks: racks.join(", ") }),
    auth,
    ...(auth !== "none" && { superuser }),
    tls: tlsSecret === undefined ? "none" : certManager ? "cert-manager" : "secret",
    ...(certManager && { tlsIssuer: issuer ? `${issuer.kind}/${issuer.name}` : "own" }),
  } as const;
}
