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

export const lostState: RingEvent = {
  title: "the state file lost, then taken over",
  planned: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = ids(await stack.oneRing(3));
    await stack.pulumi("stack", "rm", "--yes", "--force", "--preserve-config");
    await lab.ensureStack(stack.name);
    assert.match(
      await stack.refused("preview"),
      /StatefulSet cassandra is there, with 3 replicas, and not in the state of this stack/,
    );
    scene.edit({ replicas: 3, "kubernetes:upsertExistingObjects": "true" });
    // One pod after another is restarted: the account and the scripts that it names are made anew under other names.
    await stack.up();
    scene.edit({ "kubernetes:upsertExistingObjects": undefined });
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
