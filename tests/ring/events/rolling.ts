import * as assert from "node:assert/strict";
import { nameOf } from "../../stack";
import { ids } from "../ringStack";
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
    const [pod] = await stack.pods();
    const { spec } = await stack.get<{ spec: { containers: { image: string }[] } }>("pod", nameOf(pod));
    const [{ image }] = spec.containers;
    const nodes = await stack.get<{ items: { metadata: { name: string } }[] }>("nodes");
    for (const { metadata } of nodes.items) await lab.tagImage(metadata.name, image, `${image}-again`);
    await roll(scene, { image: `${image}-again` });
  },
};
