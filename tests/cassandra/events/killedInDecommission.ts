import { killUpdateWhen } from "../steps/killUpdate";
import { RingEvent } from "./ringEvent";

export const killedInDecommission: RingEvent = {
  title: "4 -> 3, the engine killed (-9) in the decommission",
  members: 4,
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    scene.edit({ replicas: 3 });
    await killUpdateWhen(scene, "cassandra-3", "decommissioning cassandra-3");
    await scene.stack.oneRing(3);
  },
};
