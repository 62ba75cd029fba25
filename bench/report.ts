/** Figures for people: tables, a chart, and the parts of the documents that quote them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Figures, Outcome } from "./compare";

/** What was measured, by the names of the comparisons, each when and where it was measured last. */
export type Results = Record<string, { date: string; machine: string; outcomes: Outcome[] }>;

const files = {
  results: path.join(repository, "bench/results.json"),
  chart: path.join(repository, "docs/performance.svg"),
  details: path.join(repository, "docs/performance.md"),
};

export function kept(): Results {
  return existsSync(files.results) ? (JSON.parse(readFileSync(files.results, "utf8")) as Results) : {};
}

/** Keeps what came of a comparison in place of what came of it before, and writes it into the documents. @param order of all of them */
export function keep(name: string, outcomes: Outcome[], order: string[]): void {
  const all = { ...kept(), [name]: { date: new Date().toISOString().slice(0, 10), machine: machine(), outcomes } };
  const results = Object.fromEntries(order.filter((one) => one in all).map((one) => [one, all[one]]));
  writeFileSync(files.results, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(files.chart, chartOf(results));
  writeFileSync(files.details, withFigures(readFileSync(files.details, "utf8"), documented(results)));
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} cores (${all[0].model.trim()}, ${arch()}), ${memory} GiB, Linux ${release()}, Node.js ${process.versions.node}`;
}

const marks = ["<!-- figures: written by `npm run bench` -->", "<!-- end of figures -->"];

/** A document with other figures between its marks. @throws when it has no marks */
export function withFigures(document: string, figures: string): string {
  const [begin, end] = marks.map((mark) => document.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error(`there is no place for figures: ${marks.join(" ... ")}`);
  return `${document.slice(0, begin)}${marks[0]}\n${figures}\n${document.slice(end)}`;
}

const text = (value: number) => value.toFixed(value < 100 ? 2 : 0);

const goalOf = ({ goal, most, unit, limit }: Outcome) =>
  goal !== undefined ? `at most ${goal} x ${limit}` : most !== undefined ? `at most ${most} ${unit}` : "";

function reference({ figures, limit }: Outcome): number | undefined {
  return figures.find(({ name }) => name === limit)?.median;
}

/** A contender's ratio to the limit. */
function ratio(outcome: Outcome, { median }: Figures): string {
  const to = reference(outcome);
  return to === undefined || to === 0 ? "" : (median / to).toFixed(2);
}

/** One measure as a table in Markdown. */
export function tableOf(outcome: Outcome): string {
  const { title, unit, runs, figures, limit } = outcome;
  const goal = goalOf(outcome);
  const rows = figures.map((one) => {
    const values = [one.minimum, one.median, one.maximum].map(text);
    return `| ${[one.name, ...values, ratio(outcome, one)].join(" | ")} |`;
  });
  return [
    `#### ${title}`,
    "",
    `In ${unit}, of ${runs === 1 ? "1 run" : `${runs} runs`}.${goal && ` Goal: ${goal}.`}`,
    "",
    `| | minimum | median | maximum | to ${limit} |`,
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** What the document has between its marks: all medians, then each measure by itself. */
export const documented = (results: Results) => `${summaryOf(results)}\n\n${detailsOf(results)}`;

/** For each measure the medians in one line. */
function summaryOf(results: Results): string {
  const all = Object.values(results);
  const rows = all.flatMap(({ outcomes }) =>
    outcomes.map((outcome) => {
      const [own, ...others] = outcome.figures.map(
        (one) => `${text(one.median)} (${ratio(outcome, one)} x)${one === outcome.figures[0] ? "" : ` ${one.name}`}`,
      );
      return `| ${[`${outcome.title}, ${outcome.unit}`, own, others.join("; "), goalOf(outcome)].join(" | ")} |`;
    }),
  );
  const where = [...new Set(all.map(({ date, machine }) => `${machine}; ${date}`))];
  return [
    "![Medians of all that is compared](performance.svg)",
    "",
    "| median (ratio to the limit) | first | others | goal |",
    "|---|---|---|---|",
    ...rows,
    "",
    `Measured on ${where.join(", and on ")}.`,
  ].join("\n");
}

function detailsOf(results: Results): string {
  return Object.values(results)
    .flatMap(({ date, machine, outcomes }) => outcomes.map((one) => `${tableOf(one)}\n\n${date}: ${machine}.`))
    .join("\n\n");
}

const escaped = (text: string) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

/** Bars of the medians, in each measure as long as they are to its largest; a line where a goal is. */
export function chartOf(results: Results): string {
  const [width, left, bar, row, gap] = [960, 330, 480, 18, 34];
  const parts: string[] = [];
  let y = 10;
  for (const outcome of Object.values(results).flatMap(({ outcomes }) => outcomes)) {
    const limit = reference(outcome);
    const goal = outcome.most ?? (outcome.goal !== undefined && limit !== undefined ? outcome.goal * limit : undefined);
    const most = Math.max(...outcome.figures.map(({ median }) => median), goal ?? 0);
    const at = (value: number) => Math.round((value / most) * bar);
    parts.push(`<text x="10" y="${y + 14}" font-weight="bold">${escaped(`${outcome.title}, ${outcome.unit}`)}</text>`);
    y += 22;
    const top = y;
    for (const [i, one] of outcome.figures.entries()) {
      const colour = i === 0 ? "#1287b1" : one.name === outcome.limit ? "#9aa7b0" : "#c9d3d9";
      const said = [text(one.median), ratio(outcome, one) && `${ratio(outcome, one)} x`].filter(Boolean).join(", ");
      parts.push(
        `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escaped(one.name)}</text>`,
        `<rect x="${left}" y="${y + 2}" width="${Math.max(1, at(one.median))}" height="${row - 4}" fill="${colour}"/>`,
        `<text x="${left + at(one.median) + 6}" y="${y + 13}">${said}</text>`,
      );
      y += row;
    }
    if (goal !== undefined) {
      const x = left + at(goal);
      parts.push(`<line x1="${x}" y1="${top}" x2="${x}" y2="${y}" stroke="#c0392b" stroke-dasharray="3 2"/>`);
    }
    y += gap - row;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${y}" fill="#fff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}
