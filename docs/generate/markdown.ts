/** A page of the reference, as Markdown. @param source file whose table the page comes from */
export function page(title: string, source: string, ...parts: string[]): string {
  const note = `<!-- Generated from ${source} by \`npm run docs\`. Do not edit: change ${source} and run \`npm run docs\` again. -->`;
  return `${[note, `# ${title}`, ...parts].join("\n\n")}\n`;
}

/** A table. Cells are Markdown, but `|` and `<` in them mean themselves. */
export function table(headings: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(headings), `|${" --- |".repeat(headings.length)}`, ...rows.map(line)].join("\n");
}

/** A value, or nothing if it is empty. */
export const code = (value: string) => (value === "" ? "" : `\`${value}\``);

/** In code, `<` means itself already. */
const cell = (text: string) =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;")))
    .join("")
    .replaceAll("|", "\\|");
