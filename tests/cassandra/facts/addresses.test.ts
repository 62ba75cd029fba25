import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { BareNode } from "./bareNode";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;

/** Members that come back under addresses that the ring knows others by: their disks change places, and each pod keeps its address. */
describe("Cassandra's members, at addresses that others had", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(4, (made) => (ring = made));

  const hostId = async (node: BareNode) => (await node.query("host_id FROM system.local"))[0].host_id as string;

  /** A ring of three, the second and third of which have ended; the disk of the second is where the third was. */
  async function moved(): Promise<{ nodes: BareNode[]; ids: string[]; third: string }> {
    const nodes = await ring.form(3);
    const [, b, c] = nodes;
    const ids = await Promise.all(nodes.slice(0, 3).map(hostId));
    await Promise.all([b.kill(), c.kill()]);
    const [second, third] = [await b.disk(), await c.disk()];
    await Promise.all([b.wipe(), c.wipe()]);
    await c.takeDisk(second);
    return { nodes, ids, third };
  }

  async function knows(first: BareNode, all: BareNode[]): Promise<void> {
    await first.reaches(`to see ${all.length} members`, async () => {
      const view = await ring.view(first);
      return all.every(({ address }) => view[address] === "UN") && Object.keys(view).length === all.length;
    });
  }

  /** Starts a member as a container is started, again and again, until it is let in. */
  async function startedOverAndOver(node: BareNode): Promise<void> {
    for (let refusals = 0; ; refusals++, await sleep(2000)) {
      await node.start();
      await node.reaches("to serve or to end", async () => (await node.isServing()) || (await node.ended()));
      if (await node.isServing()) return;
      assert.ok(refusals < 20, await node.log());
    }
  }

  it("@all one is refused with exit code 3 at the address of another one that is away, and let in a while after that is back elsewhere", async () => {
    const { nodes, ids, third } = await moved();
    const [a, , c, d] = nodes;
    assert.equal(await c.refuses(), 3);
    assert.match(await c.log(), /A node with address \S+ already exists, cancelling join/);
    await d.takeDisk(third);
    await d.serve();
    await a.reaches("to see it back", async () => (await ring.view(a))[d.address] === "UN");
    // The others keep the old address for a while.
    await startedOverAndOver(c);
    await knows(a, [a, c, d]);
    assert.deepEqual(await Promise.all([a, c, d].map(hostId)), ids, "each is who it was");
    for (const node of [a, c, d]) assert.equal(await node.countRows(), 1000);
  });

  it("@all one that is let in there (allow_unsafe_join) has the others forget whose address it was, and rows written meanwhile are missing", async () => {
    const { nodes, third } = await moved();
    const [a, b, c] = nodes;
    await c.serve("-Dcassandra.allow_unsafe_join=true");
    await knows(a, [a, c]);
    await ring.addRows(a, 1000, 1000);
    const readable = await a.countRows();
    assert.ok(readable > 1000 && readable < 2000);
    await b.takeDisk(third);
    await b.serve("-Dcassandra.allow_unsafe_join=true");
    await knows(a, [a, b, c]);
    assert.ok((await a.countRows()) < 2000);
  });
});
