import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { nameOf } from "../../support/stack";
import { ids } from "../../support/ringStack";
import { RingEvent, Scene } from "./ringEvent";

/** Edits what all pods are made of, and looks whether all were restarted and are the members that they were. */
async function roll(scene: Scene, settings: Record<string, unknown>): Promise<void> {
  const { stack } = scene;
  const [before, members] = [await stack.pods(), ids(await stack.oneRing(3))];
  scene.edit({ replicas: 3, ...settings });
  await stack.up();
  await stack.serving(3, { gone: before.map(({ metadata }) => metadata.uid) });
  assert.deepEqual(ids(await stack.oneRing(3)), members);
}

export const configChange: RingEvent = {
  title: "a change of configuration (heap)",
  planned: true,
  run: (scene) => roll(scene, { maxHeap: "520M" }),
};

export const imageChange: RingEvent = {
  title: "another image",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const image = await imageOf(scene);
    const nodes = await stack.get<{ items: { metadata: { name: string } }[] }>("nodes");
    for (const { metadata } of nodes.items) await lab.tagImage(metadata.name, image, `${image}-again`);
    await roll(scene, { image: `${image}-again` });
    for (const pod of (await stack.pods()).map(nameOf))
      assert.match(
        await stack.exec(pod, ["nodetool", "listsnapshots"]),
        /^before-\S+-again-from-\S+-\d{8}T\d{6}Z +rows +numbers /m,
      );
  },
};

export const badImage: RingEvent = {
  title: "an image that does not start, and the one before it again",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const [image, members, before] = [await imageOf(scene), ids(await stack.oneRing(3)), await stack.pods()];
    const missing = `${image}-missing`;
    scene.edit({ replicas: 3, image: missing });
    const waits = "{.status.containerStatuses[0].state.waiting.reason}";
    await stack.killUp(120, async () => {
      const why = await lab.kubectl(["get", "pod", "cassandra-2", "-o", `jsonpath=${waits}`]).catch(() => "");
      return /^(ErrImagePull|ImagePullBackOff)$/.test(why);
    });
    // The others are left as they are for as long as the first one does not come back.
    await sleep(15_000);
    const uids = async () => (await stack.pods()).slice(0, 2).map(({ metadata: { uid } }) => uid);
    assert.deepEqual(
      await uids(),
      before.slice(0, 2).map(({ metadata: { uid } }) => uid),
    );
    await stack.pulumi("cancel", "--yes");
    await stack.pulumi("refresh", "--yes");
    scene.edit({ image });
    assert.match(await stack.up(), /cassandra-2 does not serve, and keeps no snapshot/);
    await stack.serving(3);
    assert.deepEqual(ids(await stack.oneRing(3)), members);
    assert.deepEqual(
      await uids(),
      before.slice(0, 2).map(({ metadata: { uid } }) => uid),
    );
  },
};

/** Image that the first member runs. */
async function imageOf({ stack }: Scene): Promise<string> {
  const { spec } = await stack.get<{ spec: { containers: { image: string }[] } }>("pod", "cassandra-0");
  return spec.containers[0].image;
}
