import * as pulumi from "@pulumi/pulumi";

/**
 * Fails the update with a sentence, and lets all else in it come to its end; nothing is deleted any more. An output that failed would
 * hold up the update for ever where the program exports it, and be told with a stack trace.
 */
export function failUpdate(message: string): void {
  const error = new pulumi.RunError(message);
  error.stack = "";
  void Promise.reject(error);
}
