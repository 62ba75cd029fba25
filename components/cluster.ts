import type { CoreV1Api } from "@kubernetes/client-node";
import * as fs from "node:fs";

/** Which cluster, in the words of the kubernetes provider. */
export interface ClusterChoice {
  /** Path of a kubeconfig, or its contents. @default KUBECONFIG, or ~/.kube/config */
  kubeconfig?: string;
  /** Context of the kubeconfig. @default its current one */
  context?: string;
}

/**
 * A client of the very cluster that the provider's resources go to, for steps that are more than writing an object.
 * @throws {Error} when the kubeconfig has no such context
 */
export async function connect({ kubeconfig, context }: ClusterChoice = {}): Promise<CoreV1Api> {
  // It takes half a second to load, and most previews have no use for it.
  const { CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (!kubeconfig) config.loadFromDefault();
  else if (fs.existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
  else config.loadFromString(kubeconfig);
  if (context) config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    const known = config.contexts.map(({ name }) => name).join(", ") || "none";
    throw new Error(`kubernetes:context: the kubeconfig has no context "${config.currentContext}"; it has ${known}`);
  }
  return config.makeApiClient(CoreV1Api);
}
