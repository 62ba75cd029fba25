import * as assert from "node:assert/strict";
import { compare, figuresOf, tableOf } from "../../../bench/compare";

describe("a comparison", () => {
  it("takes the middle of its runs", () => {
    assert.deepEqual(figuresOf("a", [3, 1, 2]), { name: "a", minimum: 1, median: 2, maximum: 3 });
    assert.equal(figuresOf("a", [4, 1, 2, 3]).median, 2.5);
  });

  it("measures in turns, and tells ratios to the limit", async () => {
    const order: string[] = [];
    const contender = (name: string, value: number) => ({
      name,
      run: () => {
        order.push(name);
        return Promise.resolve(value);
      },
    });
    const contenders = [contender("a", 3), contender("b", 2)];
    const outcome = await compare({ id: "x", title: "X", unit: "s", runs: 2, limit: "b", goal: 1.2, contenders });
    assert.deepEqual(order, ["a", "b", "b", "a"]);
    assert.match(tableOf(outcome), /^In s, of 2 runs\. Goal: at most 1\.2 x b\.$/m);
    assert.match(tableOf(outcome), /^\| a \| 3\.00 \| 3\.00 \| 3\.00 \| 1\.50 \|$/m);
  });
});
