import * as assert from "node:assert/strict";
import { formatBytes, quantity } from "../../../../components/kubernetes/quantity";

describe("a Kubernetes quantity", () => {
  it("is a number with a suffix or an exponent, and never with both", () => {
    assert.equal(quantity("1.5Gi"), 1.5 * 2 ** 30);
    assert.equal(quantity("500m"), 0.5);
    assert.equal(quantity("2e3"), 2000);
    assert.equal(quantity("1E"), 1e18);
    for (const text of ["1e3Gi", "1e400", "5gi", "1Ti ", "", "Gi", "ten"])
      assert.equal(quantity(text), undefined, text);
  });
});

describe("formatBytes", () => {
  it("writes sizes in the unit that they fill", () => {
    assert.deepEqual([0, 1023, 1024, 1.5 * 2 ** 30].map(formatBytes), ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 GiB"]);
  });
});
