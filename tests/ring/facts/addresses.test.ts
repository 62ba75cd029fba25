import * as assert from "node:assert/strict";
import { BareNode } from "./bareNode";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;

/** Members that come back under addresses that the ring knows others by: their disks change places, and each pod keeps its address. */
describe("Cassandra's members, at addresses that others had", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(4, (made) => (ring = made));

  const hostId = async (node: BareNode) => (await node.query("host_id FROM system.local"))[0].host_id as string;

  /** Ends members, moves the disk of each to the next pod of these, and starts Cassandra there. Rows are written while they are away. */
  async function moveOn(first: BareNode, members: BareNode[], pods: BareNode[]): Promise<void> {
    const ids = await Promise.all(members.map(hostId));
    await Promise.all(members.map((node) => node.kill()));
    const disks = await Promise.all(members.map((node) => node.disk()));
    await Promise.all(pods.map((node) => node.wipe()));
    for (const [i, disk] of disks.entries()) await pods[(i + 1) % pods.length].takeDisk(disk);
    const now = members.map((_, i) => pods[(i + 1) % pods.length]);
    assert.equal(await now[0].refuses(), 3);
    assert.match(await now[0].log(), /A node with address \S+ already exists, cancelling join/);
    await Promise.all(now.map((node) => node.serve("-Dcassandra.allow_unsafe_join=true")));
    assert.deepEqual(await Promise.all(now.map(hostId)), ids, "each is who it was");
    const up = [first, ...now];
    for (const node of up) {
      await node.reaches("to see one ring", async () => {
        const view = await ring.view(node);
        return up.every(({ address }) => view[address] === "UN") && Object.keys(view).length === up.length;
      });
      assert.equal(await node.countRows(), 1000);
    }
  }

  it("@all two that have each other's address come back as themselves, with every row", async () => {
    const [first, ...others] = await ring.form(3);
    const pair = others.slice(0, 2);
    await moveOn(first, pair, pair);
  });

  it("@all one whose address another one has by now comes back as itself at a new one, with every row", async () => {
    const [first, ...others] = await ring.form(3);
    await moveOn(first, others.slice(0, 2), others);
  });
});
