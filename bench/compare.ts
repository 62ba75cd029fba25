/** Measures side by side in one run: what drifts meanwhile, drifts for all. */
import { step } from "../lab/src/progress";

/** What is measured of each contender. */
export interface Measure {
  title: string;
  unit: "s" | "ms" | "ms for each object" | "MB" | "requests/s" | "%";
  /** Name of the contender that ratios are to. */
  limit: string;
  /** At most so many times the limit is the goal. */
  goal?: number;
  /** At most so much is the goal, in the measure's own unit. */
  most?: number;
}

/** Figures of one run, by the keys of the measures; one that a contender does not have is left out. */
export type Sample<Key extends string> = Partial<Record<Key, number>>;

/** One that is measured. */
export interface Contender<Key extends string> {
  name: string;
  run(): Promise<Sample<Key>>;
}

export interface Comparison<Key extends string = string> {
  /** Word that `npm run bench` takes for it. */
  name: string;
  /** How often each is measured. */
  runs: number;
  measures: Record<Key, Measure>;
  /** What must come before the first run. @default nothing */
  before?: () => Promise<unknown>;
  /** What must come after the last one. @default nothing */
  after?: () => Promise<unknown>;
  /** Those that are compared; the first is this program. */
  contenders: Contender<Key>[];
}

/** Figures of one contender. */
export interface Figures {
  name: string;
  minimum: number;
  median: number;
  maximum: number;
}

/** What came of one measure. */
export interface Outcome extends Measure {
  runs: number;
  figures: Figures[];
}

/**
 * @param runs in place of the comparison's own number
 * @param signal that ends it before the next run
 * @throws the signal's reason
 */
export async function compare<Key extends string>(
  comparison: Comparison<Key>,
  runs = comparison.runs,
  signal?: AbortSignal,
) {
  const { name, contenders, measures, before, after } = comparison;
  await before?.();
  const samples = new Map<string, Sample<Key>[]>(contenders.map((one) => [one.name, []]));
  for (let run = 0; run < runs; run++) {
    // Each in turn begins, so that none always runs on what another one has warmed up.
    const turn = contenders.map((_, i) => contenders[(i + run) % contenders.length]);
    for (const contender of turn) {
      signal?.throwIfAborted();
      const what = `${name}: ${contender.name}, run ${run + 1} of ${runs}`;
      samples.get(contender.name)!.push(await step(what, () => contender.run()));
    }
  }
  await after?.();
  return (Object.entries(measures) as [Key, Measure][]).map(([key, measure]): Outcome => {
    const figures = [...samples].flatMap(([contender, all]) => {
      const values = all.flatMap((sample) => sample[key] ?? []);
      return values.length > 0 ? [figuresOf(contender, values)] : [];
    });
    return { ...measure, runs, figures };
  });
}

export function figuresOf(name: string, values: number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { name, minimum: sorted[0], median, maximum: sorted[sorted.length - 1] };
}

/** Seconds that something takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
