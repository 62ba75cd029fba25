import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RingStack } from "../../support/ringStack";

/** Waits until the first member lists one in a state such as `UL`. */
export async function isListed(stack: RingStack, wanted: string): Promise<void> {
  for (let i = 0; !(await stack.members("cassandra-0")).some(({ state }) => state === wanted); i++) {
    assert.ok(i < 120, `no member is ${wanted}`);
    await sleep(500);
  }
}

/** Waits until a member says that it is in a mode. */
export async function isIn(stack: RingStack, pod: string, mode: string): Promise<void> {
  for (let i = 0; !(await stack.exec(pod, ["nodetool", "netstats"])).includes(`Mode: ${mode}`); i++) {
    assert.ok(i < 120, `${pod} is never ${mode}`);
    await sleep(500);
  }
}
