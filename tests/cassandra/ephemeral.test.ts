import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { isServing, nameOf, smallMembers } from "../support/stack";
import { ids, inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;

describe("the ephemeral ring, whose members keep their data in their pods", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;

  let cpu = smallMembers.cpu;
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, cpu, topologies: ["ephemeral"], ...settings });

  async function scaleTo(replicas: number): Promise<void> {
    configure({ replicas });
    await stack.up();
  }

  /** Waits until all pods are deleted. No member is left to stream rows to. */
  const gone = () => lab.kubectl(["wait", "--for=delete", "pod", "-l", "app=cassandra", "--timeout=60s"]);

  inRingLab((made) => ({ lab, stack } = made));

  it("makes a ring of one, with 10,000 rows of one copy each", async () => {
    await scaleTo(1);
    const [first] = await stack.pods();
    await stack.writeRows(nameOf(first), 10_000);
  });

  it("@all takes another password, and no pod is replaced", async () => {
    const before = (await stack.pods()).map(({ metadata }) => metadata.uid);
    await stack.pulumi("config", "set", "--secret", "superuserPassword", "correct-horse.battery");
    await stack.up();
    assert.deepEqual(
      (await stack.pods()).map(({ metadata }) => metadata.uid),
      before,
    );
    await stack.everyPodCounts(10_000);
    await stack.unset("superuserPassword");
    await stack.up();
    await stack.everyPodCounts(10_000);
  });

  scales(4, "@all ");
  scales(2);

  it("@all replaces its pods one at a time when their template changes", async () => {
    const before = (await stack.pods()).map(({ metadata }) => metadata.uid);
    let fewest = 2;
    let rolling = true;
    const watcher = (async () => {
      while (rolling) {
        fewest = Math.min(fewest, (await stack.pods()).filter(isServing).length);
        await sleep(500);
      }
    })();
    cpu = "150m";
    configure({ replicas: 2 });
    const said = await stack.up().finally(() => (rolling = false));
    await watcher;
    assert.equal(new Set(said.match(/replacing cassandra-\S+/g)).size, 2, said);
    assert.equal(fewest, 1, "only one pod at a time may be away");
    await stack.serving(2, { gone: before });
    await stack.oneRing(2);
    await stack.everyPodCounts(10_000);
  });

  scales(4, "@all ");

  function scales(replicas: number, mark = ""): void {
    it(`${mark}scales to ${replicas} members, and no row is missing`, async () => {
      await scaleTo(replicas);
      await stack.oneRing(replicas);
      await stack.everyPodCounts(10_000);
    });
  }

  it("does not decommission when a container is stopped and started, as a probe does it", async () => {
    const pods = await stack.pods();
    const [{ metadata, spec }] = pods;
    const before = ids(await stack.oneRing(pods.length));
    // What the kubelet does: the preStop hook, then the end of the container.
    await stack.exec(metadata.name, ["/ring/pre-stop.sh"]);
    assert.ok(lab.faults.killPod(spec.nodeName!, metadata.uid, "containers") > 0);
    await stack.restarted(metadata.name, 1);
    assert.deepEqual(ids(await stack.oneRing(pods.length)), before);
    await stack.everyPodCounts(10_000);
  });

  it("@all loses no row when Cassandra is killed in the middle of a decommission", async () => {
    const pods = await stack.pods();
    const [{ metadata }] = pods;
    await lab.kubectl(["delete", "pod", metadata.name, "--wait=false"]);
    for (let i = 0; !/decommissioning \S+: its data is streamed/.test(await stack.log(metadata.name)); i++) {
      assert.ok(i < 100, await stack.log(metadata.name));
      await sleep(500);
    }
    await stack.exec(metadata.name, ["sh", "-c", 'kill -9 $(cat "${TMPDIR:-/tmp}/cassandra.pid")']);
    await stack.serving(pods.length, { gone: [metadata.uid] });
    await stack.oneRing(pods.length);
    await stack.everyPodCounts(10_000);
  });

  it("@all takes a member back whose container and sandbox were killed", async () => {
    const before = ids(await stack.oneRing(4));
    const [, { metadata, spec, status }] = await stack.pods();
    assert.ok(lab.faults.killPod(spec.nodeName!, metadata.uid, "containers and sandbox") > 1);
    await stack.restarted(metadata.name, 1);
    const again = (await stack.pods()).find(({ metadata: { uid } }) => uid === metadata.uid);
    assert.notEqual(again?.status.podIP, status.podIP, "a new sandbox has a new address");
    assert.deepEqual(ids(await stack.oneRing(4)), before);
    await stack.everyPodCounts(10_000);
  });

  it("is destroyed at once", async () => {
    await stack.destroy();
    await gone();
  });

  it("@all replaces a member that died with its node's disk, from the other replicas", async () => {
    await scaleTo(3);
    const [pod, victim] = await stack.pods();
    await stack.writeRows(nameOf(pod), 1000, 2);
    const before = await stack.oneRing(3);
    await lab.kubectl(["delete", "pod", nameOf(victim), "--grace-period=0", "--force"]);
    await stack.serving(3, { gone: [victim.metadata.uid] });
    const after = await stack.oneRing(3);
    assert.equal(ids(after).filter((id) => ids(before).includes(id)).length, 2, "two members stay who they were");
    await stack.everyPodCounts(1000);
  });

  it("@all goes at once when it is scaled to nothing by hand, and the next up creates it again", async () => {
    await lab.kubectl(["scale", "rc", "cassandra", "--replicas=0"]);
    await gone();
    await stack.pulumi("refresh", "--yes");
    await stack.up();
    await stack.serving(3);
    await stack.oneRing(3);
    await stack.destroy();
  });

  it("@all forms exactly one ring of four pods that start at once, ten times", async () => {
    for (let i = 0; i < 10; i++) {
      await scaleTo(4);
      await stack.oneRing(4);
      await stack.destroy();
      await gone();
    }
  });

  it("@all forms exactly one ring of eight", async () => {
    await scaleTo(8);
    await stack.oneRing(8);
    await stack.destroy();
    await gone();
  });
});
