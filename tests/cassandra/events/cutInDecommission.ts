import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { killCassandra } from "../steps/killCassandra";
import { isListed } from "../steps/modes";
import { RingEvent } from "./ringEvent";

export const cutInDecommission: RingEvent = {
  title: "4 -> 3, one path cut in the decommission, the member killed (-9), and 4 -> 3 again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { lab, stack } = scene;
    const [, peer, , leaving] = await stack.pods();
    const addresses: [string, string] = [leaving.status.podIP!, peer.status.podIP!];
    scene.edit({ replicas: 3 });
    const refused = stack.refused("up", "--yes", "--skip-preview");
    await isListed(stack, "UL");
    await lab.faults.cutPath(leaving.spec.nodeName!, addresses);
    try {
      assert.match(await refused, /cassandra-3 could not leave the ring: /);
    } finally {
      await lab.faults.restorePath(leaving.spec.nodeName!, addresses);
    }
    await killCassandra(scene, leaving);
    await stack.serving(4);
    // Rows that are written now are in what an earlier attempt has sent already.
    await sleep(10_000);
    await scene.scaleTo(3);
  },
};
