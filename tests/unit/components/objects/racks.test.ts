import * as assert from "node:assert/strict";
import { ringOrdinalOf, podAt, setsOf } from "../../../../components/objects/racks";

describe("the sets of a ring", () => {
  it("are one, or one for each rack", () => {
    assert.deepEqual(setsOf("cassandra"), ["cassandra"]);
    assert.deepEqual(setsOf("cassandra", ["zone-a", "b"]), ["cassandra-zone-a", "cassandra-b"]);
  });

  it("take their pods in turn, so that each has as many", () => {
    const sets = ["r-a", "r-b", "r-c"];
    const pods = [0, 1, 2, 3, 4].map((ringOrdinal) => podAt(sets, ringOrdinal));
    assert.deepEqual(pods, ["r-a-0", "r-b-0", "r-c-0", "r-a-1", "r-b-1"]);
    assert.deepEqual(
      pods.map((pod) => ringOrdinalOf(sets, pod)),
      [0, 1, 2, 3, 4],
    );
    for (const other of ["r-d-0", "r-a", "r-a-x", "forming", ""]) assert.equal(ringOrdinalOf(sets, other), NaN);
  });
});
