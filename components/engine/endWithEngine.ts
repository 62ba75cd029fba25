/** The exit code by which Pulumi knows that the user has been told why: it prints nothing more. Source: `cmd/run` of the SDK. */
const reasonIsPrinted = 32;

/**
 * Ends the program when Pulumi's engine has ended before it: a hook has refused the edit, the engine has printed the reason, and no hook
 * runs any more. Without this, SDK 3.276 prints "Running program ... failed with an unhandled exception" with a stack trace below the
 * reason, for each component whose outputs it was registering.
 *
 * For a program that `pulumi` runs in a process of its own, called first in it. An inline program of the Automation API shares the process
 * with its caller, and so must not call this.
 */
export function endWithEngine(): void {
  // Pulumi's own listener prints the trace, so this one comes before it.
  process.prependListener("unhandledRejection", (error) => {
    // The SDK gives the first message to each call that the ended engine did not answer, and gRPC the second to each later call.
    if (error instanceof Error && /Resource monitor is terminating|Channel has been shut down/.test(error.message))
      process.exit(reasonIsPrinted);
  });
}
