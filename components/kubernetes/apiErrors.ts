/** Kinds of errors of the API server. */
export type ApiErrorKind =
  /** There is no such object. */
  | "absent"
  /** This account may not do it, or is not known. */
  | "forbidden"
  /** Somebody else has changed the object meanwhile, or another object has its name. */
  | "conflict"
  /** No reliable answer: the server is overloaded, starting, or cannot be reached. */
  | "silent"
  /** Anything else: a command that failed in a pod, a request that is wrong. */
  | "other";

/** The kind of an error. Only "absent" says that an object does not exist, and only "silent" is worth a retry. */
export function apiErrorKind({ code }: Error & { code?: unknown }): ApiErrorKind {
  if (code === 404 || code === 410) return "absent";
  if (code === 401 || code === 403) return "forbidden";
  if (code === 409) return "conflict";
  if (typeof code === "number") return code >= 500 || code === 429 || code === 408 ? "silent" : "other";
  // A failed connection has a word for a code: ECONNREFUSED of the system, or UND_ERR_SOCKET of the HTTP client.
  return typeof code === "string" && /^(E[A-Z]|UND_ERR_(SOCKET|\w+_TIMEOUT)$)/.test(code) ? "silent" : "other";
}

/** For reads: undefined if the object does not exist. @throws all other errors */
export function undefinedWhenNotFound(error: Error): undefined {
  if (apiErrorKind(error) !== "absent") throw error;
}

/** The message of an error: that of the API server, which names a missing permission, if there is one. */
export function errorMessage(error: Error & { body?: unknown }): string {
  const body = typeof error.body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(error.body)?.[1] : undefined;
  return body === undefined ? error.message : (JSON.parse(`"${body}"`) as string);
}

/** The error of a refused WebSocket has only the status code. */
export function missingPermission(message: string, namespace: string): string | undefined {
  if (!/\b(401|403)\b/.test(message)) return undefined;
  return `this account may not run commands in pods: it needs the verbs get and create of pods/exec in namespace ${namespace}`;
}
