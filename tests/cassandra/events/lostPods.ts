import * as assert from "node:assert/strict";
import { nameOf, Pod } from "../../support/stack";
import { ids } from "../../support/ringStack";
import { RingEvent, Scene } from "./ringEvent";

export const podDeleted: RingEvent = {
  title: "a pod deleted",
  planned: true,
  async run({ lab, stack }) {
    const [before, [, victim]] = [ids(await stack.oneRing(3)), await stack.pods()];
    await lab.kubectl(["delete", "pod", nameOf(victim)]);
    await stack.serving(3, { gone: [victim.metadata.uid] });
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};

export const twoEvictions: RingEvent = {
  title: "two members evicted at once",
  planned: true,
  async run({ lab, stack }) {
    const [before, [first, second]] = [ids(await stack.oneRing(3)), await stack.pods()];
    const evict = (pod: Pod) => {
      const { name, namespace } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
      const input = JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } });
      return lab.kubectl(["create", "--raw", path, "-f", "-"], { input });
    };
    await evict(first);
    await assert.rejects(evict(second), /disruption budget/);
    await stack.serving(3, { gone: [first.metadata.uid] });
    const uids = (await stack.pods()).map(({ metadata }) => metadata.uid);
    assert.ok(uids.includes(second.metadata.uid), "the second one was evicted all the same");
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};

/**
 * Kills pods at the same moment, as a crash does, and waits until they are back as the members that they were.
 * @param isBack what comes once all serve again
 */
async function kill({ lab, stack }: Scene, victims: Pod[], isBack = () => {}): Promise<void> {
  const before = ids(await stack.oneRing(3));
  const killed = await Promise.all(
    victims.map(async ({ metadata: { name, uid }, spec }) => ({
      name,
      uid,
      node: spec.nodeName!,
      restarts: await stack.restarts(name),
    })),
  );
  for (const { node, uid } of killed) assert.ok(lab.killPod(node, uid, "containers and sandbox") > 1);
  for (const { name, restarts } of killed) await stack.restarted(name, restarts + 1);
  isBack();
  assert.deepEqual(ids(await stack.oneRing(3)), before);
}

export const memberKilled: RingEvent = {
  title: "a member killed (-9)",
  planned: false,
  run: async (scene) => kill(scene, [(await scene.stack.pods())[1]]),
};

export const ringKilled: RingEvent = {
  title: "the whole ring killed at once (-9)",
  planned: false,
  async run(scene) {
    await kill(scene, await scene.stack.pods());
    scene.load.moved(await scene.addresses());
  },
};

export const ringKilledBehindDns: RingEvent = {
  title: "the whole ring killed at once (-9), DNS behind: each starts with the old addresses of the others",
  planned: false,
  async run(scene) {
    const controllers = "kube-controller-manager";
    scene.lab.pause(controllers);
    try {
      await kill(scene, await scene.stack.pods(), () => scene.lab.resume(controllers));
    } finally {
      scene.lab.resume(controllers);
    }
    const logs = await Promise.all([0, 1, 2].map((i) => scene.stack.log(`cassandra-${i}`)));
    assert.ok(
      logs.some((log) => log.includes("Cassandra does not see")),
      "no member has begun with old addresses",
    );
    scene.load.moved(await scene.addresses());
  },
};
