import type { Lab } from "../../lab/src/lab";

export const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Writes a Secret as somebody else does, who uses `kubectl apply`. @param data each value in base64 */
export function applySecret(lab: Lab, name: string, data: Record<string, string>, type = "Opaque"): Promise<string> {
  const secret = { apiVersion: "v1", kind: "Secret", type, metadata: { name }, data };
  return lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(secret) });
}
