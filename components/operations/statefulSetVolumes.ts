import * as pulumi from "@pulumi/pulumi";

/** Annotations of a StatefulSet: what its claim template says, which the provider is told to leave alone (`neverReplaced`). */
export const sizeAnnotation = "cassandra/volume-size";
export const classAnnotation = "cassandra/storage-class";
/** Annotation of a set that was made anew around its pods: the UID of the one before, which the state still holds. */
export const formerUid = "cassandra/former-uid";

export interface VolumesArgs {
  /** Size of each pod's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
}

/** Annotations with which a StatefulSet tells the hook below what its claims are to be. */
export function volumeAnnotations({ volumeSize, storageClassName }: VolumesArgs): Record<string, pulumi.Input<string>> {
  return {
    [sizeAnnotation]: volumeSize,
    [classAnnotation]: pulumi.output(storageClassName).apply((name) => name ?? ""),
  };
}

/**
 * Options of every StatefulSet. These fields can never change, so the provider would delete the set for a change of one, and with it
 * its pods; and it would delete first. It is told to leave the fields as they are, and where something else still has it replace the
 * set (`--replace`, a taint, another cluster), to begin with the new one, which a hook refuses.
 * @param isLeft whether an edit may leave the set behind for one of another name, which is not to have the old one's
 */
export function neverReplaced(isLeft = false): { ignoreChanges: string[]; deleteBeforeReplace: false } {
  const ofName = ["spec.selector", "spec.serviceName"];
  const fixed = ["spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.volumeClaimTemplates"];
  return { ignoreChanges: [...(isLeft ? [] : ofName), ...fixed], deleteBeforeReplace: false };
}

/** Whether a live object is the one of that UID, or was made anew in its place. */
export function isKnownAs(
  metadata: { uid?: string; annotations?: Record<string, string> },
  uid: string | undefined,
): boolean {
  return metadata.uid === uid || (uid !== undefined && metadata.annotations?.[formerUid] === uid);
}
