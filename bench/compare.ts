/** Measures side by side in one run: what drifts meanwhile, drifts for all. */
import { step } from "../lab/src/progress";

/** One that is measured. */
export interface Contender {
  name: string;
  /** What is measured: seconds, bytes, or whatever the comparison says. */
  run(): Promise<number>;
}

export interface Comparison {
  /** Word that `npm run bench` takes for it. */
  id: string;
  title: string;
  unit: "s" | "ms for each object" | "MB";
  /** How often each is measured. */
  runs: number;
  /** What must come before the first run. @default nothing */
  before?: () => Promise<unknown>;
  /** Those that are compared; the first is this program. */
  contenders: Contender[];
  /** Name of the one that ratios are to. */
  limit: string;
  /** At most so many times that is the goal. */
  goal?: number;
}

/** Figures of one contender. */
export interface Figures {
  name: string;
  minimum: number;
  median: number;
  maximum: number;
}

export interface Outcome extends Omit<Comparison, "contenders" | "before"> {
  figures: Figures[];
}

export async function compare({ contenders, before, ...comparison }: Comparison): Promise<Outcome> {
  await before?.();
  const values = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let run = 0; run < comparison.runs; run++) {
    // Each in turn begins, so that none always runs on what another one has warmed up.
    const turn = contenders.map((_, i) => contenders[(i + run) % contenders.length]);
    for (const contender of turn) {
      const what = `${comparison.title}: ${contender.name}, run ${run + 1} of ${comparison.runs}`;
      values.get(contender.name)!.push(await step(what, () => contender.run()));
    }
  }
  return { ...comparison, figures: contenders.map(({ name }) => figuresOf(name, values.get(name)!)) };
}

export function figuresOf(name: string, values: number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { name, minimum: sorted[0], median, maximum: sorted[sorted.length - 1] };
}

/** A comparison as a table in Markdown. */
export function tableOf({ title, unit, runs, figures, limit, goal }: Outcome): string {
  const reference = figures.find(({ name }) => name === limit)!.median;
  const rows = figures.map(({ name, minimum, median, maximum }) => {
    const ratio = median / reference;
    const values = [minimum, median, maximum, ratio].map((value) => value.toFixed(2));
    return `| ${[name, ...values].join(" | ")} |`;
  });
  const aim = goal === undefined ? "" : ` Goal: at most ${goal} x ${limit}.`;
  return [
    `#### ${title}`,
    "",
    `In ${unit}, of ${runs} runs.${aim}`,
    "",
    `| | minimum | median | maximum | to ${limit} |`,
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
