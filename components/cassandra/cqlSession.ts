import type { KubernetesClient, PodReference } from "../kubernetes/apiClient";

/**
 * Reads as many bytes as it is told from its standard input: the connection to a pod may not tell where the input ends. Statements are no
 * argument, since everybody in the pod can read the arguments of a process.
 */
const asSuperuser = 'head -c "$0" | exec /ring/cqlsh.sh';

/**
 * Runs statements in a pod as the ring's superuser, one after another, also those after one that fails.
 * @param secrets what no message shows: Cassandra quotes statements that it does not understand
 * @returns the output of cqlsh
 * @throws {Error} if a statement fails, or nobody could log in
 */
export async function runCql(
  client: Pick<KubernetesClient, "exec">,
  pod: PodReference,
  statements: string[],
  secrets: string[] = [],
): Promise<string> {
  const input = `${statements.join("\n")}\n`;
  const command = ["sh", "-c", asSuperuser, String(Buffer.byteLength(input))];
  try {
    return await client.exec(pod, command, statementsTimeoutSeconds, input);
  } catch (error) {
    const failure = error as Error;
    failure.message = failure.message.replace(`${command.join(" ")}: `, "");
    for (const secret of secrets) failure.message = failure.message.split(secret).join("[secret]");
    failure.stack = undefined;
    throw failure;
  }
}

/** Rows of `SELECT JSON` in the output of cqlsh. */
export function jsonRows<Row>(output: string): Row[] {
  return [...output.matchAll(/^ *(\{.*\}) *$/gm)].map(([, json]) => JSON.parse(json) as Row);
}

/** Each statement has ten seconds by cqlsh itself; Cassandra takes a tenth of a second for a password. */
const statementsTimeoutSeconds = 180;
