import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, Interface } from "node:readline";
import { nextLeavingStep, LeavingState } from "../../components/operations/memberDecommission";
import { membersToKeep } from "../../components/operations/memberRestore";
import { nextStep } from "../../components/operations/decommissionPlan";
import type { RingView } from "../../components/operations/ringView";
import { nextConvergenceStep } from "../../components/operations/convergencePlan";
import { podAtForeignAddress, Survey } from "../../components/operations/ringSurvey";
import { cached } from "../../lab/src/cache";
import { step } from "../../lab/src/progress";
import { run } from "../../lab/src/run";

/** What happens to a ring: a method of `History` in `world/history.py`, with its two numbers. */
export type Event = [name: string, first: number, second: number];

/**
 * Topologies that the world has: a StatefulSet with volumes, one for each of two racks, a ReplicationController whose pods hold their
 * rows, and a DaemonSet whose rows lie in folders of the nodes.
 */
export type Kind = "persistent" | "racks" | "ephemeral" | "daemon";

/** A history from its beginning; the same one comes about in the same way each time. */
export interface History {
  seed: number;
  /** Topology of the ring. @default persistent */
  kind?: Kind;
  /** Copies of each row. */
  copies: 1 | 3;
  /** Members of the first ring. */
  replicas: number;
  events: Event[];
}

export interface Outcome {
  /** What must never come about; null where nothing did. */
  failure: string | null;
  /** What was said and done, a line each with its second; of a failure alone. */
  log: string[];
}

/** The decisions of `pulumi up`, as the program itself takes them. */
const decisions = {
  nextStep: (view: RingView, wanted: number) => nextStep(view, wanted),
  membersToKeep: (seen: Survey) => membersToKeep(seen),
  nextConvergenceStep: (seen: Survey) => nextConvergenceStep(seen),
  podAtForeignAddress: (seen: Survey) => podAtForeignAddress(seen, seen.pods) ?? null,
  nextLeavingStep: (state: LeavingState) => nextLeavingStep(state),
};

/** Folder of the Python libraries that the world needs, filled on first use. */
function libraries(): Promise<string> {
  const requirements = join(__dirname, "requirements.txt");
  return cached("simulation", [readFileSync(requirements)], (dir) =>
    step("downloading the simulation's library from PyPI", async () => {
      const options = ["--quiet", "--root-user-action=ignore", "--requirement", requirements, "--target", dir];
      await run("python3", ["-m", "pip", "install", ...options], { timeout: 5 * 60_000 });
    }),
  );
}

/** A process in which histories run, one after another. */
export class Simulator {
  private readonly lines: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcess,
    reader: Interface,
  ) {
    this.lines = reader[Symbol.asyncIterator]();
  }

  /** @param breaks what is taken out of the pods' scripts: texts, and what stands in their place */
  static async start(breaks: [string, string][] = []): Promise<Simulator> {
    const child = spawn("python3", ["-B", join(__dirname, "world/run.py"), JSON.stringify(breaks)], {
      // Sets are gone through in one and the same order.
      env: { ...process.env, PYTHONPATH: await libraries(), PYTHONHASHSEED: "0" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    return new Simulator(child, createInterface({ input: child.stdout }));
  }

  async run(history: History): Promise<Outcome> {
    this.say(history);
    for (;;) {
      const line = (await this.lines.next()) as IteratorResult<string, undefined>;
      if (line.done) throw new Error(`the simulation ended in ${JSON.stringify(history)}`);
      const told = JSON.parse(line.value) as Outcome | { ask: keyof typeof decisions; arguments: [never, never] };
      if (!("ask" in told)) return told;
      this.say(decisions[told.ask](...told.arguments));
    }
  }

  private say(what: unknown): void {
    this.child.stdin!.write(`${JSON.stringify(what)}\n`);
  }

  async end(): Promise<void> {
    this.child.stdin!.end();
    await once(this.child, "exit");
  }
}
