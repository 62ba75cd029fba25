import * as assert from "node:assert/strict";
import { RingEvent } from "./ringEvent";

export const scaling: RingEvent = {
  title: "3 -> 4 -> 3 -> 4",
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    const grown = await scene.scaleTo(4);
    assert.match(grown, /replicas 3 -> 4: `nodetool cleanup` has run on the older members/);
    const shrunk = await scene.scaleTo(3);
    assert.match(shrunk, /cassandra-3 has left the ring: the other members hold its data/);
    await scene.scaleTo(4);
  },
};
