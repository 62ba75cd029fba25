import * as assert from "node:assert/strict";
import { RingEvent, Scene } from "./ringEvent";

/** Kills `pulumi up` on its way to another count once a pod has said something, and goes on as docs/operations/interrupted-update.md tells. */
async function killWhen({ stack }: Scene, pod: string, saying: string): Promise<void> {
  await stack.killUp(90, async () => (await stack.log(pod)).includes(saying));
  await stack.pulumi("cancel", "--yes");
  assert.match(await stack.up(), /StatefulSet cassandra updated/);
}

export const killedInDecommission: RingEvent = {
  title: "4 -> 3, the engine killed (-9) in the decommission",
  members: 4,
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    scene.edit({ replicas: 3 });
    await killWhen(scene, "cassandra-3", "decommissioning cassandra-3");
    await scene.stack.oneRing(3);
  },
};

export const killedInJoin: RingEvent = {
  title: "3 -> 4, the engine killed (-9) in the join",
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    scene.edit({ replicas: 4 });
    await killWhen(scene, "cassandra-3", "join: streaming this member's share");
    await scene.stack.oneRing(4);
  },
};
