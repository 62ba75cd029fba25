/** Edits of which something is cut off in the middle, so that something else follows than what was begun. */
import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Pod } from "../../support/stack";
import { RingStack } from "../../support/ringStack";
import { RingEvent, Scene } from "./ringEvent";

/** Waits until the first member lists one in a state such as `UL`. */
export async function isListed(stack: RingStack, wanted: string): Promise<void> {
  for (let i = 0; !(await stack.members("cassandra-0")).some(({ state }) => state === wanted); i++) {
    assert.ok(i < 120, `no member is ${wanted}`);
    await sleep(500);
  }
}

/** Waits until a member says that it is in a mode. */
async function isIn(stack: RingStack, pod: string, mode: string): Promise<void> {
  for (let i = 0; !(await stack.exec(pod, ["nodetool", "netstats"])).includes(`Mode: ${mode}`); i++) {
    assert.ok(i < 120, `${pod} is never ${mode}`);
    await sleep(500);
  }
}

/** Kills a member's Cassandra, and waits until its container has been started again. */
async function killCassandra({ lab, stack }: Scene, { metadata, spec }: Pod): Promise<void> {
  const restarts = await stack.restarts(metadata.name);
  assert.ok(lab.killPod(spec.nodeName!, metadata.uid, "Java") > 0);
  for (let i = 0; (await stack.restarts(metadata.name)) === restarts; i++) {
    assert.ok(i < 60, `the container of ${metadata.name} does not end`);
    await sleep(1000);
  }
}

export const decommissionedByHand: RingEvent = {
  title: "`nodetool decommission` by hand, and 4 -> 3 meanwhile",
  members: 4,
  copies: 1,
  planned: true,
  keepsSingleRows: true,
  async run(scene) {
    const { stack } = scene;
    await stack.exec("cassandra-3", ["sh", "-c", "(nodetool decommission --force >/dev/null 2>&1 &)"]);
    await isListed(stack, "UL");
    await scene.scaleTo(3);
  },
};

export const decommissionedByHandAlone: RingEvent = {
  title: "`nodetool decommission` by hand, and the same edit again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    await stack.exec("cassandra-3", ["nodetool", "decommission", "--force"]);
    await scene.scaleTo(4);
  },
};

export const cutInDecommission: RingEvent = {
  title: "4 -> 3, one path cut in the decommission, the member killed (-9), and 4 -> 3 again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { lab, stack } = scene;
    const [, peer, , leaving] = await stack.pods();
    const addresses: [string, string] = [leaving.status.podIP!, peer.status.podIP!];
    scene.edit({ replicas: 3 });
    const refused = stack.refused("up", "--yes", "--skip-preview");
    await isListed(stack, "UL");
    await lab.cutPath(leaving.spec.nodeName!, addresses);
    try {
      assert.match(await refused, /cassandra-3 could not leave the ring: /);
    } finally {
      await lab.restorePath(leaving.spec.nodeName!, addresses);
    }
    await killCassandra(scene, leaving);
    await stack.serving(4);
    // Rows that are written now are in what an earlier attempt has sent already.
    await sleep(10_000);
    await scene.scaleTo(3);
  },
};

export const recordOutOfReach: RingEvent = {
  title: "4 -> 3, the record out of reach and the member killed (-9) at the end of the decommission",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    const leaving = (await stack.pods())[3];
    scene.edit({ replicas: 3 });
    const update = stack.up().catch((error: Error) => error.message);
    await isListed(stack, "UL");
    const giveBack = await stack.revokeRole();
    try {
      await isIn(stack, "cassandra-3", "DECOMMISSIONED");
      await sleep(5000);
      await killCassandra(scene, leaving);
    } finally {
      await giveBack();
    }
    await update;
    await scene.scaleTo(3);
  },
};

export const changeOfMind: RingEvent = {
  title: "4 -> 3, the engine killed (-9) in the decommission, then 4 again",
  members: 4,
  copies: 1,
  planned: false,
  async run(scene) {
    const { stack } = scene;
    scene.edit({ replicas: 3 });
    await stack.killUp(90, async () => (await stack.log("cassandra-3")).includes("decommissioning cassandra-3"));
    await stack.pulumi("cancel", "--yes");
    await scene.scaleTo(4);
  },
};
