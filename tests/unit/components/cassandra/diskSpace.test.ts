import * as assert from "node:assert/strict";
import { isFilling, parseDiskSpace } from "../../../../components/cassandra/diskSpace";

const said = (size: number, used: number, free: number) =>
  `Filesystem 1-blocks Used Available Capacity Mounted on\n/dev/sda1 ${size} ${used} ${free} 38% /var/lib/cassandra\n`;

describe("space on a disk", () => {
  it("is what the member has used and may use, without what is reserved for others", () => {
    assert.deepEqual(parseDiskSpace(said(1000, 300, 500)), { size: 800, free: 500 });
    assert.equal(parseDiskSpace("df: /var/lib/cassandra: No such file or directory"), undefined);
  });

  it("is too little for compactions below a fifth", () => {
    assert.equal(isFilling({ size: 1000, free: 200 }), false);
    assert.equal(isFilling({ size: 1000, free: 199 }), true);
  });
});
