import { killUpdateWhen } from "../steps/killUpdate";
import { RingEvent } from "./ringEvent";

export const killedInJoin: RingEvent = {
  title: "3 -> 4, the engine killed (-9) in the join",
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    scene.edit({ replicas: 4 });
    await killUpdateWhen(scene, "cassandra-3", "bootstrap: joining the ring and streaming this member's data");
    await scene.stack.oneRing(4);
  },
};
