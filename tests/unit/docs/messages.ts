/** What hooks and pods say, read from their sources: `...` stands for what is filled in. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import ts from "typescript";

/** Fewer words are a name, a flag or a part of a sentence that another literal has. */
const fewestWords = 4;

/** Blanks and what is filled in, alike wherever they come from. */
export function normalised(text: string): string {
  return text
    .replace(/%[sdr]/g, "...")
    .replace(/\s+/g, " ")
    .replace(/\.{3}( ?\.{3})+/g, "...")
    .trim();
}

/** Words that are words of a sentence. */
export const wordsOf = (text: string): number =>
  text.split(/\s+/).filter((word) => /^[`("]*[A-Za-z][a-z']*[`)",;:.]*$/.test(word)).length;

const isSentence = (text: string) => !text.includes("\n") && wordsOf(text) >= fewestWords;

/** Sentences among the string literals of a TypeScript file, each whole though it is put together of several. */
export function sentencesOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    const text = literalIn(node);
    if (text !== undefined && isSentence(text)) found.push(normalised(text));
    // What is filled in may be a sentence of its own.
    if (text === undefined) ts.forEachChild(node, visit);
    else filledIn(node).forEach((inner) => visit(inner));
  };
  visit(source);
  return found;
}

/** A literal, a template, or a sum of these; undefined for anything else. */
function literalIn(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `...${literal.text}`).join("");
  if (ts.isParenthesizedExpression(node)) return literalIn(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literalIn(node.left), literalIn(node.right)];
    return left === undefined && right === undefined ? undefined : `${left ?? "..."}${right ?? "..."}`;
  }
  return undefined;
}

function filledIn(node: ts.Node): ts.Node[] {
  if (ts.isTemplateExpression(node)) return node.templateSpans.map(({ expression }) => expression);
  if (ts.isParenthesizedExpression(node)) return filledIn(node.expression);
  if (!ts.isBinaryExpression(node)) return [];
  return [node.left, node.right].flatMap((side) => (literalIn(side) === undefined ? [side] : filledIn(side)));
}

/** Python that prints, as a JSON list, what the steps of a pod, its log and its errors are called with. */
const extract = `
import ast, json, sys

SAYS = {"Wait", "wait_for", "say", "Wipe", "StartOver", "Go", "Terminate", "Record", "WriteRecord"}

def text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)):
        left = text(node.left)
        right = text(node.right) if isinstance(node.op, ast.Add) else ""
        return None if left is None and right is None else ("..." if left is None else left) + ("..." if right is None else right)
    return None

def called(node):
    return getattr(node.func, "id", None) or getattr(node.func, "attr", None)

found = []
for file in sys.argv[1:]:
    for node in ast.walk(ast.parse(open(file).read())):
        if isinstance(node, ast.Call) and (called(node) in SAYS or str(called(node)).endswith(("Failed", "Refused"))):
            for argument in node.args:
                for part in [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]:
                    found.append(text(part))
print(json.dumps([one for one in found if one]))
`;

/** What the pods' scripts say, and what they wait for. */
export function sayingsOf(folder: string): string[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".py"))
    .map((file) => path.join(folder, file));
  const said = JSON.parse(execFileSync("python3", ["-c", extract, ...files], { encoding: "utf8" })) as string[];
  return said.map(normalised).filter(isSentence);
}
