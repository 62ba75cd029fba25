import { KubernetesClient } from "../components/kubernetes/apiClient";
import { errorMessage, undefinedWhenNotFound } from "../components/kubernetes/apiErrors";
import { KubeContext } from "../components/kubernetes/kubeconfig";
import { KubeObject } from "./objects";

/** What is there of an object: itself, nothing, or why nobody could tell. */
export interface Found {
  live?: KubeObject;
  why?: string;
}

/** Connections, by what says where the cluster is. */
const clusters = new Map<string, Promise<KubernetesClient>>();

function connectionTo(kubeContext: KubeContext): Promise<KubernetesClient> {
  const key = JSON.stringify(kubeContext);
  const known = clusters.get(key) ?? KubernetesClient.connect(kubeContext);
  clusters.set(key, known);
  return known;
}

const seen = new Map<string, Promise<Found>>();

/** Looks an object up in its provider's cluster, once. One that Pulumi is to name is not there yet. */
export function find({ apiVersion, kind, metadata }: KubeObject, kubeContext: KubeContext): Promise<Found> {
  const { name, namespace = "default" } = metadata ?? {};
  if (!name) return Promise.resolve({});
  const key = [JSON.stringify(kubeContext), apiVersion, kind, namespace, name].join("/");
  const inspect = async (): Promise<Found> => {
    try {
      const { objects } = await connectionTo(kubeContext);
      const live = await objects.read({ apiVersion, kind, metadata: { name, namespace } }).catch(undefinedWhenNotFound);
      return { ...(live && { live: live as KubeObject }) };
    } catch (error) {
      return { why: errorMessage(error as Error) };
    }
  };
  const found = seen.get(key) ?? inspect();
  seen.set(key, found);
  return found;
}
