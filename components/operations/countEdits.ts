import type * as pulumi from "@pulumi/pulumi";

const edited = new WeakSet<pulumi.Resource>();

/**
 * Notes that a hook has compared the number of members with the live one, and has told who leaves. The check at the end of a preview then
 * leaves that number alone. Without an edit no hook runs, and only the check sees that somebody has scaled by hand.
 * @param ring the component of the ring
 */
export function noteCountEdit(ring: pulumi.Resource): void {
  edited.add(ring);
}

/** Whether a hook of this preview has told of the number of members. */
export function isCountEdited(ring: pulumi.Resource): boolean {
  return edited.has(ring);
}
