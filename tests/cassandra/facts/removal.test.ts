import * as assert from "node:assert/strict";
import { BareRing, inBareLab } from "./bareRing";

const minutes = 60_000;
const rows = 1000;

describe("Cassandra's removenode", function () {
  this.timeout(10 * minutes);
  let ring: BareRing;
  inBareLab(4, (made) => (ring = made));

  it("@all streams from one replica, which may lack rows that the removed member had acknowledged, until a repair", async () => {
    const [first, second, third, fourth] = await ring.form(4, 0, 4, 3);
    // A read at ONE through a member that has a replica of each row then tells what is on its own disk.
    await first.cql("ALTER TABLE rows.numbers WITH read_repair = 'NONE';");
    for (const node of [first, third, fourth]) await node.nodetool("disablehandoff");
    await second.kill();
    await first.reaches("to see it down", async () => (await ring.view(first))[second.address] === "DN");
    await ring.addRows(first, 0, rows);
    await second.serve();
    await first.reaches("to see it up", async () => (await ring.view(first))[second.address] === "UN");

    const hostId = (await fourth.exec("nodetool", "info")).match(/^ID\s+: (\S+)/m)![1];
    await fourth.kill();
    await first.reaches("to see it down", async () => (await ring.view(first))[fourth.address] === "DN");
    assert.deepEqual(await first.nodetool("removenode", hostId), { code: 0, said: "" });

    // Three members hold three copies: each has all rows, or lacks some. A row that two of them lack is not found at QUORUM.
    const counts = await Promise.all([first, second, third].map((node) => node.countRows()));
    assert.ok(counts[1] < rows, `the member that was down has all rows: ${counts.join()}`);
    assert.ok(counts[0] < rows || counts[2] < rows, `the new owners have all rows: ${counts.join()}`);
    for (const node of [first, second, third]) await node.exec("nodetool", "repair", "--full", "rows");
    for (const node of [first, second, third]) assert.equal(await node.countRows(), rows, node.name);
  });
});
