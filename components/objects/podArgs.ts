import type * as pulumi from "@pulumi/pulumi";
import type { CassandraYaml } from "../cassandra/cassandraYaml";
import type { Disk } from "./disk";
import type { Placement } from "./placement";
import type { ClientCertificates } from "./tls";

/** How one Cassandra member runs, whatever makes its pod. */
export interface CassandraPodArgs extends Placement {
  /** Image with a tag or digest: the official image, or one with the same entry point. */
  image: pulumi.Input<string>;
  /** Names of Secrets in the ring's namespace with which the image is pulled. @default none */
  imagePullSecrets?: string[];
  /** Memory of the container, both request and limit: a Kubernetes quantity such as `4Gi`. */
  memory: pulumi.Input<string>;
  /** CPU of the container, request only: a Kubernetes quantity such as `500m`. `cpuLimit` sets a limit. */
  cpu: pulumi.Input<string>;
  /** Java heap in MiB. Cassandra needs about as much memory again outside the heap. */
  maxHeapMiB: number;
  /** Cassandra's `cluster_name`. A member refuses to start on data that was written under another cluster name. */
  clusterName: pulumi.Input<string>;
  /** Cassandra's name of the data centre. Replication settings of keyspaces quote it. */
  datacenter: pulumi.Input<string>;
  /** Cassandra's name of the rack. */
  rack: pulumi.Input<string>;
  /** Number of tokens of each member. It can never change. @default 16 */
  numTokens?: number;
  /** More JVM options, each starting with a dash. @default none */
  jvmOptions?: string[];
  /**
   * Keys of cassandra.yaml with their values, which win over those of the image; null removes a key. An Output may be a secret, so its
   * value goes into a Secret instead of a ConfigMap. @default the keys with which no acknowledged write is lost
   */
  cassandraYaml?: pulumi.Input<CassandraYaml>;
  /**
   * Whether the container has the capability IPC_LOCK. The Pod Security Standards `baseline` and `restricted` do not allow it. Java uses
   * the capability only in images that set it on Java's file, or that start Java as root. @default false
   */
  lockMemory?: boolean;
  /** Whether clients must show a certificate that the `ca.crt` of the ring has signed; needs `tlsSecret`. @default "none" */
  clientCertificates?: ClientCertificates;
}

/** What ties a pod to its ring. */
export interface RingBinding {
  /** Name of the ring. */
  name: string;
  /** Names of the StatefulSets whose pods are members. @default one StatefulSet, named as the ring */
  sets?: string[];
  /** Name of the headless Service that finds the pods of the ring. */
  service: pulumi.Input<string>;
  /** Where the data lies. */
  disk: Disk;
  /** Name of the ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** Kind of the Service that each pod has to itself. @default the pods have none */
  memberService?: string;
  /** Seconds between the beginnings of two scheduled repairs of a member. @default nothing is repaired on schedule */
  repairInterval?: number;
  /** Name of the ConfigMap with the exporter of Cassandra's metrics. @default the pods tell no metrics */
  exporter?: pulumi.Input<string>;
  /** Annotations of the pods by which Prometheus finds them. @default none */
  scrapeAnnotations?: Record<string, string>;
  /** Name of the Secret that holds the superuser; undefined if clients do not log in. */
  superuser?: pulumi.Input<string>;
  /** Name of the Secret that holds the certificates; undefined if nothing is encrypted. */
  tls?: pulumi.Input<string>;
  /** Name of the ConfigMap that holds the files of `podScripts`. */
  scripts: pulumi.Input<string>;
  /** Name of the Secret that holds the changes of cassandra.yaml. @default the ConfigMap of the scripts holds them */
  configuration?: pulumi.Input<string>;
  /** Name of the ServiceAccount of the pods. */
  serviceAccountName: pulumi.Input<string>;
  /** Labels that all pods of the ring have and no other pod has. */
  selector: Record<string, string>;
}
