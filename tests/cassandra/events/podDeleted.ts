import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { nameOf } from "../../support/stack";
import { RingEvent } from "./ringEvent";

export const podDeleted: RingEvent = {
  title: "a pod deleted",
  planned: true,
  async run({ lab, stack }) {
    const [before, [, victim]] = [ids(await stack.oneRing(3)), await stack.pods()];
    await lab.kubectl(["delete", "pod", nameOf(victim)]);
    await stack.serving(3, { gone: [victim.metadata.uid] });
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
