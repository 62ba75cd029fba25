import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { blocksIn, blocksOn, missingIn } from "../../cassandra/operations/page";
import { pages, pagesThatAreNotRun } from "../../cassandra/operations/pages";
import { repository } from "./documents";

const folder = path.join(repository, "docs/operations");
const names = readdirSync(folder).filter((file) => file.endsWith(".md"));

describe("the pages of docs/operations", () => {
  it("are followed by the ring test, each of them", () => {
    assert.deepEqual([...pages.map(({ name }) => name), ...pagesThatAreNotRun].sort(), names.sort());
    for (const { name } of pages)
      assert.ok(
        blocksOn(name).some(({ notRun }) => !notRun),
        name,
      );
  });

  it("have the same form", () => {
    const wanted = ["Steps", "Verify", "Abort", "If it fails"];
    for (const name of names.filter((name) => name !== "README.md")) {
      const text = readFileSync(path.join(folder, name), "utf8");
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      assert.deepEqual(
        headings.filter((heading) => wanted.includes(heading)),
        wanted,
        name,
      );
      assert.ok(headings.includes("Check first"), name);
      assert.match(text, /^# .+\n\n\*\*When\*\*: /, name);
      assert.match(text, /^\*\*Risk to data\*\*: /m, name);
    }
  });

  it("are in the table that leads to them", () => {
    const index = readFileSync(path.join(folder, "README.md"), "utf8");
    for (const name of names.filter((name) => name !== "README.md")) assert.ok(index.includes(`(${name})`), name);
  });

  it("name the namespace in each command for kubectl that has one, and no ring by its application alone", () => {
    for (const name of names) {
      for (const { commands, line } of blocksOn(name)) {
        const all = commands.replace(/\\\n/g, " ").split("\n");
        for (const command of all.flatMap((one) => one.match(/kubectl [^|)]*/g) ?? [])) {
          const isOfNoNamespace = /^kubectl (apply|config|(get|delete|label) (namespace|node|pv|storageclass)\b)/.test(
            command,
          );
          assert.ok(isOfNoNamespace || command.includes('-n "$NAMESPACE"'), `${name}:${line}: ${command}`);
          assert.doesNotMatch(command, /delete .*-l "?app=/, `${name}:${line}: ${command}`);
        }
      }
    }
  });
});

describe("a page that is followed", () => {
  const page = [
    "```sh",
    "a",
    "b",
    "```",
    "```text",
    "x ...",
    "```",
    "",
    "<!-- not run: why -->",
    "```sh",
    "c",
    "```",
    "1. d",
    "   ```sh",
    "   e",
    "   ```",
  ];

  it("has blocks, each with what it is to print", () => {
    assert.deepEqual(blocksIn(page.join("\n")), [
      { commands: "a\nb", expected: ["x ..."], notRun: undefined, line: 1 },
      { commands: "c", expected: [], notRun: "why", line: 10 },
      { commands: "e", expected: [], notRun: undefined, line: 14 },
    ]);
  });

  it("marks nothing but blocks", () => {
    assert.throws(() => blocksIn("<!-- not run: why -->\ntext\n"), /line 2: a mark stands before no block/);
    assert.throws(() => blocksIn("```sh\na\n"), /line 1: the block has no end/);
  });

  it("is compared line by line, in order", () => {
    const output = "HEAD\nUN  10.0.0.1  5 KiB\nUN  10.0.0.2  6 KiB\n";
    assert.equal(missingIn(output, ["UN <address> ...", "UN  <address>  6 KiB"]), undefined);
    assert.equal(missingIn(output, ["UN ...", "UN ...", "UN ..."]), "UN ...");
    assert.equal(missingIn(output, ["UN ... 6 KiB", "HEAD"]), "HEAD");
    assert.equal(missingIn(output, ["DN ..."]), "DN ...");
  });
});
