import * as assert from "node:assert/strict";
import { addressIn, hostIdIn } from "../../../../components/cassandra/record";

const id = "70000000-0000-4000-8000-000000000000";

describe("an entry of the ring record", () => {
  it("is a member's if it has a host ID and an address, also with the line break of an editor", () => {
    for (const entry of [`${id} 10.0.0.1`, `${id} 10.0.0.1\n`])
      assert.deepEqual([hostIdIn(entry), addressIn(entry)], [id, "10.0.0.1"]);
  });

  it("is no member's if somebody wrote anything else", () => {
    for (const entry of [undefined, "", "empty", `left ${id}`, "see ticket 7", id, `${id} 10.0.0.1 10.0.0.2`])
      assert.deepEqual([hostIdIn(entry), addressIn(entry)], [undefined, undefined]);
  });
});
