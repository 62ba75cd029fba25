import { isDeepStrictEqual } from "node:util";
import type { KubeContext } from "../../../components/kubernetes/kubeconfig";

/** Settings of the provider that say which cluster it acts on. */
export interface Settings extends KubeContext {
  /** What the user calls the cluster, however it is reached. */
  clusterIdentifier?: string;
}

/**
 * The settings whose change makes it a provider of another cluster, so that all its resources are replaced. A cluster has no identity in
 * a kubeconfig, so what counts is how it is reached: another address is taken for another cluster, unless an identifier was there before
 * and stays. A kubeconfig that the settings do not name is not looked at.
 */
export async function otherCluster(was: Settings, wanted: Settings): Promise<(keyof Settings)[]> {
  const { clusterIdentifier } = wanted;
  if (clusterIdentifier !== undefined && was.clusterIdentifier !== undefined)
    return clusterIdentifier === was.clusterIdentifier ? [] : ["clusterIdentifier"];
  const [old, current] = await Promise.all([was, wanted].map(namedCluster));
  return old && current && !isDeepStrictEqual(old, current) ? ["kubeconfig", "context", "cluster"] : [];
}

/** How the cluster is reached; undefined where the settings do not lead to one. */
async function namedCluster({ kubeconfig, context, cluster }: Settings): Promise<object | undefined> {
  if (!kubeconfig) return undefined;
  // A slow module that the engine's first calls do not need.
  const { readKubeconfig } = await import("../../../components/kubernetes/kubeconfig");
  const config = await readKubeconfig({ kubeconfig, context, cluster }).catch(() => undefined);
  return config && { ...config.getCurrentCluster()!, name: undefined };
}
