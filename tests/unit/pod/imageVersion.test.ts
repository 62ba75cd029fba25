import * as assert from "node:assert/strict";
import type { Outcome, World } from "./podWorld";
import { run } from "./runScript";

const id = "00000000-aaaa-bbbb-cccc-dddddddddddd";

describe("the version of Cassandra that a pod starts", function () {
  this.timeout(60_000);
  /** A member of a ring that runs, whose disk 5.0.9 has written last. */
  const written: World = {
    pod: "cassandra-1",
    env: { POD_IDENTITY: "ordinal" },
    record: { "cassandra-1": `${id} 10.0.0.99`, formed: "2026-01-01T00:00:00Z" },
    files: { "ring-member": id, "ring-version": "5.0.9" },
    data: true,
  };
  const writes = 'mkdir -p "$world/data/commitlog"; touch "$world/data/commitlog/CommitLog-8-1.log"';
  const noted = ({ files }: Outcome) => files["ring-version"];

  it("is not older than what has written on its disk, whatever the image's tag says", async () => {
    const refused = await run("entrypoint.sh", [], { ...written, version: "4.1.9" });
    assert.equal(refused.seeds, undefined);
    assert.match(
      refused.said,
      /waiting: the image must have Cassandra 5\.0 or later\. Cassandra 5\.0\.9 wrote the data on this disk; this image has Cassandra 4\.1\.9, which cannot read the data\. The data is untouched\. Set the previous image again/,
    );
    assert.deepEqual([refused.data, refused.files], [true, written.files]);
    assert.deepEqual(refused.record, written.record);
    // Nor does it keep others from moving their rows meanwhile.
    const record = { ...written.record, moving: "cassandra-1 leaves" };
    assert.deepEqual((await run("entrypoint.sh", [], { ...written, record, version: "4.1.9" })).record, written.record);
  });

  for (const [what, version, before] of [
    ["of the same series", "5.0.8", "5.0.9"],
    ["of a newer series", "5.0.9", "4.1.10"],
    ["that is not known", undefined, "5.0.9"],
    ["after one that was not known", "4.1.9", undefined],
    ["before its first release", "5.0-rc1", "5.0-beta1"],
  ]) {
    it(`may be one ${what}`, async () => {
      const files = { "ring-member": id, ...(before && { "ring-version": before }) };
      const started = await run("entrypoint.sh", [], { ...written, files, version, cassandra: writes });
      assert.equal(started.startMode, "restart", started.said);
      assert.equal(noted(started), version ?? before);
    });
  }

  it("is of no matter to an empty disk", async () => {
    const files = { "ring-version": "5.0.9" };
    const started = await run("entrypoint.sh", [], {
      ...written,
      pod: "cassandra-0",
      record: { "cassandra-0": "empty", forming: "1" },
      replicas: 1,
      files,
      data: false,
      version: "4.1.9",
      cassandra: writes,
    });
    assert.equal(started.startMode, "bootstrap_ring", started.said);
    assert.equal(noted(started), "4.1.9");
  });

  it("is not noted where it ended before it had written anything", async () => {
    for (const before of ["4.1.9", undefined]) {
      const files = { "ring-member": id, ...(before && { "ring-version": before }) };
      assert.equal(noted(await run("entrypoint.sh", [], { ...written, files, version: "5.0.9" })), before);
    }
    const files = { "ring-member": id, "ring-version": "4.1.9" };
    const cassandra = 'echo NORMAL >>"$world/data/ring-states"';
    assert.equal(noted(await run("entrypoint.sh", [], { ...written, files, version: "5.0.9", cassandra })), "5.0.9");
  });
});
