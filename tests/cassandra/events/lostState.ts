import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { RingEvent } from "./ringEvent";

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
      /StatefulSet cassandra exists with 3 replicas and is not in the state of this stack/,
    );
    scene.edit({ replicas: 3, "kubernetes:upsertExistingObjects": "true" });
    // One pod after another is restarted: the account and the scripts that it names get other names.
    await stack.up();
    scene.edit({ "kubernetes:upsertExistingObjects": undefined });
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
