import * as assert from "node:assert/strict";
import { fillingDisks } from "../../../../components/operations/diskRoom";

const gibibyte = 2 ** 30;
const disk = (free: number) => ({ size: 10 * gibibyte, free: free * gibibyte });
const ring = (leavesByItself: boolean, free: Record<string, number>) => ({
  leavesByItself,
  disks: () => Promise.resolve(Object.fromEntries(Object.entries(free).map(([pod, left]) => [pod, disk(left)]))),
});

describe("disks that fill", () => {
  it("are warned of one by one once less than a fifth is free, with what gives them room", async () => {
    const warnings = await fillingDisks(ring(false, { "cassandra-0": 2, "cassandra-1": 1.9, "cassandra-2": 0 }));
    assert.deepEqual(warnings, [
      "the disk of cassandra-1 has 1.9 GiB of 10.0 GiB free: compactions need more, and Cassandra stops once it is full; let the volumes " +
        "grow (volumeSize), or delete data",
      "the disk of cassandra-2 has 0 bytes of 10.0 GiB free: compactions need more, and Cassandra stops once it is full; let the volumes grow " +
        "(volumeSize), or delete data",
    ]);
    const [warning] = await fillingDisks(ring(true, { "cassandra-x2v": 1 }));
    assert.match(warning, /full; make room on its node, or delete data$/);
  });

  it("are no reason to fail where nobody may look at them", async () => {
    const forbidden = Object.assign(new Error("pods/exec is forbidden"), { code: 403 });
    assert.deepEqual(await fillingDisks({ leavesByItself: false, disks: () => Promise.reject(forbidden) }), []);
  });
});
