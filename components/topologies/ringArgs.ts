import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "../cassandra/roles";
import { durationOf } from "../cassandra/yamlAmounts";
import type { KubeContext } from "../kubernetes/kubeconfig";
import type { Metrics } from "../monitoring/monitoring";
import type { CertManager } from "../objects/certificates";
import type { Egress, Peer } from "../objects/networkPolicy";
import type { CassandraPodArgs } from "../objects/podArgs";
import type { ServiceAccess } from "../objects/services";

/** Whether clients log in. With `none`, everybody who reaches the CQL port may do everything. */
export const Auth = { Password: "password", None: "none" } as const;
export type Auth = (typeof Auth)[keyof typeof Auth];

/** Whether members repair themselves. With `schedule`, each does once in an interval, one at a time, and none while the ring changes. */
export const Repair = { Schedule: "schedule", Off: "off" } as const;
export type Repair = (typeof Repair)[keyof typeof Repair];

/** What every topology takes. */
export interface CassandraRingArgs extends CassandraPodArgs {
  /** Name of the ring: of its controller, its Services and, where pods have fixed names, its pods. Unique in the namespace. */
  name: string;
  /** Namespace of all objects. It must exist. */
  namespace: pulumi.Input<string>;
  /** The Kubernetes cluster that the provider uses, for updates that look at pods. @default that of the default provider */
  cluster?: KubeContext;
  /** Who may reach the CQL port, if the network of the cluster enforces policies. @default all pods of the namespace */
  clientsFrom?: Peer[];
  /**
   * Where members may connect to. `members`: to each other, DNS and the API server alone, also where another policy of the namespace
   * denies all egress. @default "open": the ring's policy does not restrict it
   */
  egress?: Egress;
  /** How clients from outside the Kubernetes cluster reach the Service for clients. @default only from inside */
  service?: ServiceAccess;
  /** Whether clients log in. @default "password" */
  auth?: Auth;
  /** Name of the role that may do everything, if clients log in. @default "admin" */
  superuser?: string;
  /** Password of that role, without quotes and spaces. @default 32 random letters and digits */
  superuserPassword?: pulumi.Input<string>;
  /** Name of a Secret of the namespace that somebody else makes, whose key `password` is that password. @default superuserPassword */
  superuserSecret?: string;
  /** Further roles, each with its password in a Secret that somebody else makes, if clients log in. @default none */
  roles?: Role[];
  /**
   * Name of a Secret with certificates, by which members and clients encrypt what they send: `tls.crt`, `tls.key` in PKCS#8, and the
   * `ca.crt` that they trust. That authority must sign for this ring alone: every holder of a certificate of it can join as a member.
   * Members take new certificates from the Secret without a restart. @default nothing is encrypted
   */
  tlsSecret?: string;
  /** Has cert-manager write and renew that Secret. @default somebody else writes it */
  certManager?: CertManager;
  /** Whether members repair themselves. A pod that stands alone has nobody to compare its data with. @default "schedule" */
  repair?: Repair;
  /**
   * Time between the beginnings of two scheduled repairs of a member, as `36h`. Rows that were deleted come back where it is longer than
   * `gc_grace_seconds` of their table, ten days unless set otherwise. @default "4d"
   */
  repairInterval?: string;
  /**
   * How Prometheus finds the metrics of the members. `annotations`: by annotations of the pods. `podMonitor`: by a PodMonitor of the
   * Prometheus operator, with a PrometheusRule. A dashboard for Grafana comes with both. @default "none": members tell no metrics
   */
  metrics?: Metrics;
  /**
   * Who may read the metrics, if the network of the cluster enforces policies.
   * @default the pods of namespace `monitoring`
   */
  metricsFrom?: Peer[];
  /** Labels by which the Prometheus operator selects what it reads, as `release: prometheus`. @default none */
  metricsLabels?: Record<string, string>;
  /**
   * Minutes without progress after which a step of an update is given up, such as a decommission. The member goes on with the step by
   * itself, and the next update watches it again. @default 15
   */
  stallTimeoutMinutes?: number;
  /**
   * Whether an edit may abandon data, as another `name` or `namespace` does: no ring can be renamed. Remove it again after the edit.
   * @default false
   */
  acceptDataLoss?: boolean;
}

/** Seconds between two scheduled repairs of a member; undefined if there are none. */
export function repairSeconds({ repair, repairInterval = "4d" }: Pick<CassandraRingArgs, "repair" | "repairInterval">) {
  return repair === "off" ? undefined : durationOf(repairInterval) / 1000;
}
