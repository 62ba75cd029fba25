import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RingStack } from "../ringStack";
import { RingEvent } from "./ringEvent";

/** Waits until the ring knows that a member leaves. */
async function isLeaving(stack: RingStack): Promise<void> {
  for (let i = 0; !(await stack.members("cassandra-0")).some(({ state }) => state === "UL"); i++) {
    assert.ok(i < 60, "no member leaves");
    await sleep(500);
  }
}

export const failedDecommission: RingEvent = {
  title: "4 -> 3, the network cut in the decommission",
  members: 4,
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const { spec, status } = (await stack.pods())[3];
    scene.edit({ replicas: 3 });
    const refused = stack.refused("up", "--yes", "--skip-preview");
    await isLeaving(stack);
    await lab.cutNetwork(spec.nodeName!, status.podIP!);
    try {
      assert.match(await refused, /cassandra-3 could not leave the ring: /);
    } finally {
      await lab.mendNetwork(spec.nodeName!, status.podIP!);
    }
    // It is a member as before, and of the update nothing has come about.
    await stack.serving(4);
    await scene.scaleTo(3);
  },
};
