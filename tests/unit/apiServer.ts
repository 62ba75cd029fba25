import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a client wrote, in order. */
export interface Written {
  method: string;
  path: string;
  body: unknown;
}

/**
 * Runs `use` with the kubeconfig of an API server that has these objects and no others.
 * @param objects by their paths; one that is deleted is gone, what else is written is told alone
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
    const found = method === "PATCH" ? (JSON.parse(body) as unknown) : present[path];
    if (method === "DELETE") delete present[path];
    response.setHeader("content-type", "application/json");
    response.statusCode = refusal?.code ?? (found ? 200 : 404);
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
