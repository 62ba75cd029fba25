import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { linksIn, anchorsIn, documents, repository } from "./documents";

describe("the documents", () => {
  it("link to files that there are, and to headings that are in them", () => {
    const broken: string[] = [];
    for (const file of documents()) {
      for (const link of linksIn(readFileSync(path.join(repository, file), "utf8"))) {
        if (/^[a-z]+:/.test(link)) continue;
        const [to, anchor] = link.split("#");
        const target = to ? path.join(path.dirname(file), decodeURI(to)) : file;
        const whole = path.join(repository, target);
        const isThere = existsSync(whole);
        const hasAnchor = !anchor || (isThere && anchorsIn(readFileSync(whole, "utf8")).includes(anchor));
        if (!isThere || !hasAnchor) broken.push(`${file}: ${link}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it("all are reached from the README", () => {
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file) || !file.endsWith(".md") || !existsSync(path.join(repository, file))) return;
      reached.add(file);
      for (const link of linksIn(readFileSync(path.join(repository, file), "utf8"))) {
        const [to] = link.split("#");
        if (to && !/^[a-z]+:/.test(link)) follow(path.join(path.dirname(file), to));
      }
    };
    follow("README.md");
    // Of the reference, which is generated, the README has the folder.
    const others = documents().filter((file) => !file.startsWith("docs/reference/"));
    assert.deepEqual(
      others.filter((file) => !reached.has(file)),
      [],
    );
  });

  it("begin with a README of at most 150 lines", () => {
    const lines = readFileSync(path.join(repository, "README.md"), "utf8").trimEnd().split("\n");
    assert.ok(lines.length <= 150, `${lines.length} lines`);
  });
});
