/** `npm run bench [-- WORD ...]`: measures all, or what the words name, and prints a table for each. */
import { compare, tableOf } from "./compare";
import { startUpComparison, withScratch } from "./startup";

async function main(): Promise<void> {
  await withScratch(async (scratch) => {
    for (const comparison of [await startUpComparison(scratch)]) console.log(`${tableOf(await compare(comparison))}\n`);
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
