import type { Declaration } from "./index";

export interface KubeObject {
  metadata: { name: string; uid: string; resourceVersion: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  status: Record<string, unknown>;
}
export interface KubeList {
  items: KubeObject[];
}

type Rest = Partial<Declaration>;

/** A ConfigMap with one name for the program and the cluster; `{ name: undefined }` leaves the latter to Pulumi. */
export function configMap(
  name: string,
  data: Record<string, string>,
  metadata: object = {},
  rest: Rest = {},
): Declaration {
  return { type: "kubernetes.core.v1.ConfigMap", name, args: { metadata: { name, ...metadata }, data }, ...rest };
}

/** A StatefulSet `<name>-set` that the program knows as `name`; its pods have the label `set`. */
export function statefulSet(name: string, spec: object = {}, metadata: object = {}, rest: Rest = {}): Declaration {
  const labels = { set: name };
  const args = {
    metadata: { name: `${name}-set`, ...metadata },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "main" }] } },
      ...spec,
    },
  };
  return { type: "kubernetes.apps.v1.StatefulSet", name, args, ...rest };
}

/** What a claim, or a set for each of its pods, asks for. */
export const claimSpec = (storageClassName: string, storage = "1Gi") => ({
  storageClassName,
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage } },
});
