import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { RingEvent } from "./ringEvent";

export const scaledByHand: RingEvent = {
  title: "`kubectl scale` to 2, then `pulumi refresh` and `up`",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = ids(await stack.oneRing(3));
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=2"]);
    await stack.serving(2);
    await stack.pulumi("refresh", "--yes");
    await scene.scaleTo(3);
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
