import { Cluster, explain, nothingWhenNotFound } from "../components/cluster";
import { KubeObject } from "./objects";

/** What is there of an object: itself, nothing, or why nobody could tell. */
export interface Found {
  live?: KubeObject;
  why?: string;
}

/** That of KUBECONFIG, or of ~/.kube/config. */
let cluster: Promise<Cluster> | undefined;

const seen = new Map<string, Promise<Found>>();

/** Looks an object up in the cluster, once. One that Pulumi is to name is not there yet. */
export function find({ apiVersion, kind, metadata }: KubeObject): Promise<Found> {
  const { name, namespace = "default" } = metadata ?? {};
  if (!name) return Promise.resolve({});
  const key = [apiVersion, kind, namespace, name].join("/");
  const look = async (): Promise<Found> => {
    try {
      const { objects } = await (cluster ??= Cluster.connect());
      const live = await objects.read({ apiVersion, kind, metadata: { name, namespace } }).catch(nothingWhenNotFound);
      return { ...(live && { live: live as KubeObject }) };
    } catch (error) {
      return { why: explain(error as Error) };
    }
  };
  const found = seen.get(key) ?? look();
  seen.set(key, found);
  return found;
}
