import fc from "fast-check";
import * as assert from "node:assert/strict";
import { formatBytes, quantity, wholeBytes } from "../../../../components/kubernetes/quantity";

describe("a Kubernetes quantity", () => {
  it("is a number with a suffix or an exponent, and never with both", () => {
    assert.equal(quantity("1.5Gi"), 1.5 * 2 ** 30);
    assert.equal(quantity("500m"), 0.5);
    assert.equal(quantity("2e3"), 2000);
    assert.equal(quantity("1E"), 1e18);
    for (const text of ["1e3Gi", "1e400", "5gi", "1Ti ", "", "Gi", "ten"])
      for (const read of [quantity, wholeBytes]) assert.equal(read(text), undefined, text);
  });

  it("is in whole bytes what Kubernetes rounds the size of a volume up to", () => {
    for (const text of ["1.4Gi", "1503238553600m", "1503238553.6", "1503238554", "1.5032385536e9"])
      assert.equal(wholeBytes(text), 1503238554n, text);
    assert.equal(wholeBytes("8Ei"), 2n ** 63n);
    assert.equal(wholeBytes("9007199254740993"), 2n ** 53n + 1n);
    for (const text of ["1n", ".001", "1e-999999999", "0.000000000000001"]) assert.equal(wholeBytes(text), 1n, text);
    for (const text of ["0", "0Gi", "0e999999999", "0e-999999999"]) assert.equal(wholeBytes(text), 0n, text);
  });

  /** A number of thousandths of bytes, in each way to write it. */
  function spellings(thousandths: bigint): string[] {
    const written = (digits: bigint, places: number) => {
      const text = String(digits).padStart(places + 1, "0");
      return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
    };
    const decimals = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
    const exponents = Object.values(decimals).map((power) => [`e${power}`, power] as const);
    const tens = [...Object.entries(decimals), ...exponents].map(([suffix, power]) => {
      const places = power + 3;
      return places >= 0 ? written(thousandths, places) + suffix : `${thousandths}${"0".repeat(-places)}${suffix}`;
    });
    // A binary fraction ends in decimals as well.
    const twos = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((suffix, i) => {
      const power = 10 * (i + 1);
      return written(thousandths * 5n ** BigInt(power), power + 3) + suffix;
    });
    return [...tens, ...twos];
  }

  it("is the same in every spelling, and keeps its order", () => {
    const thousandths = fc.bigInt({ min: 1n, max: 2n ** 73n });
    const property = fc.property(thousandths, thousandths, (one, other) => {
      const bytes = (one + 999n) / 1000n;
      for (const text of spellings(one)) {
        assert.equal(wholeBytes(text), bytes, text);
        assert.equal(quantity(text), quantity(`${one}m`), text);
        assert.equal(wholeBytes(text)! <= wholeBytes(spellings(other)[0])!, bytes <= (other + 999n) / 1000n, text);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("formatBytes", () => {
  it("writes sizes in the unit that they fill", () => {
    assert.deepEqual([0, 1023, 1024, 1.5 * 2 ** 30].map(formatBytes), ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 GiB"]);
  });
});
