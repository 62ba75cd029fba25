import * as assert from "node:assert/strict";
import { killPods } from "../steps/killPods";
import { RingEvent } from "./ringEvent";

export const ringKilledBehindDns: RingEvent = {
  title: "the whole ring killed at once (-9), DNS behind: each starts with the old addresses of the others",
  planned: false,
  async run(scene) {
    const controllers = "kube-controller-manager";
    scene.lab.faults.pause(controllers);
    try {
      await killPods(scene, await scene.stack.pods(), () => scene.lab.faults.resume(controllers));
    } finally {
      scene.lab.faults.resume(controllers);
    }
    const logs = await Promise.all([0, 1, 2].map((i) => scene.stack.log(`cassandra-${i}`)));
    assert.ok(
      logs.some((log) => log.includes("Cassandra does not see")),
      "no member has begun with old addresses",
    );
    scene.load.moved(await scene.addresses());
  },
};
