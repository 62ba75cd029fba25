import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { rules } from "../../../policies/rules";

describe("the policies", () => {
  it("stand in the documents with their weight", () => {
    const page = readFileSync(path.join(__dirname, "../../../docs/guides/review-and-policies.md"), "utf8");
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (mandatory|advisory) \|/gm)].map(
      ([, name, level]) => `${name} ${level}`,
    );
    const all = rules.map(({ name, enforcementLevel }) => `${name} ${enforcementLevel}`);
    assert.deepEqual(listed.filter((line) => !line.startsWith("cluster-seen")).sort(), all.sort());
  });

  it("each say what to do, and how much they weigh", () => {
    for (const { name, description, enforcementLevel } of rules) {
      assert.match(name, /^[a-z-]+$/);
      assert.match(description, /\.$/);
      assert.ok(["advisory", "mandatory"].includes(enforcementLevel));
    }
  });
});
