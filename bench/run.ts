/** `npm run bench [-- [--runs N] WORD ...]`: measures all, or what the words name, and prints a table for each measure. */
import { parseArgs } from "node:util";
import { Lab } from "../lab/src/lab";
import { say } from "../lab/src/progress";
import { compare, Comparison, Outcome } from "./compare";
import { growthComparison } from "./growth";
import { labComparison } from "./labs";
import { repairComparison } from "./repairs";
import { keep, tableOf } from "./report";
import { ringComparison, Rings } from "./rings";
import { scalingComparison } from "./scaling";
import { startUpComparison, withScratch } from "./startup";
import { updateComparisons } from "./updates";

/** Comparisons that share what they are measured on. */
interface Group {
  names: string[];
  /** @param scratch folder for what is written */
  measure: (scratch: string, all: (comparisons: Comparison[]) => Promise<void>) => Promise<void>;
}

/** A lab of the bench's own for as long as something takes. */
async function inLab(simulated: boolean, use: (lab: Lab) => Promise<void>): Promise<void> {
  const name = "bench";
  const down = () => Lab.find(name).down({ delete: true });
  // What an earlier run left behind would be measured as well.
  await down();
  try {
    await use(await Lab.up({ name, simulated }));
  } finally {
    await down();
  }
}

const groups: Group[] = [
  {
    names: ["startup"],
    measure: async (scratch, all) => all([await startUpComparison(scratch)]),
  },
  {
    names: ["preview", "no-op", "fresh"],
    measure: (scratch, all) => inLab(true, async (lab) => all(await updateComparisons(lab, scratch))),
  },
  {
    names: ["growth"],
    measure: (scratch, all) => inLab(true, async (lab) => all([await growthComparison(lab, scratch)])),
  },
  {
    names: ["ring-3", "ring-5", "scaling"],
    measure: (_, all) =>
      inLab(false, async (lab) => {
        const rings = await Rings.in(lab);
        return all([ringComparison(rings, 3, true), ringComparison(rings, 5, false), scalingComparison(rings)]);
      }),
  },
  {
    names: ["repair"],
    measure: (_, all) => inLab(false, async (lab) => all([repairComparison(await Rings.in(lab))])),
  },
  {
    names: ["lab"],
    measure: (scratch, all) => all([labComparison(scratch)]),
  },
];

/** Ctrl-C ends what is being measured, in good order; once more ends this program, and leaves its lab to `lab down --name bench`. */
const interrupted = new AbortController();
process.once("SIGINT", () => {
  say("Interrupted: the lab of the bench is taken down; what was measured as a whole is kept.");
  process.exitCode = 130;
  interrupted.abort();
});

async function main(): Promise<void> {
  const { values, positionals: words } = parseArgs({ options: { runs: { type: "string" } }, allowPositionals: true });
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
    throw new Error(`--runs ${values.runs}: a number from 1 on`);
  const known = groups.flatMap(({ names }) => names);
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) throw new Error(`nothing is named ${unknown.join(", ")}; there is ${known.join(", ")}`);
  const isWanted = (name: string) => words.length === 0 || words.includes(name);

  async function all(comparisons: Comparison[]): Promise<void> {
    for (const comparison of comparisons.filter(({ name }) => isWanted(name))) {
      const outcomes: Outcome[] = await compare(comparison, runs, interrupted.signal);
      for (const outcome of outcomes) console.log(`${tableOf(outcome)}\n`);
      keep(comparison.name, outcomes, known);
    }
  }
  for (const { measure } of groups.filter(({ names }) => names.some(isWanted)))
    await withScratch((scratch) => measure(scratch, all));
}

main().catch((error: Error) => {
  if (!interrupted.signal.aborted) say(error.message);
  process.exitCode ??= 1;
});
