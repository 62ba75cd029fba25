import { RingEvent } from "./ringEvent";

export const decommissionedByHandAlone: RingEvent = {
  title: "`nodetool decommission` by hand, and the same edit again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    await stack.exec("cassandra-3", ["nodetool", "decommission", "--force"]);
    await scene.scaleTo(4);
  },
};
