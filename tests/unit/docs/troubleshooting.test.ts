import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./documents";
import { normalised, sayingsOf, sentencesOf, wordsOf } from "./messages";

const page = readFileSync(path.join(repository, "docs/troubleshooting.md"), "utf8");
/** Lines of its `text` blocks: the messages, one a line. */
const listed = [...page.matchAll(/^```text\n([^]*?)^```$/gm)].flatMap(([, block]) =>
  block.trim().split("\n").map(normalised),
);

/** Whether a line of the page is this message, or has it as a part. */
const isListed = (message: string) =>
  listed.some((line) => line.includes(message.replace(/^\.\.\.|\.\.\.$/g, "").trim()));

const files = (folder: string) =>
  readdirSync(path.join(repository, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(repository, folder, file));

/** Commands for shells, which nobody is told. */
const isTold = (message: string) => !/nodetool \w+ 2>|^flock |^date -u|^case |^df /.test(message);

/** What waits, in whose files the shortest sentence is a message. Elsewhere short ones are parts of longer ones. */
const waits = /Plan|convergenceMessages|rollingRestart|memberDecommission|topologyChanges/;

describe("docs/troubleshooting.md", () => {
  it("has each message that a pod waits with, or says in its log", () => {
    const sayings = sayingsOf(path.join(repository, "components/pod"));
    assert.ok(sayings.length > 50, "the scripts are not read as they are written");
    assert.deepEqual(
      sayings.filter((message) => !isListed(message)),
      [],
    );
  });

  it("has each message that a hook of an operation waits with, refuses with or says", () => {
    const sentences = files("components/operations").flatMap((file) =>
      sentencesOf(file).filter((message) => isTold(message) && (waits.test(file) || wordsOf(message) >= 8)),
    );
    assert.ok(sentences.length > 80, "the hooks are not read as they are written");
    assert.deepEqual(
      [...new Set(sentences)].filter((message) => !isListed(message)),
      [],
    );
  });
});
