import * as pulumi from "@pulumi/pulumi";

/** Writes how far a step is into `pulumi up`. A line that is final stays there; any other one is replaced by the next. */
export type ProgressReporter = (line: string, final?: boolean) => Promise<void>;

/**
 * @param ring name of the ring, which each line begins with
 * @param parent line of `pulumi up` that is written to: a hook cannot write to the line of its own resource before the hook has ended
 */
export function progressReporter(ring: string, parent: pulumi.Resource | undefined): ProgressReporter {
  const isDue = figuresInTime();
  return async (line, final = false) => {
    if (final || isDue(line)) await pulumi.log.info(`${ring}: ${line}`, parent, undefined, !final);
  };
}

/** Figures that change while a step goes on: amounts, shares and times. Numbers in names of pods are none. */
const figures = /\d+(\.\d+)?(%| (bytes|[KMGTP]iB|s|min|h)\b)/g;

/** Milliseconds between two lines that differ in their figures alone, at the least. */
const leastMilliseconds = 5000;

/**
 * Whether a line is worth being written. Where the output is no terminal, as in CI, each line stays. So a line that says the same is not
 * written again, and one with other figures only after a tenth of the time that the step has taken: a step of hours has some fifty lines.
 * @param now milliseconds since the epoch @default the system's clock
 */
export function figuresInTime(now: () => number = Date.now): (line: string) => boolean {
  let [said, words, since, last] = ["", "", 0, 0];
  return (line) => {
    if (line === said) return false;
    const [at, its] = [now(), line.replace(figures, "#")];
    if (its === words && at - last < Math.max(leastMilliseconds, (at - since) / 10)) return false;
    if (its !== words) [words, since] = [its, at];
    [said, last] = [line, at];
    return true;
  };
}
