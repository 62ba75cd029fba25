import { Guide } from "./guide";

/** What a walk-through needs of its lab beside three real nodes. */
export interface Needs {
  /** Simulated nodes beside the real ones, for an image that cannot be had. @default 0 */
  simulatedNodes?: number;
}

export interface Step {
  title: string;
  run(guide: Guide): Promise<void>;
}

/** One of the documents that the program makes true, as steps that can be followed and checked. */
export interface Walkthrough {
  /** The document, as its readers know it. */
  title: string;
  needs: Needs;
  steps: Step[];
}

/**
 * @param title of the document
 * @param tell names its steps in order, each with what is done and what is then to be seen
 */
export function walkthrough(
  title: string,
  needs: Needs,
  tell: (step: (title: string, run: Step["run"]) => void) => void,
): Walkthrough {
  const steps: Step[] = [];
  tell((title, run) => steps.push({ title, run }));
  return { title, needs, steps };
}
