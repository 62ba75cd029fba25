import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { ids, Member, RingStack } from "../../support/ringStack";
import { Scene } from "../events/ringEvent";

/** What docs/operations/replace-lost-volume.md tells to do: another pod then takes the place of its member. */
export async function replaceMember({ lab, stack }: Scene, member: number): Promise<void> {
  const [before, victim] = [await stack.oneRing(3), (await stack.pods())[member]];
  await deletePodAndVolume(lab, member);
  await stack.serving(3, { gone: [victim.metadata.uid] });
  await isReplaced(stack, member, before);
}

/** Asserts that a member has another's place, under the name of its pod, and that all others are those of before. */
export async function isReplaced(stack: RingStack, member: number, before: Member[]): Promise<void> {
  assert.match(await stack.log(`cassandra-${member}`), /replace: the disk of cassandra-\d is gone/);
  const known = ids(before);
  // Cassandra gives the newcomer a host ID of its own, and the tokens of the one that it replaces.
  assert.equal(ids(await stack.oneRing(3)).filter((id) => known.includes(id)).length, 2);
  await stack.says(`cassandra-${member}`, /the repair has ended: this member has all data/, 300);
}

export const deletePodAndVolume = (lab: Lab, member: number) =>
  lab.kubectl(["delete", `pvc/data-cassandra-${member}`, `pod/cassandra-${member}`, "--wait=false"]);
