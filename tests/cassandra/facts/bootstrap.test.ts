import * as assert from "node:assert/strict";
import { BareRing, inBareLab, tokens } from "./bareRing";

const minutes = 60_000;

describe("Cassandra's bootstrap", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(3, (made) => (ring = made));

  it("@all the others have a joiner in peers_v2 once it is NORMAL, and not before; they let nodetool cleanup run meanwhile", async () => {
    const [first, second, joiner] = await ring.form(2);
    await joiner.start();
    await joiner.says(/JOINING: sleeping/);
    await first.reaches("to see the joiner", async () => (await ring.view(first))[joiner.address] === "UJ");
    assert.deepEqual(await first.peers(), [second.address]);
    // It refuses only where ranges are on their way to, which are those of a leaver.
    assert.equal((await first.nodetool("cleanup")).code, 0);
    await first.reaches("to list the joiner", async () => (await first.peers()).includes(joiner.address));
    assert.equal((await ring.view(first))[joiner.address], "UN");
    await joiner.says(/Startup complete/);
    assert.equal(await first.countRows(), 1000);
    const own = new RegExp(`^INFO (JOINING|Node ./?${joiner.address}:7000 state jump|Startup complete)`);
    assert.deepEqual(
      (await joiner.states()).filter((line) => own.test(line)),
      [
        "INFO JOINING: waiting for ring information",
        "INFO JOINING: schema complete, ready to bootstrap",
        "INFO JOINING: waiting for pending range calculation",
        "INFO JOINING: calculation complete, ready to bootstrap",
        "INFO JOINING: getting bootstrap token",
        "INFO JOINING: sleeping 5000 ms for pending range setup",
        "INFO JOINING: Starting to bootstrap...",
        "INFO JOINING: Finish joining ring",
        `INFO Node /${joiner.address}:7000 state jump to NORMAL`,
        "INFO Startup complete",
      ],
    );
  });

  it("@all a restart says what a join says last, without the tokens being streamed", async () => {
    const [, member] = await ring.form(2);
    await member.kill();
    await member.serve();
    await member.says(/Startup complete/);
    const said = (await member.states()).filter((line) => /^INFO (JOINING|Using saved|Startup complete)/.test(line));
    assert.deepEqual(
      said.map((line) => line.replace(/\[.*/, "")),
      ["INFO Using saved tokens ", "INFO JOINING: Finish joining ring", "INFO Startup complete"],
    );
  });

  it("@all killed after one of its sessions has ended: the next start is refused with exit code 3", async () => {
    const [first, second, joiner] = await ring.form(2, 1000, 3);
    await joiner.start(tokens(2, 3));
    await joiner.says(/JOINING: sleeping/);
    await second.cutWhile(() => joiner.says(/Some data streaming failed/));
    assert.match(await joiner.log(), new RegExp(`Session with /?${first.address}.* is complete`));
    await joiner.kill();
    assert.equal(await joiner.refuses(tokens(2, 3)), 3);
    assert.match(
      await joiner.log(),
      /Discovered existing bootstrap data and cassandra.reset_bootstrap_progress is not/,
    );
    assert.ok((await joiner.states()).includes("ERROR Exception encountered during startup"));
    await joiner.serve(tokens(2, 3), "-Dcassandra.reset_bootstrap_progress=true");
    await first.reaches("to list it", async () => (await ring.view(first))[joiner.address] === "UN");
    assert.equal(await first.countRows(), 1000);
  });

  it("@all one that fails leaves the process up in JOINING_FAILED, with CQL closed", async () => {
    const [first, second, joiner] = await ring.form(2, 1000, 3);
    await joiner.start(tokens(2, 3));
    await joiner.says(/JOINING: sleeping/);
    await second.cutWhile(() => joiner.says(/Some data streaming failed/));
    assert.equal(await joiner.mode(), "JOINING_FAILED");
    assert.equal(await joiner.isServing(), false);
    assert.deepEqual(await first.peers(), [second.address]);
    await joiner.says(/Startup complete/);
    const last = /^(ERROR|INFO [A-Z_]+_FAILED|INFO Startup complete|WARN (Some data|Node is not yet))/;
    const said = (await joiner.states()).filter((line) => last.test(line));
    assert.deepEqual(
      said.map((line) => line.replace(/\. .*/, ".")),
      [
        "ERROR Error while waiting on bootstrap to complete.",
        "INFO JOINING_FAILED",
        "WARN Some data streaming failed.",
        "WARN Node is not yet bootstrapped completely.",
        // That is said of the process, not of the member.
        "INFO Startup complete",
      ],
    );
    assert.equal(await first.countRows(), 1000);
  });
});
