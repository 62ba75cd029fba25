import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";

const id = "00000000-aaaa-bbbb-cccc-dddddddddddd";

describe("a disk that another user has written", function () {
  this.timeout(60_000);
  const member: World = {
    pod: "cassandra-1",
    env: { POD_IDENTITY: "ordinal" },
    record: { "cassandra-1": `${id} 10.0.0.99`, formed: "2026-01-01T00:00:00Z" },
    files: { "ring-member": id },
    folders: ["lost+found"],
    data: true,
  };

  for (const foreign of ["data", "data/data", "data/ring-member"])
    it(`is waited with, and left as it is: ${foreign}`, async () => {
      const { said, startMode, files, record } = await run("entrypoint.sh", [], { ...member, foreign });
      assert.equal(startMode, undefined);
      const [, path] = /waiting: user \d+ must be able to write to (\S+), as a member of the group/.exec(said) ?? [];
      assert.ok(path?.endsWith(`/${foreign}`), said);
      assert.deepEqual([files, record], [member.files, member.record]);
    });

  it("is no matter where the folder is none of Cassandra's", async () => {
    const started = await run("entrypoint.sh", [], { ...member, foreign: "data/lost+found" });
    assert.equal(started.startMode, "restart", started.said);
  });
});
