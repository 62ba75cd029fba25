import * as pulumi from "@pulumi/pulumi";
import { CertManager } from "../objects/certificates";
import { VolumeRetention } from "../objects/storageClass";
import { AdoptedTemplate } from "./adoption";

/** Which component makes a ring, by the word that config has for it. */
export type RingTopology = "persistent" | "ephemeral" | "daemon" | "pod" | "cockroachdb";

/** What the state remembers of one ring. */
export interface RingSnapshot {
  /** Name of its set and Services. */
  name: string;
  namespace: string;
  /** Cassandra's names of the cluster and of the data centre; none of CockroachDB. */
  clusterName?: string;
  datacenter?: string;
  /** Its racks, in order: `a, b, c`. @default all members are in one */
  racks?: string;
  /** Whether its clients log in, and the role that may do everything. @default "none", of rings from before there was a choice */
  auth?: "password" | "none";
  superuser?: string;
  /** Whether what goes over the network is encrypted. @default "none" */
  tls?: "secret" | "cert-manager" | "none";
  /** Who signs its certificates, where cert-manager does. */
  tlsIssuer?: string;
  /** Whether nodes of CockroachDB prove who they are. @default not known, of clusters from before it was remembered */
  nodeCertificates?: "secret" | "none";
  /** What its rows lie in. */
  disk: "volumes" | "pods" | "nodes";
  /** Folder of the nodes, where they lie in those. */
  hostPath?: string;
  /** Topology whose pods it has taken over; its own, where these are of a set that others made. */
  adopt?: string;
  /** Of which template the pods of that set are. */
  podTemplate?: "kept" | "own";
  /** What becomes of its volumes when it goes. @default "retain" */
  volumeRetention?: "delete";
}

/** Rings by their topology. */
export type RingSnapshots = Partial<Record<RingTopology, RingSnapshot>>;

/** What facts are made of: the args of the component that makes the ring. */
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
