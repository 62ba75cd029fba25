import * as assert from "node:assert/strict";
import { BareNode } from "./bareNode";
import { BareRing, inBareLab, tokens } from "./bareRing";

const minutes = 60_000;

describe("Cassandra, killed in a decommission", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(3, (made) => (ring = made));

  /** Kills a member that has told the others that it has left, before the disk says DECOMMISSIONED. Further rows are written then. */
  async function killBetween([first, , leaver]: BareNode[]): Promise<void> {
    const decommission = leaver.nodetool("decommission");
    await leaver.says(/Announcing that I have left the ring/);
    assert.equal(await leaver.isServing(), true);
    await leaver.kill();
    assert.notEqual((await decommission).code, 0);
    await ring.addRows(first, 1000, 1000);
  }

  it("@all while ranges are streamed: the others go on listing it, and a plain start brings it back with its tokens and rows", async () => {
    const [first, second, leaver] = await ring.form(3);
    const before = await first.query("peer, host_id, tokens FROM system.peers_v2");
    const decommission = leaver.nodetool("decommission");
    await leaver.says(/LEAVING: sleeping/);
    // Streams to a member that hangs go on for ever.
    await second.hang();
    await leaver.says(/Starting streaming to/);
    await leaver.kill();
    await second.resume();
    assert.notEqual((await decommission).code, 0);
    assert.deepEqual(await first.query("peer, host_id, tokens FROM system.peers_v2"), before);
    await leaver.serve();
    assert.equal(await leaver.mode(), "NORMAL");
    await first.reaches("to list it", async () => (await ring.view(first))[leaver.address] === "UN");
    assert.deepEqual(await first.query("peer, host_id, tokens FROM system.peers_v2"), before);
    assert.equal(await first.countRows(), 1000);
  });

  it("@all after it announced that it had left: the others list it no more, and a plain start bootstraps it anew without loss", async () => {
    const nodes = await ring.form(3);
    const [first, second, leaver] = nodes;
    await killBetween(nodes);
    assert.deepEqual(await first.peers(), [second.address]);
    assert.deepEqual(await ring.view(first), { [first.address]: "UN", [second.address]: "UN" });
    assert.equal(await first.countRows(), 2000);
    await leaver.serve();
    const said = await leaver.states();
    assert.ok(said.includes("INFO JOINING: Starting to bootstrap..."));
    assert.equal(await first.countRows(), 2000);
  });

  it("@all the same, started with auto_bootstrap=false: it joins without streaming, and rows written since are missing", async () => {
    const nodes = await ring.form(3);
    const [first, , leaver] = nodes;
    await killBetween(nodes);
    await leaver.serve("-Dcassandra.auto_bootstrap=false");
    await first.reaches("to list it", async () => (await ring.view(first))[leaver.address] === "UN");
    assert.ok(!/Starting to bootstrap/.test(await leaver.log()));
    assert.ok((await first.countRows()) < 2000);
  });

  it("@all the same, with the tokens with which it once bootstrapped: it is refused, and once let in it leaves without its rows", async () => {
    const nodes = await ring.form(2, 1000, 3);
    const [first, , leaver] = nodes;
    await leaver.serve(tokens(2, 3));
    await killBetween(nodes);
    assert.equal(await leaver.refuses(tokens(2, 3)), 3);
    assert.match(
      await leaver.log(),
      /Discovered existing bootstrap data and cassandra.reset_bootstrap_progress is not/,
    );
    await leaver.serve(tokens(2, 3), "-Dcassandra.reset_bootstrap_progress=true");
    await first.reaches("to list it", async () => (await ring.view(first))[leaver.address] === "UN");
    assert.equal(await first.countRows(), 2000);
    // The ranges that it sent in its first decommission are on its disk still.
    await ring.addRows(first, 2000, 1000);
    assert.equal(await first.countRows(), 3000);
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    assert.ok((await first.countRows()) < 3000);
  });

  it("@all after DECOMMISSIONED: a start is refused with exit code 1; override_decommission lets it in without rows written since", async () => {
    const [first, , leaver] = await ring.form(3);
    assert.equal((await leaver.nodetool("decommission")).code, 0);
    await leaver.kill();
    await ring.addRows(first, 1000, 1000);
    assert.equal(await leaver.refuses(), 1);
    assert.deepEqual(
      (await leaver.states()).filter((line) => line.startsWith("ERROR")),
      ["ERROR Fatal configuration error"],
    );
    assert.match(await leaver.log(), /This node was decommissioned and will not rejoin the ring unless/);
    await leaver.serve("-Dcassandra.override_decommission=true");
    await first.reaches("to list it", async () => (await ring.view(first))[leaver.address] === "UN");
    assert.ok((await first.countRows()) < 2000);
  });
});
