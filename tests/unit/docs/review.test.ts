import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./documents";

const textOf = (file: string) => readFileSync(path.join(repository, file), "utf8");

describe("the review that the guide shows", () => {
  it("is what the review says of that edit", () => {
    const quoted = textOf("docs/guides/review-and-policies.md")
      .split("\n")
      .filter((line) => line.startsWith("    ") && !line.startsWith("    $ "))
      .map((line) => line.trim().replace(/\d+(\.\d+)? KiB/, "SIZE"));
    const report = textOf("tests/engine/edits/persistent/shrink.md").split("\n");
    assert.equal(quoted.length, 5);
    assert.deepEqual(
      quoted.filter((line) => !report.includes(line)),
      [],
    );
  });
});
