import * as assert from "node:assert/strict";
import { Disk, isClaimed, keepsRecord, outlivesPod } from "../../../../components/objects/disk";

describe("where the data of a member lies", () => {
  const kinds: [Disk, { isClaimed: boolean; outlivesPod: boolean; keepsRecord: boolean }][] = [
    [
      { kind: "persistentVolumeClaim", template: "data" },
      { isClaimed: true, outlivesPod: true, keepsRecord: true },
    ],
    // No PersistentVolumeClaim could own the record, so that Kubernetes would never delete it.
    [
      { kind: "hostPath", path: "/mnt/ring" },
      { isClaimed: false, outlivesPod: true, keepsRecord: false },
    ],
    [{ kind: "emptyDir" }, { isClaimed: false, outlivesPod: false, keepsRecord: false }],
  ];
  for (const [disk, expected] of kinds)
    it(`decides what outlives what: ${disk.kind}`, () => {
      const found = { isClaimed: isClaimed(disk), outlivesPod: outlivesPod(disk), keepsRecord: keepsRecord(disk) };
      assert.deepEqual(found, expected);
    });
});
