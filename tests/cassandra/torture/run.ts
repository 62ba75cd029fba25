/** `npm run torture -- [--seed S] [--minutes M]`: random histories on a real ring under load, and a table of what was done. */
import { parseArgs } from "node:util";
import { Lab } from "../../../lab/src/lab";
import { duration, say } from "../../../lab/src/progress";
import { RingStack } from "../../support/ringStack";
import { DeedName, deeds, historiesOf } from "./histories";
import { Torture, written } from "./torture";

const name = "torture";
const usage = `usage: npm run torture -- [--seed S] [--minutes M] [--history N]
  --seed S      the first seed; three histories of each, then those of the next one (default 1)
  --minutes M   no further history is begun after so long (default 60)
  --history N   the Nth history of the seed, and no other`;
/** Histories of each seed. */
const each = 3;

async function main(): Promise<void> {
  const string = { type: "string" } as const;
  const { values } = parseArgs({ options: { seed: string, minutes: string, history: string } });
  const [first, minutes, only] = [values.seed ?? "1", values.minutes ?? "60", values.history ?? "0"].map(Number);
  if (![first, minutes, only].every((number) => Number.isInteger(number) && number >= 0) || only > each)
    throw new Error(usage);

  const began = Date.now();
  const done = new Map<DeedName, number>();
  let ended = 0;
  let seeds = 0;
  // What an earlier run left behind, if it was killed.
  await Lab.find(name).down({ delete: true });
  const lab = await Lab.up({ name });
  const stack = await RingStack.of(lab, "ring");
  let torture: Torture | undefined;
  // The engine is in a process group of its own, and would go on in a lab that is gone.
  const interrupted = () => {
    torture?.stop();
    void lab.down({ delete: true }).finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const isOver = () => Date.now() - began > minutes * 60_000;
  try {
    for (let seed = first; !isOver() && (only === 0 || seed === first); seed++, seeds++) {
      for (const [i, history] of historiesOf(seed, each).entries()) {
        if (isOver() || (only > 0 && i + 1 !== only)) continue;
        const title = `seed ${seed}, history ${i + 1}`;
        say(`${title}, ${written(history)}`);
        const start = Date.now();
        torture = new Torture(lab, stack, history, lab.instance.path("torture", `${seed}-${i + 1}`), done, (line) =>
          say(`    ${line}`),
        );
        say(`  ${title}: ${await torture.run()}, ${duration(Date.now() - start)}`);
        ended++;
      }
    }
  } catch (error) {
    say(
      `The lab is left as it is: eval "$(npm run -s lab -- env --name ${name})"; then npm run lab -- down --delete --name ${name}`,
    );
    throw error;
  } finally {
    console.log(table(done, ended, seeds));
  }
  await lab.down({ delete: true });
}

/** What was done how often, in Markdown. */
function table(done: Map<DeedName, number>, histories: number, seeds: number): string {
  const lines = Object.entries(deeds).map(([name, title]) => `| ${title} | ${done.get(name as DeedName) ?? 0} |`);
  return [`\n${histories} histories of ${seeds} seeds ended well\n`, "| done | times |", "|---|---|", ...lines].join(
    "\n",
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
