import { KubeObject } from "../../../../../lab/plugins/kubernetes/objects";

/** An object with a name, a namespace and generation 2. @param rest fields beside these */
export const object = (apiVersion: string, kind: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "it", namespace: "here", generation: 2 },
  ...rest,
});
