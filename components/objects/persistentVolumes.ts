import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";
import { podAt } from "./racks";
import { VolumeRetention } from "./storageClass";

/** A folder or mounted disk on one node that becomes a static volume. */
export interface LocalVolume {
  /** The node's name, as in its label `kubernetes.io/hostname`. */
  node: string;
  /** Absolute path on that node. It must exist; Kubernetes makes it writable for the group of the pod that mounts it. */
  path: string;
}

export interface LocalVolumesArgs extends Identity {
  /** Namespace of the claims. */
  namespace: pulumi.Input<string>;
  /** Names of the sets that make the pods. */
  sets: string[];
  /** Name of the claim template; the claim of pod `x-0` is named `<template>-x-0`. */
  claim: string;
  /** The first is for the first pod, and so on, over the sets in turn; more than there are replicas wait for a later scaling. */
  disks: LocalVolume[];
  /** Capacity of each, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  storageClassName?: pulumi.Input<string | undefined>;
  /** @default "retain": the volumes outlive `pulumi destroy`, as the claims that are bound to them do. */
  volumeRetention?: VolumeRetention;
}

/** Static volumes on disks of the nodes, each bound beforehand to the claim of one member. */
export class LocalVolumes extends pulumi.ComponentResource {
  constructor(name: string, args: LocalVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:LocalVolumes", name, {}, opts);
    args.disks.forEach(({ node, path }, i) => {
      const claim = `${args.claim}-${podAt(args.sets, i)}`;
      const volume = {
        metadata: {
          name: pulumi.interpolate`${args.namespace}-${claim}`,
          // `type: local` is what the tutorials' clean-up command deletes by.
          labels: { ...labels(args), type: "local" },
        },
        spec: {
          capacity: { storage: args.volumeSize },
          accessModes: ["ReadWriteOnce"],
          // Nothing on the cluster can empty a local disk, and it may hold the only copy of a row.
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: args.storageClassName as pulumi.Input<string>,
          // Reserved for one member: a ring that is asked for later in this class cannot take its disk.
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
      // A volume that outlives the stack is a patch: the next `up` takes it over instead of failing on what it finds. By the
      // alias, a stack may change its mind about that.
      const [patch, plain] = ["PersistentVolumePatch", "PersistentVolume"].map((kind) => `kubernetes:core/v1:${kind}`);
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
