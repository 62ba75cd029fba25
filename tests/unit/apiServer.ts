import { createServer } from "node:http";
import { AddressInfo } from "node:net";

/**
 * Runs `use` with the kubeconfig of an API server that has these objects and no others.
 * @param objects by their paths
 * @param refusal code and words with which it answers everything instead
 */
export async function withApiServer(
  objects: Record<string, unknown>,
  use: (kubeconfig: string) => Promise<void>,
  refusal?: { code: number; message: string },
): Promise<void> {
  const server = createServer((request, response) => {
    const found = objects[new URL(request.url!, "http://x").pathname];
    response.setHeader("content-type", "application/json");
    response.statusCode = refusal?.code ?? (found ? 200 : 404);
    response.end(JSON.stringify(refusal ? { kind: "Status", message: refusal.message } : (found ?? {})));
  }).listen(0, "127.0.0.1");
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
    await use(kubeconfig);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
