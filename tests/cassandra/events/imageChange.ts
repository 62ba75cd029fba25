import * as assert from "node:assert/strict";
import { nameOf } from "../../support/stack";
import { imageOf, rollMembers } from "../steps/rollMembers";
import { RingEvent } from "./ringEvent";

export const imageChange: RingEvent = {
  title: "another image",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const image = await imageOf(scene);
    const nodes = await stack.get<{ items: { metadata: { name: string } }[] }>("nodes");
    for (const { metadata } of nodes.items) await lab.tagImage(metadata.name, image, `${image}-again`);
    await rollMembers(scene, { image: `${image}-again` });
    for (const pod of (await stack.pods()).map(nameOf))
      assert.match(
        await stack.exec(pod, ["nodetool", "listsnapshots"]),
        /^before-\S+-again-from-\S+-\d{8}T\d{6}Z +rows +numbers /m,
      );
  },
};
