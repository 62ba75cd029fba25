import * as assert from "node:assert/strict";
import { Scene } from "../events/ringEvent";

/** Kills `pulumi up` on its way to another count once a pod has said something, and goes on as docs/operations/interrupted-update.md tells. */
export async function killUpdateWhen({ stack }: Scene, pod: string, saying: string): Promise<void> {
  await stack.killUp(90, async () => (await stack.log(pod)).includes(saying));
  await stack.pulumi("cancel", "--yes");
  assert.match(await stack.up(), /StatefulSet cassandra updated/);
}
