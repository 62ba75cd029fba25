import { setTimeout as sleep } from "node:timers/promises";
import { killCassandra } from "../steps/killCassandra";
import { isIn, isListed } from "../steps/modes";
import { RingEvent } from "./ringEvent";

export const recordOutOfReach: RingEvent = {
  title: "4 -> 3, the record out of reach and the member killed (-9) at the end of the decommission",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    const leaving = (await stack.pods())[3];
    scene.edit({ replicas: 3 });
    const update = stack.up().catch((error: Error) => error.message);
    await isListed(stack, "UL");
    const giveBack = await stack.revokeRole();
    try {
      await isIn(stack, "cassandra-3", "DECOMMISSIONED");
      await sleep(5000);
      await killCassandra(scene, leaving);
    } finally {
      await giveBack();
    }
    await update;
    await scene.scaleTo(3);
  },
};
