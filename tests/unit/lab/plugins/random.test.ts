import assert from "node:assert/strict";
import { randomString } from "../../../../lab/plugins/random";

describe("the random stand-in", () => {
  it("draws from the wanted classes only, with the wanted minima", () => {
    const text = randomString({ length: 40, special: false, upper: false, minNumeric: 10 });
    assert.match(text, /^[a-z0-9]{40}$/);
    assert.ok(text.replace(/\D/g, "").length >= 10);
    assert.notEqual(text, randomString({ length: 40, special: false, upper: false, minNumeric: 10 }));
    assert.match(randomString({ length: 8, overrideSpecial: "_", minSpecial: 8 }), /^_{8}$/);
  });

  it("refuses what cannot be drawn", () => {
    assert.throws(() => randomString({ length: 2, minLower: 3 }), /less than the sum/);
    const none = { length: 2, lower: false, upper: false, numeric: false, special: false };
    assert.throws(() => randomString(none), /no character/);
  });
});
