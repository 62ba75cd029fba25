import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { compare, figuresOf } from "../../../bench/compare";
import { chartOf, documented, kept, tableOf, withFigures } from "../../../bench/report";

describe("a comparison", () => {
  it("takes the middle of its runs", () => {
    assert.deepEqual(figuresOf("a", [3, 1, 2]), { name: "a", minimum: 1, median: 2, maximum: 3 });
    assert.equal(figuresOf("a", [4, 1, 2, 3]).median, 2.5);
  });

  it("measures in turns, and tells ratios to the limit", async () => {
    const order: string[] = [];
    const contender = (name: string, time: number) => ({
      name,
      run: () => {
        order.push(name);
        return Promise.resolve(name === "a" ? { time, size: 7 } : { time });
      },
    });
    const measures = {
      time: { title: "X", unit: "s", limit: "b", goal: 1.2 },
      size: { title: "Y", unit: "MB", limit: "a", most: 10 },
    } as const;
    const contenders = [contender("a", 3), contender("b", 2)];
    const [time, size] = await compare({ name: "x", runs: 2, measures, contenders });
    assert.deepEqual(order, ["a", "b", "b", "a"]);
    assert.match(tableOf(time), /^In s, of 2 runs\. Goal: at most 1\.2 x b\.$/m);
    assert.match(tableOf(time), /^\| a \| 3\.00 \| 3\.00 \| 3\.00 \| 1\.50 \|$/m);
    assert.deepEqual(
      size.figures.map(({ name }) => name),
      ["a"],
    );
    assert.match(tableOf(size), /Goal: at most 10 MB\./);
  });

  it("ends between two runs when it is told to", async () => {
    const stop = new AbortController();
    let runs = 0;
    const contender = {
      name: "a",
      run: () => {
        if (++runs === 2) stop.abort(new Error("stopped"));
        return Promise.resolve({ time: 1 });
      },
    };
    const measures = { time: { title: "X", unit: "s", limit: "a" } } as const;
    await assert.rejects(
      compare({ name: "x", runs: 5, measures, contenders: [contender] }, undefined, stop.signal),
      /stopped/,
    );
    assert.equal(runs, 2);
  });
});

describe("the figures in the documents", () => {
  const results = kept();

  it("are those that were measured last", () => {
    const document = readFileSync("docs/performance.md", "utf8");
    assert.equal(withFigures(document, documented(results)), document);
    assert.equal(readFileSync("docs/performance.svg", "utf8"), chartOf(results));
  });
});
