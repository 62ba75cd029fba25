import type { KubernetesObjectApi } from "@kubernetes/client-node";
import { explain, nothingWhenNotFound } from "../components/cluster";
import { KubeObject } from "./objects";

/** What is there of an object: itself, nothing, or why nobody could tell. */
export type Found = { live?: KubeObject } | { why: string };

let client: Promise<KubernetesObjectApi> | undefined;

/** The cluster of KUBECONFIG, or of ~/.kube/config. */
async function connect(): Promise<KubernetesObjectApi> {
  const { KubeConfig, KubernetesObjectApi: Api } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromDefault();
  return Api.makeApiClient(config);
}

const seen = new Map<string, Promise<Found>>();

/** Looks an object up in the cluster, once. One that Pulumi is to name is not there yet. */
export function find({ apiVersion, kind, metadata }: KubeObject): Promise<Found> {
  const { name, namespace = "default" } = metadata ?? {};
  if (!name) return Promise.resolve({});
  const key = [apiVersion, kind, namespace, name].join("/");
  const look = async (): Promise<Found> => {
    try {
      const api = await (client ??= connect());
      const live = await api.read({ apiVersion, kind, metadata: { name, namespace } }).catch(nothingWhenNotFound);
      return { ...(live && { live: live as KubeObject }) };
    } catch (error) {
      return { why: explain(error as Error) };
    }
  };
  const found = seen.get(key) ?? look();
  seen.set(key, found);
  return found;
}
