import * as assert from "node:assert/strict";
import { BareNode } from "./bareNode";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;

describe("Cassandra's table system.peers_v2", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(3, (made) => (ring = made));

  /** Takes a member that is down off the ring, and starts it again on its disk. Rows are written in between. */
  async function takeOff(remove: (first: BareNode, lost: BareNode, hostId: string) => Promise<unknown>): Promise<void> {
    const [first, second, lost] = await ring.form(3);
    const [{ host_id }] = await lost.query("host_id FROM system.local");
    await lost.kill();
    await first.reaches("to see it down", async () => (await ring.view(first))[lost.address] === "DN");
    assert.deepEqual(await first.peers(), [second.address, lost.address].sort());
    await remove(first, lost, host_id as string);
    assert.deepEqual([await first.peers(), await second.peers()], [[second.address], [first.address]]);
    await ring.addRows(first, 1000, 1000);
    const rows = await first.countRows();
    await lost.serve();
    await first.reaches("to list it", async () => (await first.peers()).includes(lost.address));
    const said = await lost.log();
    assert.match(said, /Using saved tokens/);
    assert.ok(!/Starting to bootstrap/.test(said));
    // Its own old rows are back, and those that were written since into its ranges are missing.
    assert.ok(rows > 1000 && rows < 2000);
    assert.ok((await first.countRows()) < 2000);
  }

  it("@all has a member that is down, and none that removenode removed; started again, that one is let in without rows written since", async () => {
    await takeOff((first, _, hostId) => first.exec("nodetool", "removenode", hostId));
  });

  it("@all has none that was assassinated; started again, that one is let in without rows written since", async () => {
    await takeOff((first, lost) => first.exec("nodetool", "assassinate", lost.address));
  });
});
