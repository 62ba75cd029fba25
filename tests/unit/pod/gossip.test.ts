import * as assert from "node:assert/strict";
import { run } from "./runScript";
import { id, formed, three } from "./statefulSetRing";

describe("gossip.py, in a member of a ring that restarts with other addresses", function () {
  this.timeout(60_000);

  it("looks for the others anew where Cassandra has begun with addresses of before, until it has seen each", async () => {
    const addresses = { "cassandra-0.cassandra": "10.0.0.7", "cassandra-1.cassandra": "10.0.0.8" };
    // The first look after that sees one of the two, and the second one the other.
    const nodetool = `looks=$(grep -c reloadseeds "$world/nodetool.log")
      [ "$1" != status ] || printf '%s  %s  1 KiB %s\\n' "$([ $looks -gt 0 ] && echo UN || echo DN)" 10.0.0.7 ${id(0)} \\
        "$([ $looks -gt 1 ] && echo UN || echo DN)" 10.0.0.8 ${id(1)} UN 10.0.0.99 ${id(2)}`;
    const world = {
      pod: "cassandra-2",
      env: { POD_IDENTITY: "ordinal" },
      record: { ...three, ...formed },
      files: { "ring-member": id(2) },
      data: true,
      serving: ["10.0.0.99"],
      gossiping: Object.values(addresses),
      addresses,
      nodetool,
    };
    const outcome = await run("post-start.sh", ["restart"], world);
    const asked = outcome.nodetool.filter((line) => /status|reloadseeds/.test(line));
    assert.deepEqual(asked, ["status", "reloadseeds", "status", "reloadseeds", "status"]);
    assert.match(outcome.said, /does not see these running members: cassandra-0 cassandra-1\./);
    assert.ok(outcome.configuration.includes('      - seeds: "10.0.0.8"'), outcome.configuration.join("\n"));

    // Names that lead to this member itself, as where members have swapped their addresses, are no way to others.
    const own = "10.0.0.99";
    const swapped = { "cassandra-0.cassandra": own, "cassandra-1.cassandra": own };
    const astray = await run("post-start.sh", ["restart"], { ...world, addresses: swapped, gossiping: [own] });
    assert.ok(!astray.nodetool.includes("reloadseeds"), astray.nodetool.join());
    assert.ok(!astray.configuration.some((line) => line.includes(own)), astray.configuration.join("\n"));
    // Nor is one whose name leads to another member seen.
    const led = { ...addresses, "cassandra-1.cassandra": "10.0.0.7" };
    const misled = await run("post-start.sh", ["restart"], { ...world, addresses: led, gossiping: Object.values(led) });
    assert.ok(misled.nodetool.filter((line) => line === "reloadseeds").length > 1, misled.nodetool.join());

    const alone = await run("post-start.sh", ["restart"], { ...world, gossiping: [] });
    assert.deepEqual(
      alone.nodetool.filter((line) => /status|reloadseeds/.test(line)),
      [],
      "who does not run is not asked for",
    );
  });
});
