import type { RackNodeSelectors } from "../objects/racks";
import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { Disk } from "../objects/disk";
import type { MemberServiceAccess } from "../objects/memberServices";
import type { PodController } from "../operations/foreignPods";
import type { RingTopology } from "../operations/ringSnapshots";
import type { CassandraRingArgs } from "./ringArgs";

/** What differs between the topologies. */
export interface RingLayout {
  /** The args as the program gave them. `checkedArgs` has not yet looked at values that are known later. */
  given: CassandraRingArgs;
  /** Value of the label `app.kubernetes.io/component`. */
  topology: string;
  /** Where the data lies. */
  disk: Disk;
  /** Kind of the controller of the pods, or `Pod` for a pod that stands alone. */
  maker: PodController["kind"];
  /** What the pods may read besides the ring record. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
  /** Racks that have a StatefulSet each. @default none: all members are in the rack of the pod's args */
  racks?: string[];
  /** Labels of the nodes of racks that are no zones. @default none */
  rackNodeSelectors?: RackNodeSelectors;
  /** How drivers from outside reach each member. @default members have no Services of their own */
  memberService?: MemberServiceAccess;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** Pods of the Kubernetes tutorials that become the members. @default none: the ring makes all of its pods */
  adopted?: AdoptedPods;
}

/** Pods that manifests of the Kubernetes tutorials have made. */
export interface AdoptedPods {
  /** Labels that they have and no other pod has. */
  selector: Record<string, string>;
  /** Whether they keep their pod template. Then everybody who reaches them today still does. */
  areKept: boolean;
  /** Imports an object that exists. */
  importExisting: pulumi.ResourceTransform;
}

/** The topology of a ring by the controller of its pods. */
export const topologyOf: Record<PodController["kind"], RingTopology> = {
  StatefulSet: "persistent",
  ReplicationController: "ephemeral",
  DaemonSet: "daemon",
  Pod: "pod",
};

/** Type tokens of all topologies. */
export const ringTypes = ["SinglePod", "EphemeralCluster", "PersistentCluster", "DaemonCluster"].map(
  (name) => `cassandra:index:${name}`,
);
