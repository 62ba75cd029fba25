import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./documents";

const file = "docs/development/reports.md";
const cited = /"([^"]+)"(?: and "([^"]+)")? of \[[^\]]+\]\(([^)]+)\)/g;

describe(file, () => {
  it("names tests that are there, by words that they have, in each row or says why there is none", () => {
    const rows = readFileSync(path.join(repository, file), "utf8")
      .split("\n")
      .filter((line) => /^\| (?!Reported|---)/.test(line));
    assert.ok(rows.length > 25, `${rows.length} rows`);
    const wrong = rows.flatMap((row) => {
      const tests = [...row.matchAll(cited)];
      if (tests.length === 0) return /none yet:|does not apply:/.test(row) ? [] : [row];
      return tests.flatMap(([, one, another, link]) => {
        const text = readFileSync(path.join(repository, path.dirname(file), link), "utf8").toLowerCase();
        return [one, another].filter((words) => words && !text.includes(words.toLowerCase()));
      });
    });
    assert.deepEqual(wrong, []);
  });
});
