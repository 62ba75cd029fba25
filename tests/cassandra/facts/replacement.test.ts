import * as assert from "node:assert/strict";
import { BareNode } from "./bareNode";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;
const resetProgress = "-Dcassandra.reset_bootstrap_progress=true";

describe("Cassandra's replacement of a lost member, cut off after one of its sessions has ended", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(4, (made) => (ring = made));

  /** @param at the pod of the replacement @param last what it says, a few seconds before it streams */
  async function cutOff(at: number, last: RegExp): Promise<{ nodes: BareNode[]; option: string }> {
    const nodes = await ring.form(3, 1000, 3, 2);
    const [first, second, lost] = nodes;
    const option = `-Dcassandra.replace_address_first_boot=${lost.address}`;
    await lost.wipe();
    await first.reaches("to see it down", async () => (await ring.view(first))[lost.address] === "DN");
    await nodes[at].start(option);
    await nodes[at].says(last);
    await second.cutWhile(() => nodes[at].says(/Some data streaming failed/));
    assert.match(await nodes[at].log(), new RegExp(`Session with /?${first.address}.* is complete`));
    await nodes[at].kill();
    return { nodes, option };
  }

  it("@all at another address: a start without the option takes new tokens as one more member, one with it needs the progress reset", async () => {
    const { nodes, option } = await cutOff(3, /JOINING: sleeping/);
    const [first, second, lost, other] = nodes;
    assert.deepEqual(await first.peers(), [second.address, lost.address].sort());

    assert.equal(await other.refuses(), 3);
    const plain = await other.states();
    // Nothing on its disk says whom it was to replace: it takes tokens of its own.
    assert.ok(plain.includes("INFO JOINING: getting bootstrap token"));
    assert.ok(plain.includes("INFO JOINING: Starting to bootstrap..."));
    assert.ok(plain.includes("ERROR Exception encountered during startup"));

    assert.equal(await other.refuses(option), 3);
    assert.ok((await other.states()).some((line) => line.startsWith("INFO JOINING: Replacing a node with token(s)")));
    assert.match(await other.log(), /Discovered existing bootstrap data and cassandra.reset_bootstrap_progress is not/);

    await other.serve(option, resetProgress);
    await first.reaches("to list it", async () => (await first.peers()).includes(other.address));
    assert.deepEqual(await first.peers(), [second.address, other.address].sort());
    assert.equal(await first.countRows(), 1000);
  });

  it("@all at the same address: a start needs the option again, and the progress reset", async () => {
    const { nodes, option } = await cutOff(2, /JOINING: calculation complete/);
    const [first, second, lost] = nodes;

    assert.equal(await lost.refuses(), 3);
    assert.match(await lost.log(), /A node with the same IP in hibernate status was detected/);
    assert.match(await lost.log(), /already exists, cancelling join/);

    assert.equal(await lost.refuses(option), 3);
    assert.match(await lost.log(), /Discovered existing bootstrap data and cassandra.reset_bootstrap_progress is not/);

    await lost.serve(option, resetProgress);
    await first.reaches("to list it", async () => (await ring.view(first))[lost.address] === "UN");
    assert.deepEqual(await first.peers(), [second.address, lost.address].sort());
    assert.equal(await first.countRows(), 1000);
  });
});
