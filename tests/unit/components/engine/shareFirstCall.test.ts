import * as assert from "node:assert/strict";
import { shareFirstCall } from "../../../../components/engine/shareFirstCall";

describe("work that is shared", () => {
  it("is done once", async () => {
    let times = 0;
    const work = shareFirstCall((by: number) => Promise.resolve((times += by)));
    assert.deepEqual(await Promise.all([work(5), work(7)]), [5, 5]);
    assert.equal(times, 5);
  });
});
