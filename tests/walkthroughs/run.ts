/** `npm run walkthrough -- NAME`: follows one of the walk-throughs in a lab, and prints it as a person would follow it. */
import { parseArgs } from "node:util";
import { Guide } from "./guide";
import { walkthroughs } from "./walkthroughs";

const usage = `usage: npm run walkthrough -- NAME | --list
  NAME     one of ${Object.keys(walkthroughs).join(", ")}
  --list   what they are about`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: "boolean" } } });
  if (values.list) {
    const width = Math.max(...Object.keys(walkthroughs).map((name) => name.length));
    for (const [name, { title, steps }] of Object.entries(walkthroughs)) {
      console.log(`${name.padEnd(width)}  ${title} (${steps.length} steps)`);
    }
    return;
  }
  const [name] = positionals;
  const { title, needs, steps } = walkthroughs[name] ?? {};
  if (!steps) throw new Error(`${name ? `there is no walk-through "${name}"` : "which one?"}\n${usage}`);

  const guide = await Guide.prepare(needs, (text) => process.stdout.write(text));
  await guide.clear();
  console.log(`\n${title}\n${"=".repeat(title.length)}`);
  for (const step of steps) {
    console.log(`\n${step.title}\n${"-".repeat(step.title.length)}\n`);
    await step.run(guide);
  }
  await guide.seesNothingLeft();
  console.log("\nThe lab is still up: npm run lab -- down --delete --name walkthrough");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
