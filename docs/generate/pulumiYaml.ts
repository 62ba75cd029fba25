import { Key } from "../../config/keys";
import { commonKeys, objectKeys } from "../../config/schema";

const comment = `# Generated from config/schema.ts by \`npm run docs\`.
# Scalars are declared as strings and checked by config/: the engine's own check would stop at the first wrong value and name
# neither the value nor what is allowed.`;

/** Pulumi.yaml with the \`config:\` block of the schema. The block, with the comment before it, is the last of the file. */
export function withConfigBlock(pulumiYaml: string): string {
  const before = pulumiYaml.replace(/(^#.*\n)*^config:\n[^]*$/m, "");
  const keys = Object.entries<Key>({ ...commonKeys, ...objectKeys }).map(([name, key]) => declaration(name, key));
  return `${before}${comment}\nconfig:\n${keys.join("")}`;
}

function declaration(name: string, { type, items, default: value, meaning }: Key): string {
  const lines = [
    `type: ${type}`,
    ...(items ? ["items:", `  type: ${items}`] : []),
    `default: ${JSON.stringify(value)}`,
    `description: ${JSON.stringify(meaning)}`,
  ];
  return `  ${name}:\n${lines.map((line) => `    ${line}\n`).join("")}`;
}
