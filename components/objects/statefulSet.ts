import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectMetadata } from "./labels";
import type { VolumeRetention } from "./storageClass";

type StatefulSetSpec = k8s.types.input.apps.v1.StatefulSetSpec;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;

/** The volume of each pod of a StatefulSet. */
export interface PodVolume {
  /** Name of the volume claim template. */
  template: string;
  /** Labels of the PersistentVolumeClaims. */
  labels: Record<string, string>;
  /** StorageClass of the volumes. @default the cluster's default class */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain" */
  volumeRetention?: VolumeRetention;
}

export interface CassandraStatefulSetArgs {
  /** Name, namespace, labels and annotations of the StatefulSet. */
  metadata: ObjectMetadata & { name: string; annotations?: Record<string, pulumi.Input<string>> };
  /** Members of the StatefulSet. */
  replicas: number;
  /** Name of the headless Service. */
  serviceName: pulumi.Input<string>;
  /** Labels that its pods have and no other pod has. */
  selector: Record<string, string>;
  /** What its pods are made from. */
  template: PodTemplateSpec;
  volume: PodVolume;
}

/** StatefulSet of Cassandra members: a whole ring, or the members of one rack. */
export function cassandraStatefulSet(args: CassandraStatefulSetArgs): k8s.apps.v1.StatefulSetArgs {
  return {
    metadata: args.metadata,
    spec: {
      replicas: args.replicas,
      serviceName: args.serviceName,
      selector: { matchLabels: args.selector },
      // This field cannot change without replacing the StatefulSet, and a first ring that forms in parallel is ready eight times sooner.
      // The scripts in the pods let later members join one after another (`decide_bootstrap.py`).
      podManagementPolicy: "Parallel",
      // The other members do not see a restarted member all at once. With three replicas of the data, a QUORUM request fails while two
      // members are not seen: the disruption budget must count a restarted member for ten seconds more.
      minReadySeconds: 10,
      // Kubernetes would delete the last pod even while another pod does not serve (Kubernetes issue 96218), and it would restart pods
      // of several StatefulSets at the same time. `RollingUpdate` in `operations/` restarts the members instead.
      updateStrategy: { type: "OnDelete" },
      persistentVolumeClaimRetentionPolicy: claimRetention(args.volume),
      template: args.template,
      volumeClaimTemplates: [volumeClaimTemplate(args.volume)],
    },
  };
}

/**
 * When Kubernetes deletes the PersistentVolumeClaims of a StatefulSet. Never because of fewer replicas: `kubectl scale` would delete the
 * data of a member that has not been decommissioned.
 */
export function claimRetention({
  volumeRetention = "retain",
}: Pick<PodVolume, "volumeRetention">): StatefulSetSpec["persistentVolumeClaimRetentionPolicy"] {
  return { whenDeleted: volumeRetention === "retain" ? "Retain" : "Delete", whenScaled: "Retain" };
}

/** What the PersistentVolumeClaim of each pod is made from. */
export function volumeClaimTemplate({
  template,
  labels,
  storageClassName,
  volumeSize,
}: PodVolume): k8s.types.input.core.v1.PersistentVolumeClaim {
  return {
    metadata: { name: template, labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: storageClassName as pulumi.Input<string>,
      resources: { requests: { storage: volumeSize } },
    },
  };
}
