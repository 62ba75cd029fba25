import { RingEvent } from "./ringEvent";

export const changeOfMind: RingEvent = {
  title: "4 -> 3, the engine killed (-9) in the decommission, then 4 again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    scene.edit({ replicas: 3 });
    await stack.killUp(90, async () => (await stack.log("cassandra-3")).includes("decommissioning cassandra-3"));
    await stack.pulumi("cancel", "--yes");
    await scene.scaleTo(4);
  },
};
