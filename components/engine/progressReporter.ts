import * as pulumi from "@pulumi/pulumi";

/** Writes how far a step is into `pulumi up`. A line that is final stays there; any other one is replaced by the next. */
export type ProgressReporter = (line: string, final?: boolean) => Promise<void>;

/**
 * @param ring name of the ring, which each line begins with
 * @param parent line of `pulumi up` that is written to: a hook cannot write to the line of its own resource before the hook has ended
 */
export function progressReporter(ring: string, parent: pulumi.Resource | undefined): ProgressReporter {
  return (line, final = false) => pulumi.log.info(`${ring}: ${line}`, parent, undefined, !final);
}
