/** `npm run bench [-- WORD ...]`: measures all, or what the words name, and prints a table for each comparison. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { Lab } from "../lab/src/lab";
import { compare, Comparison, Outcome, tableOf } from "./compare";
import { growth } from "./growth";
import { ringComparisons } from "./rings";
import { startUpComparison, withScratch } from "./startup";
import { updateComparisons } from "./updates";

/** Comparisons that share what they are measured on. */
interface Group {
  ids: string[];
  /** Measures those that are wanted. @param scratch folder for what is written */
  run: (scratch: string, isWanted: (id: string) => boolean, tell: (outcome: Outcome) => void) => Promise<void>;
}

/** Runs those comparisons that are wanted, one after another. */
function all(make: (scratch: string) => Promise<Comparison[]>): Group["run"] {
  return async (scratch, isWanted, tell) => {
    for (const comparison of await make(scratch)) if (isWanted(comparison.id)) tell(await compare(comparison));
  };
}

/** A lab of the bench's own for as long as something takes. */
async function inLab(simulated: boolean, use: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await Lab.up({ name: "bench", simulated });
  try {
    await use(lab);
  } finally {
    await lab.down({ delete: true });
  }
}

const groups: Group[] = [
  {
    ids: ["startup"],
    run: all(async (scratch) => [await startUpComparison(scratch)]),
  },
  {
    ids: ["preview", "no-op", "fresh"],
    run: (...args) => inLab(true, (lab) => all((scratch) => updateComparisons(lab, scratch))(...args)),
  },
  {
    ids: ["growth"],
    run: (scratch, _, tell) => inLab(true, async (lab) => (await growth(lab, scratch)).forEach(tell)),
  },
  {
    ids: ["ring-3", "ring-5"],
    run: (...args) => inLab(false, (lab) => all(() => ringComparisons(lab))(...args)),
  },
];

async function main(words: string[]): Promise<void> {
  const known = groups.flatMap(({ ids }) => ids);
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) throw new Error(`nothing is named ${unknown.join(", ")}; there is ${known.join(", ")}`);
  const isWanted = (id: string) => words.length === 0 || words.includes(id);
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome) => {
    outcomes.push(outcome);
    console.log(`${tableOf(outcome)}\n`);
  };
  for (const { run } of groups.filter(({ ids }) => ids.some(isWanted)))
    await withScratch((scratch) => run(scratch, isWanted, tell));
  // For the chart in the README, which is drawn of a whole run alone.
  if (words.length === 0) writeFileSync(path.join(__dirname, "results.json"), `${JSON.stringify(outcomes, null, 2)}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
