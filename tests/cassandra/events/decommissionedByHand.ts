import { isListed } from "../steps/modes";
import { RingEvent } from "./ringEvent";

export const decommissionedByHand: RingEvent = {
  title: "`nodetool decommission` by hand, and 4 -> 3 meanwhile",
  members: 4,
  copies: 1,
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    const { stack } = scene;
    await stack.exec("cassandra-3", ["sh", "-c", "(nodetool decommission --force >/dev/null 2>&1 &)"]);
    await isListed(stack, "UL");
    await scene.scaleTo(3);
  },
};
