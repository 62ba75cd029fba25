import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Pod } from "../../support/stack";
import { Scene } from "../events/ringEvent";

/** Kills a member's Cassandra, and waits until its container has been started again. */
export async function killCassandra({ lab, stack }: Scene, { metadata, spec }: Pod): Promise<void> {
  const restarts = await stack.restarts(metadata.name);
  assert.ok(lab.faults.killPod(spec.nodeName!, metadata.uid, "Java") > 0);
  for (let i = 0; (await stack.restarts(metadata.name)) === restarts; i++) {
    assert.ok(i < 60, `the container of ${metadata.name} does not end`);
    await sleep(1000);
  }
}
