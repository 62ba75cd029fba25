import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { isServing, nameOf, smallMembers } from "../support/stack";
import { ids, inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;
const rows = 1000;

describe("a ring in racks, one in each zone", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  const racks = ["zone-a", "zone-b", "zone-c"];
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", racks, ...settings });

  /** For each zone its members, as a member tells. */
  async function zones(): Promise<Record<string, number>> {
    const said = await stack.exec("cassandra-zone-a-0", ["nodetool", "status"]);
    const found = said.match(/^UN .*$/gm)?.map((line) => line.trim().split(/\s+/).at(-1)!) ?? [];
    return Object.fromEntries([...new Set(found)].sort().map((zone) => [zone, found.filter((z) => z === zone).length]));
  }

  inRingLab((made) => ({ lab, stack } = made));

  it("forms one even ring, a member in each zone", async () => {
    configure({ replicas: 3 });
    await stack.up();
    await stack.oneRing(3);
    assert.deepEqual(await zones(), { "zone-a": 1, "zone-b": 1, "zone-c": 1 });
    const labels = await lab.kubectl(["get", "nodes", "-L", "topology.kubernetes.io/zone", "--no-headers"]);
    const zoneOf = Object.fromEntries(
      labels
        .trim()
        .split("\n")
        .map((line) => [line.split(/\s+/)[0], line.split(/\s+/)[5]]),
    );
    for (const pod of await stack.pods()) assert.equal(nameOf(pod), `cassandra-${zoneOf[pod.spec.nodeName!]}-0`);
    await stack.writeRows("cassandra-zone-a-0", rows);
    for (const { owns } of await stack.members("cassandra-zone-b-0", "rows")) assert.equal(owns, "33.3%");
  });

  it("@all lets the clients reach CQL that clientsFrom names, and nobody else", async () => {
    configure({ replicas: 3, clientsFrom: [...smallMembers.clientsFrom, { podLabels: { role: "reader" } }] });
    await stack.up();
    await stack.bystander("reader", "--labels=role=reader");
    await stack.bystander("writer", "--labels=role=writer");
    for (const member of await stack.pods()) {
      assert.deepEqual(await stack.reachable("reader", member, [7000, 9042]), [9042]);
      assert.deepEqual(await stack.reachable("writer", member, [7000, 9042]), []);
    }
    await lab.kubectl(["delete", "pod", "reader", "writer", "--now"]);
  });

  it("@all serves every QUORUM request while a zone loses its power", async () => {
    const before = ids(await stack.oneRing(3));
    const { failures, longestSilence } = await stack.underLoad({}, async () => {
      await lab.faults.killNode(1);
      // Longer than members and clients take to notice.
      await sleep(40_000);
      assert.equal((await stack.members("cassandra-zone-c-0")).filter(({ state }) => state === "DN").length, 1);
      await Lab.up({ name: lab.instance.name });
      await stack.serving(3);
      assert.deepEqual(ids(await stack.oneRing(3)), before);
    });
    console.log(`      longest silence ${(longestSilence / 1000).toFixed(1)} s`);
    assert.deepEqual(failures, []);
    await stack.everyPodCounts(rows);
  });

  it("@all grows evenly, one member at a time over all racks", async () => {
    configure({ replicas: 4 });
    assert.match(
      await stack.refused("preview"),
      /cassandra:replicas: invalid value "4" with the racks .*: must be a multiple of 3/,
    );
    configure({ replicas: 6 });
    const { failures } = await stack.underLoad({ singleRows: rows }, async () => {
      await stack.up();
    });
    assert.deepEqual(failures, []);
    await stack.oneRing(6);
    assert.deepEqual(await zones(), { "zone-a": 2, "zone-b": 2, "zone-c": 2 });
    for (const { owns } of await stack.members("cassandra-zone-a-0", "load"))
      assert.ok(Math.abs(parseFloat(owns) - 50) < 8, owns);
    await stack.everyPodCounts(rows);
  });

  it("@all restarts one member at a time over all racks, and goes on where it was broken off", async () => {
    const restarted = new Set<string>();
    const uids = new Map((await stack.pods()).map((pod) => [nameOf(pod), pod.metadata.uid]));
    configure({ replicas: 6, maxHeap: "448M" });
    assert.match(await stack.pulumi("preview"), /ring cassandra: its members restart one at a time, over all racks/);
    let most = 0;
    let isDone = false;
    async function watch(): Promise<void> {
      for (; !isDone; await sleep(500)) {
        const pods = await stack.pods();
        const serving = pods.filter(isServing).map(nameOf);
        most = Math.max(most, uids.size - serving.length);
        for (const pod of pods) if (uids.get(nameOf(pod)) !== pod.metadata.uid) restarted.add(nameOf(pod));
      }
    }
    const { failures } = await stack.underLoad({}, async () => {
      const watching = watch();
      await stack.killUp(300, () => Promise.resolve(restarted.size >= 2));
      await stack.pulumi("cancel", "--yes");
      await stack.serving(6);
      const first = [...restarted];
      assert.ok(first.length < 6, "all have restarted before it was killed");
      const between = new Map((await stack.pods()).map((pod) => [nameOf(pod), pod.metadata.uid]));
      await stack.up("--refresh");
      isDone = true;
      await watching;
      const after = await stack.pods();
      for (const name of first)
        assert.equal(after.find((pod) => nameOf(pod) === name)!.metadata.uid, between.get(name));
    });
    assert.deepEqual(failures, []);
    assert.equal(restarted.size, 6);
    assert.equal(most, 1, "members away at the same time");
    await stack.everyPodCounts(rows);
  });

  it("@all shrinks evenly, members leaving one at a time with their rows", async () => {
    configure({ replicas: 3, maxHeap: "448M" });
    assert.match(
      await stack.pulumi("preview"),
      /replicas 6 -> 3: cassandra-zone-c-1 and cassandra-zone-b-1 and cassandra-zone-a-1 will be decommissioned, about/,
    );
    const { failures } = await stack.underLoad({ singleRows: rows }, async () => {
      await stack.up();
    });
    assert.deepEqual(failures, []);
    await stack.oneRing(3);
    assert.deepEqual(await zones(), { "zone-a": 1, "zone-b": 1, "zone-c": 1 });
    await stack.everyPodCounts(rows);
    const claims = (await lab.kubectl(["get", "pvc", "-o", "name"])).trim().split("\n");
    assert.equal(claims.length, 3, "volumes of those that left are gone");
  });

  it("cannot be moved to other racks while there are rows", async () => {
    for (const other of [[], ["zone-b", "zone-a", "zone-c"]]) {
      configure({ replicas: 3, racks: other });
      assert.match(
        await stack.refused("preview"),
        /cassandra:racks: \[.*\] is not allowed for ring cassandra \(persistent\): /,
      );
    }
  });
});
