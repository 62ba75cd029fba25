import { RingEvent } from "./ringEvent";

export const scalingToOne: RingEvent = {
  title: "1 -> 3 -> 5 -> 2 -> 1",
  members: 1,
  copies: 1,
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    for (const replicas of [3, 5, 2, 1]) await scene.scaleTo(replicas);
  },
};
