import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { Scene } from "../events/ringEvent";

/** Edits what all pods are made of, and looks whether all were restarted and are the members that they were. */
export async function rollMembers(scene: Scene, settings: Record<string, unknown>): Promise<void> {
  const { stack } = scene;
  const [before, members] = [await stack.pods(), ids(await stack.oneRing(3))];
  scene.edit({ replicas: 3, ...settings });
  await stack.up();
  await stack.serving(3, { gone: before.map(({ metadata }) => metadata.uid) });
  assert.deepEqual(ids(await stack.oneRing(3)), members);
}

/** Image that the first member runs. */
export async function imageOf({ stack }: Scene): Promise<string> {
  const { spec } = await stack.get<{ spec: { containers: { image: string }[] } }>("pod", "cassandra-0");
  return spec.containers[0].image;
}
