import * as k8s from "../kubernetes/resources";
import type { PodSecurity } from "./podSecurity";
import type { PodTemplatePatch } from "./podTemplatePatch";
import type * as pulumi from "@pulumi/pulumi";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** A taint that a pod tolerates, as Kubernetes writes it. */
export interface Toleration {
  /** Key of the taint. @default every key, with operator Exists */
  key?: string;
  /** `Equal` or `Exists`. @default "Equal" */
  operator?: string;
  /** Value of the taint, with operator Equal. @default empty */
  value?: string;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. @default all of them */
  effect?: string;
  /** Seconds for which the pod stays on a node with the taint, with effect NoExecute. @default for ever */
  tolerationSeconds?: number;
}

/** Affinity of pods, as deep as Kubernetes has it. */
/* eslint-disable @typescript-eslint/no-explicit-any -- programs in other languages do not know the types of Kubernetes */
export interface Affinity {
  nodeAffinity?: Record<string, any>;
  podAffinity?: Record<string, any>;
  podAntiAffinity?: Record<string, any>;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** On which nodes a pod may run, what it gets there before other pods, and as whom it runs. */
export interface Placement {
  /** Labels of the nodes that may run the pods. @default every node */
  nodeSelector?: Record<string, string>;
  /** Taints of nodes that the pods tolerate. @default none */
  tolerations?: Toleration[];
  /**
   * Affinity as Kubernetes writes it. Each kind takes the place of the component's own.
   * @default CockroachDB's nodes prefer nodes without another one; Cassandra's pods spread by topologySpreadConstraints
   */
  affinity?: Affinity;
  /** PriorityClass of the pods, which must exist. @default the cluster's default */
  priorityClassName?: string;
  /** CPU limit of the container: a Kubernetes quantity, at least `cpu`. A member that is throttled may look dead to others. @default none */
  cpuLimit?: pulumi.Input<string>;
  /**
   * With `openshift`, pods name no user and no group: the SCC restricted-v2 of OpenShift picks them, and refuses pods that name others. A
   * running ring may change it: the SCC's group then owns the files of volumes that Kubernetes gives to a pod's group. @default "restricted"
   */
  podSecurity?: PodSecurity;
  /**
   * Whatever else pods are to have: a strategic merge patch over their template, with `metadata` (labels, annotations) and `spec`. What a
   * ring stands on is refused, such as the command of its container. @default nothing
   */
  podTemplatePatch?: PodTemplatePatch;
}

/** Fields of a pod's spec. @param own what the component asks for itself: a label of nodes, and affinity where `affinity` has no such kind */
export function placement(
  { nodeSelector = {}, tolerations = [], affinity, priorityClassName }: Placement,
  own: { nodeSelector?: Record<string, string>; affinity?: Affinity } = {},
): Pick<PodSpec, "nodeSelector" | "tolerations" | "affinity" | "priorityClassName"> {
  const labels = { ...nodeSelector, ...own.nodeSelector };
  const kinds: Affinity = { ...own.affinity, ...affinity };
  return {
    ...(Object.keys(labels).length > 0 && { nodeSelector: labels }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(Object.keys(kinds).length > 0 && { affinity: kinds }),
    ...(priorityClassName && { priorityClassName }),
  };
}
