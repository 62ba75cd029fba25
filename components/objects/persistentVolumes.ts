import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { Identity, labels } from "./labels";
import { podAt } from "./racks";
import type { VolumeRetention } from "./storageClass";

/** A folder or mounted disk of one node that becomes a static volume. */
export interface LocalVolume {
  /** Name of the node, as in its label `kubernetes.io/hostname`. */
  node: string;
  /** Absolute path on that node. It must exist; Kubernetes makes it writable for the group of the pod that mounts it. */
  path: string;
}

export interface LocalVolumesArgs extends Identity {
  /** Namespace of the PersistentVolumeClaims. */
  namespace: pulumi.Input<string>;
  /** Names of the StatefulSets of the ring. */
  sets: string[];
  /** Name of the volume claim template; the PersistentVolumeClaim of pod `x-0` is named `<template>-x-0`. */
  claim: string;
  /** The disks, in the order of the pods, over the StatefulSets in turn. There may be more than replicas, for a later scale-up. */
  disks: LocalVolume[];
  /** Capacity of each volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** StorageClass of the volumes. @default the cluster's default class */
  storageClassName?: pulumi.Input<string | undefined>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they stay, as the PersistentVolumeClaims do */
  volumeRetention?: VolumeRetention;
}

/** Static volumes on disks of the nodes, each bound beforehand to the PersistentVolumeClaim of one member. */
export class LocalVolumes extends pulumi.ComponentResource {
  constructor(name: string, given: LocalVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("LocalVolumes", name, given);
    super("cassandra:index:LocalVolumes", name, {}, opts);
    // A volume that stays after `pulumi destroy` is a patch: the next `up` takes it over, where a plain volume would fail. The alias lets
    // a stack change its `volumeRetention`.
    const [patch, plain] = ["PersistentVolumePatch", "PersistentVolume"].map((kind) => `kubernetes:core/v1:${kind}`);
    args.disks.forEach((disk, i) => {
      const volume = localPersistentVolume(args, disk, `${args.claim}-${podAt(args.sets, i)}`);
      if (args.volumeRetention === "delete") {
        new k8s.core.v1.PersistentVolume(`${name}-${i}`, volume, { parent: this, aliases: [{ type: patch }] });
      } else {
        new k8s.core.v1.PersistentVolumePatch(`${name}-${i}`, volume, {
          parent: this,
          retainOnDelete: true,
          aliases: [{ type: plain }],
        });
      }
    });
    this.registerOutputs({});
  }
}

/** PersistentVolume on the disk of a node. @param claim name of the PersistentVolumeClaim that it is for */
function localPersistentVolume(args: LocalVolumesArgs, { node, path }: LocalVolume, claim: string) {
  return {
    metadata: {
      name: pulumi.interpolate`${args.namespace}-${claim}`,
      // The clean-up command of the tutorials deletes by `type: local`.
      labels: { ...labels(args), type: "local" },
    },
    spec: {
      capacity: { storage: args.volumeSize },
      accessModes: ["ReadWriteOnce"],
      // Kubernetes has nothing that empties a local disk, and the disk may hold the only replica of some data.
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: args.storageClassName as pulumi.Input<string>,
      // Reserved for one member: a later ring with the same StorageClass cannot take the disk.
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: args.namespace, name: claim },
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
          ],
        },
      },
    },
  };
}
