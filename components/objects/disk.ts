import type * as pulumi from "@pulumi/pulumi";

/**
 * Where the data of each member lies, which decides how long the data lives.
 * - `persistentVolumeClaim`: a volume for each pod of a StatefulSet. A replaced pod finds its data again, and the data outlives
 *   `pulumi destroy` unless `volumeRetention` says otherwise.
 * - `hostPath`: a folder of the node. Any later pod on that node finds the data again, and the data outlives `pulumi destroy`.
 * - `emptyDir`: the pod itself. The data goes when the pod goes.
 */
export type Disk =
  | {
      kind: "persistentVolumeClaim";
      /** Name of the volume claim template; the PersistentVolumeClaim of pod `x-0` is named `<template>-x-0`. */
      template: string;
    }
  | {
      kind: "hostPath";
      /** Absolute path of the folder on each node. */
      path: pulumi.Input<string>;
    }
  | { kind: "emptyDir" };

/** Where the data of a member lies that has a volume of its own. */
export type ClaimedDisk = Extract<Disk, { kind: "persistentVolumeClaim" }>;

/** Whether each member has a PersistentVolumeClaim. Only pods of a StatefulSet have one, and only they have ordinals. */
export const isClaimed = (disk: Disk): disk is ClaimedDisk => disk.kind === "persistentVolumeClaim";

/** Whether a pod that follows another one finds its data, so that the data need not be streamed to other members first. */
export const outlivesPod = (disk: Disk): boolean => disk.kind !== "emptyDir";

/**
 * Whether the ring record stays after `pulumi destroy`. PersistentVolumeClaims own the record, and Kubernetes deletes it with the last
 * of them. Folders of nodes can own nothing, so that record would stay for ever.
 */
export const keepsRecord = (disk: Disk): boolean => isClaimed(disk);
