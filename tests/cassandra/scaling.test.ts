import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { growingClass, smallMembers } from "../support/stack";
import { inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;

describe("editing the replica count of a persistent ring", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  /** What the volumes have grown to, from the test of that on. */
  const larger = { volumeSize: "2Gi" };
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "existing", storageClassName: "growing", ...settings });

  async function scaleTo(replicas: number, others: Record<string, unknown>): Promise<void> {
    configure({ replicas, ...others });
    await stack.up();
    await stack.oneRing(replicas);
    await stack.everyPodCounts(1000);
  }

  inRingLab((made) => ({ lab, stack } = made));

  before(() => lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(growingClass) }));

  it("@all tells in preview who leaves and how much moves, and refuses fewer members than a row has copies", async () => {
    configure({ replicas: 4 });
    await stack.up();
    await stack.writeRows("cassandra-0", 1000);
    const replication = `{'class': 'NetworkTopologyStrategy', '${smallMembers.datacenter}': 3}`;
    await stack.cql("cassandra-0", `CREATE KEYSPACE copied WITH replication = ${replication};`);
    configure({ replicas: 3 });
    assert.match(
      await stack.pulumi("preview"),
      /replicas 4 -> 3: cassandra-3 will be decommissioned, about .* to stream; replication factors stay \(.*copied: 3/,
    );
    configure({ replicas: 2 });
    const refused =
      /cassandra:replicas: 2 is not allowed .*\n.*keyspace copied has replication factor 3, which needs at least 3 members, not 2/;
    assert.match(await stack.refused("preview"), refused);
    assert.match(await stack.refused("up", "--yes", "--skip-preview"), refused);
    await stack.oneRing(4);
  });

  it("@all lets volumes grow under members that go on serving", async () => {
    const uids = async () => (await stack.pods()).map(({ metadata }) => metadata.uid);
    const before = await uids();
    configure({ replicas: 4, ...larger });
    await stack.up();
    assert.deepEqual(await uids(), before);
    const sizes = await lab.kubectl(["get", "pvc", "-o", "jsonpath={.items[*].status.capacity.storage}"]);
    assert.equal(sizes, "2Gi 2Gi 2Gi 2Gi");
    await stack.oneRing(4);
    await stack.everyPodCounts(1000);
    configure({ replicas: 4 });
    assert.match(await stack.refused("preview"), /cassandra:volumeSize: "1Gi" is not allowed for ring cassandra/);
  });

  it("@all stays whole when a member that leaves cannot, and goes on once it can", async () => {
    // Down to the others for as long as the test wants: a pod that is deleted may be back before the update looks.
    await stack.exec("cassandra-1", ["nodetool", "disablegossip"]);
    for (let i = 0; !(await stack.members("cassandra-0")).some(({ state }) => state === "DN"); i++) {
      assert.ok(i < 60, "the others never take it for down");
      await sleep(1000);
    }
    configure({ replicas: 3, ...larger });
    const why = await stack.refused("up", "--yes", "--skip-preview");
    assert.match(why, /cassandra:replicas: 3 is not allowed for ring cassandra now:\n.*cassandra-1 is down/);
    await stack.exec("cassandra-1", ["nodetool", "enablegossip"]);
    await stack.oneRing(4);
    await scaleTo(3, larger);
  });

  it("@all moves rows first when the set alone is the target, and cleans up with the next update", async () => {
    configure({ replicas: 2, ...larger });
    await stack.cql("cassandra-0", "DROP KEYSPACE copied;");
    const component = `urn:pulumi:${stack.name}::cassandra::cassandra:index:PersistentCluster`;
    const said = await stack.up("--target", `${component}$kubernetes:apps/v1:StatefulSet::cassandra`);
    assert.match(said, /cassandra-2 has left the ring: the other members hold its data/);
    await stack.oneRing(2);
    await stack.everyPodCounts(1000);
    const claims = async () => (await lab.kubectl(["get", "pvc", "-o", "name"])).trim().split("\n").length;
    assert.equal(await claims(), 3);
    await stack.up();
    assert.equal(await claims(), 2);
  });

  it("@all does not come up with fewer members than have their volumes kept", async () => {
    const members = (await stack.pods()).length;
    await stack.destroy();
    configure({ replicas: 1, ...larger });
    if (members > 1) {
      assert.match(
        await stack.refused("preview"),
        new RegExp(`cassandra:replicas: 1 is below the ${members} members of ring cassandra whose volumes are kept`),
      );
    }
    configure({ replicas: members, ...larger, volumeRetention: "delete" });
    await stack.up();
    await stack.oneRing(members);
    await stack.everyPodCounts(1000);
    await stack.destroy();
  });
});
