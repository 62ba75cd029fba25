/** A page of docs/operations as a person follows it: its blocks of commands, in order, and the lines that each is to print. */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../../../lab/src/instance";

/** One fenced `sh` block. */
export interface Block {
  commands: string;
  /** Lines of the `text` block right after it, in order; others may stand between them. */
  expected: string[];
  /** Why the lab cannot run it. */
  notRun?: string;
  /** Line of the page that it begins in. */
  line: number;
}

export const pageOf = (name: string) => path.join(repository, "docs/operations", name);

export const blocksOn = (name: string): Block[] => blocksIn(readFileSync(pageOf(name), "utf8"));

/** @throws when a mark stands before no block, or a fence has no end */
export function blocksIn(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  let notRun: string | undefined;
  /** Whether nothing but blanks stands between the last `sh` block and here. */
  let isRightAfter = false;
  for (let i = 0; i < lines.length; i++) {
    const mark = /^\s*<!-- not run: (.+) -->$/.exec(lines[i]);
    const [, indent, language] = /^(\s*)```(\w+)$/.exec(lines[i]) ?? [];
    if (mark) notRun = mark[1];
    else if (language) {
      const end = lines.findIndex((line, at) => at > i && line.trim() === "```");
      assert.ok(end > 0, `line ${i + 1}: the block has no end`);
      const content = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
      if (language === "sh") blocks.push({ commands: content.join("\n"), expected: [], notRun, line: i + 1 });
      else if (language === "text" && isRightAfter) blocks.at(-1)!.expected = content.filter((line) => line.trim());
      assert.ok(language === "sh" || !notRun, `line ${i + 1}: a mark stands before a block that nobody runs`);
      isRightAfter = language === "sh";
      notRun = undefined;
      i = end;
    } else if (lines[i].trim()) {
      assert.ok(!notRun, `line ${i + 1}: a mark stands before no block`);
      isRightAfter = false;
    }
  }
  return blocks;
}

/** `...` stands for any text, `<name>` for some text, and blanks for any blanks. */
export function patternOf(line: string): RegExp {
  const parts = line.trim().split(/(\.\.\.|<[^<>]+>|\s+)/);
  const source = parts.map((part) => {
    if (part === "...") return ".*";
    if (/^<[^<>]+>$/.test(part)) return ".+?";
    return /^\s+$/.test(part) ? "\\s*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`);
}

/** The first expected line that the output does not have after the one before; undefined when it has all of them. */
export function missingIn(output: string, expected: string[]): string | undefined {
  const lines = output.split("\n").map((line) => line.trim());
  let from = 0;
  for (const line of expected) {
    const at = lines.findIndex((one, i) => i >= from && patternOf(line).test(one));
    if (at < 0) return line;
    from = at + 1;
  }
  return undefined;
}
