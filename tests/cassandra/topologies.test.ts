import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { nameOf, smallMembers } from "../support/stack";
import { ids, inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;

describe("several topologies on real nodes", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  const configure = (settings: Record<string, unknown>) => stack.configure({ ...smallMembers, ...settings });
  const daemon = { nodeSelector: { app: "cassandra" }, hostPath: "/var/lib/ring" };
  const component = (topology: string) => `app.kubernetes.io/component=${topology}`;

  inRingLab((made) => ({ lab, stack } = made));

  it("@all deleting any pod of one ring changes neither the pods nor the members of the other", async () => {
    configure({ topologies: ["ephemeral", "persistent"], replicas: 2, volumeRetention: "delete" });
    await stack.up();
    const rings = ["ephemeral", "persistent"].map((topology) => component(topology));
    for (const ring of rings) await stack.writeRows(nameOf((await stack.pods(ring))[0]), 1000);
    for (const [ring, other] of [rings, [...rings].reverse()]) {
      const others = { pods: await stack.pods(other), members: ids(await stack.oneRing(2, other)) };
      for (const victim of await stack.pods(ring)) {
        // A pod of the ephemeral ring stays until another one has joined and taken its rows over.
        await lab.kubectl(["delete", "pod", nameOf(victim)], { timeout: 5 * minutes });
        await stack.serving(2, { gone: [victim.metadata.uid], selector: ring });
        await stack.oneRing(2, ring);
        await stack.everyPodCounts(1000, ring);
      }
      assert.deepEqual(
        (await stack.pods(other)).map(({ metadata }) => metadata.uid),
        others.pods.map(({ metadata }) => metadata.uid),
      );
      assert.deepEqual(ids(await stack.oneRing(2, other)), others.members);
      await stack.everyPodCounts(1000, other);
    }
    await stack.destroy();
    await stack.serving(0);
  });

  it("daemons find their data again in folders of their nodes, after destroy and up", async () => {
    configure({ topologies: ["daemon"], daemon });
    await lab.kubectl(["label", "node", "node1", "node2", "app=cassandra"]);
    await stack.up();
    await stack.serving(2);
    const before = ids(await stack.oneRing(2));
    await stack.writeRows(nameOf((await stack.pods())[0]), 1000);
    await stack.destroy();
    await stack.serving(0);
    await stack.up();
    await stack.serving(2);
    assert.deepEqual(ids(await stack.oneRing(2)), before);
    await stack.everyPodCounts(1000);
  });

  it("@all a daemon decommissions when its node leaves, though the folder stays", async () => {
    await lab.kubectl(["label", "node", "node2", "app-"]);
    await stack.serving(1);
    await stack.oneRing(1);
    await stack.everyPodCounts(1000);
    await stack.destroy();
  });
});
