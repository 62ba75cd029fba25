/** The documents that people read, and what is in them. */
import { readdirSync } from "node:fs";
import * as path from "node:path";

export const repository = path.join(__dirname, "../../..");

/** Every document, from the repository's root: those at the top, and all below docs. */
export function documents(): string[] {
  const isDocument = (file: string) => file.endsWith(".md");
  const below = readdirSync(path.join(repository, "docs"), { encoding: "utf8", recursive: true });
  return [...readdirSync(repository), ...below.map((file) => path.join("docs", file))].filter(isDocument).sort();
}

/** Text without fenced blocks, in which nothing is a link or a heading. */
const outsideFences = (markdown: string) => markdown.replace(/^( *)```[^]*?^\1```$/gm, "");

/** What its links and pictures lead to. */
export const linksIn = (markdown: string): string[] =>
  [...outsideFences(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(([, link]) => link);

/** Names that links to its headings have, as GitHub makes them. */
export function anchorsIn(markdown: string): string[] {
  const headings = [...outsideFences(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/ /g, "-"),
  );
}
