import type * as pulumi from "@pulumi/pulumi";
import type { MemberServiceAccess } from "../objects/memberServices";
import type { LocalVolume } from "../objects/persistentVolumes";
import type { VolumeRetention } from "../objects/storageClass";
import type { AdoptedTemplate } from "../operations/adoption";
import type { CassandraRingArgs } from "./ringArgs";

/** What a ring takes whose members keep their data on a volume each. */
export interface PersistentClusterArgs extends CassandraRingArgs {
  /** Members of the ring, at least 1. Known when the program runs: it decides what an edit means for the data. */
  replicas: number;
  /**
   * Racks, each with a StatefulSet of its own. All racks have as many members, so that `replicas` is a multiple of the number of racks.
   * The racks and their order can never change. @default one StatefulSet, whose pods the scheduler spreads
   */
  racks?: string[];
  /** Labels of the nodes of racks that are no zones, by the name of the rack. @default the zone (topology.kubernetes.io/zone) of its name */
  rackNodeSelectors?: Record<string, Record<string, string>>;
  /**
   * Gives each member an address of its own, at which drivers from outside the Kubernetes cluster reach it. Every driver is then told these
   * addresses, inside as well. @default members are known by the addresses of their pods, which only clients inside can reach
   */
  memberService?: MemberServiceAccess;
  /** StorageClass of the volumes; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each member's volume, a Kubernetes quantity such as `10Gi`. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they stay */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes that become static volumes, at least one for each member. @default none: the StorageClass provisions volumes */
  localVolumes?: LocalVolume[];
  /**
   * Takes over the StatefulSet and the Service of that name that manifests of the Kubernetes tutorials have made. Their pods stay as they
   * are (`kept`), or restart with the template of this component (`own`). Keep it set from then on. @default there is nothing to take over
   */
  adopt?: AdoptedTemplate;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}
