import * as pulumi from "@pulumi/pulumi";

/**
 * Fails the update with a message. The rest of the update ends normally, but nothing is deleted any more. A failed output would print a
 * stack trace instead, and block the update for ever if the program exports it.
 */
export function failUpdate(message: string): void {
  const error = new pulumi.RunError(message);
  error.stack = "";
  void Promise.reject(error);
}
