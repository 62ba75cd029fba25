/**
 * Lists every sentence that a user may read, with the place that prints it: `npm run sentences [-- FOLDER...]`. Sentences are the texts of
 * at least three words in the program, the review, the policies, the lab and the scripts of the pods.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { repository } from "../../lab/src/instance";
import { run } from "../../lab/src/run";

const folders = ["config", "components", "review", "status", "policies", "lab/src", "lab/plugins", "index.ts"];

interface Sentence {
  line: number;
  text: string;
}

/** Whether a text is one that people read: three words at least, and no command line or code. */
const isSentence = (text: string) =>
  /[A-Za-z]{2,}[^\n]* [a-z]{2,}[^\n]* [a-z{]{2,}/.test(text) && !/^\s*[-{[]/.test(text);

/** Sentences in TypeScript; what stands for a value in a template is shown in braces. */
export function inTypeScript(text: string): Sentence[] {
  const file = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true);
  const found: Sentence[] = [];
  const textOf = (node: ts.Node): string | undefined => {
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isTemplateExpression(node))
      return (
        node.head.text + node.templateSpans.map((span) => `{${span.expression.getText()}}${span.literal.text}`).join("")
      );
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      const [left, right] = [textOf(node.left), textOf(node.right)];
      return left === undefined && right === undefined
        ? undefined
        : (left ?? `{${node.left.getText()}}`) + (right ?? `{${node.right.getText()}}`);
    }
    return undefined;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    const text = textOf(node);
    if (text === undefined) ts.forEachChild(node, visit);
    else if (isSentence(text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push({ line: line + 1, text: text.replace(/\s+/g, " ") });
    }
  };
  visit(file);
  return found;
}

/** Sentences in a script of Python or of a shell: its quoted texts, docstrings and comments aside. */
export function inScript(text: string): Sentence[] {
  const code = text.replace(/"""[^]*?"""/g, (doc) => doc.replace(/[^\n]/g, ""));
  return code.split("\n").flatMap((line, i) =>
    [...line.replace(/^\s*#.*/, "").matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g)]
      .map(([, double, single]) => double ?? single)
      .filter(isSentence)
      .map((text) => ({ line: i + 1, text })),
  );
}

/** All sentences under these folders, each after its place: `config/schema.ts:12: ...`. */
export async function sentences(...under: string[]): Promise<string[]> {
  const listed = await run("git", ["ls-files", "--", ...(under.length > 0 ? under : folders)], { cwd: repository });
  const files = listed.split("\n").filter((file) => /\.(ts|sh|py)$/.test(file));
  return files.flatMap((file) => {
    const text = readFileSync(join(repository, file), "utf8");
    const found = file.endsWith(".ts") ? inTypeScript(text) : inScript(text);
    return found.map(({ line, text }) => `${file}:${line}: ${text}`);
  });
}

if (require.main === module) void sentences(...process.argv.slice(2)).then((lines) => console.log(lines.join("\n")));
