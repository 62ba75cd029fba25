import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ids } from "../../support/ringStack";
import { imageOf } from "../steps/rollMembers";
import { RingEvent } from "./ringEvent";

export const badImage: RingEvent = {
  title: "an image that does not start, and the one before it again",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const [image, members, before] = [await imageOf(scene), ids(await stack.oneRing(3)), await stack.pods()];
    const missing = `${image}-missing`;
    scene.edit({ replicas: 3, image: missing });
    const waits = "{.status.containerStatuses[0].state.waiting.reason}";
    await stack.killUp(120, async () => {
      const why = await lab.kubectl(["get", "pod", "cassandra-2", "-o", `jsonpath=${waits}`]).catch(() => "");
      return /^(ErrImagePull|ImagePullBackOff)$/.test(why);
    });
    // The others are left as they are for as long as the first one does not come back.
    await sleep(15_000);
    const uids = async () => (await stack.pods()).slice(0, 2).map(({ metadata: { uid } }) => uid);
    assert.deepEqual(
      await uids(),
      before.slice(0, 2).map(({ metadata: { uid } }) => uid),
    );
    await stack.pulumi("cancel", "--yes");
    await stack.pulumi("refresh", "--yes");
    scene.edit({ image });
    assert.match(await stack.up(), /cassandra-2 does not serve, so no snapshot of it is taken/);
    await stack.serving(3);
    assert.deepEqual(ids(await stack.oneRing(3)), members);
    assert.deepEqual(
      await uids(),
      before.slice(0, 2).map(({ metadata: { uid } }) => uid),
    );
  },
};
