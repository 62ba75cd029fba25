import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";

const own = "10.0.0.99";
const ring = {
  "cassandra-0": `00000000-aaaa-bbbb-cccc-dddddddddddd ${own}`,
  "cassandra-1": "00000001-aaaa-bbbb-cccc-dddddddddddd 10.0.0.1",
  formed: "2026-01-01T00:00:00Z",
};
const normal = `start restart ${own}\nNode /${own}:7000 state jump to NORMAL\n`;

/** A member that serves CQL at first. @param world in which nobody hears it at the port of members, unless it says so */
const member = (world: Partial<World> = {}) =>
  run("post-start.sh", ["restart"], {
    pod: "cassandra-0",
    env: { POD_IDENTITY: "ordinal" },
    files: { "ring-member": ring["cassandra-0"].split(" ")[0] },
    record: ring,
    // It serves CQL until it hangs.
    serving: [own, "cassandra-1.cassandra"],
    nap: `echo cassandra-1.cassandra >"$world/open.9042"`,
    gossiping: ["cassandra-1.cassandra"],
    states: normal,
    runs: true,
    ends: true,
    ...world,
  });

describe("a Cassandra that hangs", function () {
  this.timeout(120_000);

  it("is killed once it has run for ten minutes without an answer to another member", async () => {
    const outcome = await member();
    assert.equal(outcome.hasEnded, true, outcome.said);
    assert.match(outcome.said, /Cassandra runs, and has said nothing for 10 minutes: it hangs, and is restarted/);
  });

  it("is not one that answers again after nine minutes and a half, as after a long collection", async () => {
    const nap = `echo cassandra-1.cassandra >"$world/open.9042"; (( naps != 19 )) || echo " ${own}" >>"$world/open.7000"`;
    assert.equal((await member({ nap })).hasEnded, false);
  });

  const others: Record<string, Partial<World>> = {
    "one that answers members": { gossiping: [own] },
    "one that answers clients": { nap: ":" },
    "one that leaves": { states: `${normal}LEAVING\n` },
    "one that has left": { states: `${normal}DECOMMISSIONED\n` },
    "one that drains": { states: `${normal}DRAINING\n` },
    "one that joins": { states: `start bootstrap ${own}\nJOINING: Starting to bootstrap\n` },
    "one that starts, and replays its commit log": { states: `${normal}start restart ${own}\n` },
    "one whose pod is about to end": { scratch: { "stopping.note": "" } },
    "one that does not run": { runs: false },
  };
  // One that a person has drained is restarted as well, and told from it.
  it("is not one that a person has drained", async () => {
    assert.doesNotMatch((await member({ states: `${normal}DRAINED\n` })).said, /hangs/);
  });

  // One after another: each starts hundreds of shells, and all of them at once would starve each other on a busy machine.
  for (const [what, world] of Object.entries(others))
    it(`is not ${what}`, async () => {
      const outcome = await member(world);
      assert.equal(outcome.hasEnded, false, outcome.said);
      assert.doesNotMatch(outcome.said, /hangs/);
    });
});
