import * as assert from "node:assert/strict";
import { isServing } from "../../support/stack";
import { isReplaced } from "../steps/replaceMember";
import { RingEvent } from "./ringEvent";

export const lostFirstVolumeInSilence: RingEvent = {
  title: "the volume of the first seed lost while no other member runs",
  planned: false,
  losesDisk: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = await stack.oneRing(3);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=0"]);
    await stack.serving(0);
    await lab.kubectl(["delete", "pvc", "data-cassandra-0"]);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=1"]);
    await stack.says("cassandra-0", /waiting: this disk is empty, though cassandra-0 is a member/, 60);
    assert.ok(!(await stack.pods()).some(isServing), "a pod that waits must not be ready");
    // What was done by hand, the next update sets right.
    await stack.pulumi("refresh", "--yes");
    await stack.up();
    await scene.backWith(3);
    await isReplaced(stack, 0, before);
  },
};
