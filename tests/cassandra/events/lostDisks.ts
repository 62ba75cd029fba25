import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { isServing } from "../../support/stack";
import { ids, Member, RingStack } from "../../support/ringStack";
import { RingEvent, Scene } from "./ringEvent";

/** What docs/operations/replace-lost-volume.md tells to do: another pod then takes the place of its member. */
async function replace({ lab, stack }: Scene, member: number): Promise<void> {
  const [before, victim] = [await stack.oneRing(3), (await stack.pods())[member]];
  await giveUp(lab, member);
  await stack.serving(3, { gone: [victim.metadata.uid] });
  await isReplaced(stack, member, before);
}

/** Asserts that a member has another's place, under the name of its pod, and that all others are those of before. */
async function isReplaced(stack: RingStack, member: number, before: Member[]): Promise<void> {
  assert.match(await stack.log(`cassandra-${member}`), /replace: the disk of cassandra-\d is gone/);
  const known = ids(before);
  // Cassandra gives the newcomer a host ID of its own, and the tokens of the one that it replaces.
  assert.equal(ids(await stack.oneRing(3)).filter((id) => known.includes(id)).length, 2);
  await stack.says(`cassandra-${member}`, /repaired: this member has every row/, 300);
}

const giveUp = (lab: Lab, member: number) =>
  lab.kubectl(["delete", `pvc/data-cassandra-${member}`, `pod/cassandra-${member}`, "--wait=false"]);

export const lostVolume: RingEvent = {
  title: "a volume lost",
  planned: false,
  losesDisk: true,
  run: (scene) => replace(scene, 1),
};

export const lostFirstVolume: RingEvent = {
  title: "the volume of the first seed lost",
  planned: false,
  losesDisk: true,
  run: (scene) => replace(scene, 0),
};

export const lostFirstVolumeInSilence: RingEvent = {
  title: "the volume of the first seed lost while no other member runs",
  planned: false,
  losesDisk: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = await stack.oneRing(3);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=0"]);
    await stack.serving(0);
    await lab.kubectl(["delete", "pvc", "data-cassandra-0"]);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=1"]);
    await stack.says("cassandra-0", /waiting: this disk is empty, though cassandra-0 is a member/, 60);
    assert.ok(!(await stack.pods()).some(isServing), "a pod that waits must not be ready");
    // What was done by hand, the next update sets right.
    await stack.pulumi("refresh", "--yes");
    await stack.up();
    await scene.backWith(3);
    await isReplaced(stack, 0, before);
  },
};

export const lostNode: RingEvent = {
  title: "a node lost for good",
  planned: false,
  losesDisk: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = await stack.oneRing(3);
    const node = (await stack.pods())[2].spec.nodeName!;
    const victims = (await stack.pods()).filter(({ spec }) => spec.nodeName === node);
    await lab.stopNode(Number(node.replace("node", "")));
    await lab.kubectl(["delete", "node", node]);
    await giveUp(lab, 2);
    await stack.serving(3, { gone: victims.map(({ metadata }) => metadata.uid) });
    await isReplaced(stack, 2, before);
    await Lab.up({ name: lab.instance.name });
  },
};
