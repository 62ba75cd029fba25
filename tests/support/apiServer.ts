import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a client wrote, in order. */
export interface Written {
  method: string;
  path: string;
  body: unknown;
}

/** Whether an object that is deleted is still there at first: pods end in their own time, and a finalizer is somebody's to take away. */
function lingers(path: string, found: unknown): boolean {
  const { metadata } = (found ?? {}) as { metadata?: { finalizers?: string[] } };
  return path.includes("/pods/") || !!metadata?.finalizers?.length;
}

/**
 * Runs `use` with the kubeconfig of an API server that has these objects and no others.
 * @param objects by their paths; what is deleted is gone, but for pods and what has finalizers; other writes are told alone, but where there
 *   is an answer to one by its method and path (`POST /api/v1/namespaces/db/pods`), which may be a Status with its code
 * @param refusal code and words with which it answers everything instead
 */
export async function withApiServer(
  objects: Record<string, unknown>,
  use: (kubeconfig: string, written: Written[]) => Promise<void>,
  refusal?: { code: number; message: string },
): Promise<void> {
  const [present, written]: [Record<string, unknown>, Written[]] = [{ ...objects }, []];
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [{ pathname: path }, method] = [new URL(request.url!, "http://x"), request.method!];
    const body = await text(request);
    if (method !== "GET") written.push({ method, path, body: body ? (JSON.parse(body) as unknown) : undefined });
    const answer = present[`${method} ${path}`];
    const found = answer ?? (method === "PATCH" ? (JSON.parse(body) as unknown) : present[path]);
    if (method === "DELETE" && !lingers(path, found)) delete present[path];
    response.setHeader("content-type", "application/json");
    response.statusCode = refusal?.code ?? (answer as { code?: number } | undefined)?.code ?? (found ? 200 : 404);
    response.end(JSON.stringify(refusal ? { kind: "Status", message: refusal.message } : (found ?? {})));
  }
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "one",
    contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
    clusters: [{ name: "one", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "one", user: {} }],
  });
  try {
    await use(kubeconfig, written);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
