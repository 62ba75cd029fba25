import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { RingEvent } from "./ringEvent";

export const recreated: RingEvent = {
  title: "`pulumi destroy`, then `up` on the kept volumes",
  planned: false,
  async run(scene) {
    const { stack } = scene;
    const before = ids(await stack.oneRing(3));
    await stack.destroy();
    await stack.serving(0);
    await stack.up();
    await scene.backWith(3);
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
