import * as assert from "node:assert/strict";
import { isListed } from "../steps/modes";
import { RingEvent } from "./ringEvent";

export const failedDecommission: RingEvent = {
  title: "4 -> 3, the network cut in the decommission",
  members: 4,
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const { spec, status } = (await stack.pods())[3];
    scene.edit({ replicas: 3 });
    const refused = stack.refused("up", "--yes", "--skip-preview");
    await isListed(stack, "UL");
    await lab.faults.cutNetwork(spec.nodeName!, status.podIP!);
    try {
      assert.match(await refused, /cassandra-3 could not leave the ring: /);
    } finally {
      await lab.faults.restoreNetwork(spec.nodeName!, status.podIP!);
    }
    // It is a member as before, and of the update nothing has come about.
    await stack.serving(4);
    await scene.scaleTo(3);
  },
};
