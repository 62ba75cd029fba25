import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { Pod } from "../../support/stack";
import { Scene } from "../events/ringEvent";

/**
 * Kills pods at the same moment, as a crash does, and waits until they are back as the members that they were.
 * @param isBack what comes once all serve again
 */
export async function killPods({ lab, stack }: Scene, victims: Pod[], isBack = () => {}): Promise<void> {
  const before = ids(await stack.oneRing(3));
  const killed = await Promise.all(
    victims.map(async ({ metadata: { name, uid }, spec }) => ({
      name,
      uid,
      node: spec.nodeName!,
      restarts: await stack.restarts(name),
    })),
  );
  for (const { node, uid } of killed) assert.ok(lab.faults.killPod(node, uid, "containers and sandbox") > 1);
  for (const { name, restarts } of killed) await stack.restarted(name, restarts + 1);
  isBack();
  assert.deepEqual(ids(await stack.oneRing(3)), before);
}
