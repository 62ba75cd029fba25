import type { KubernetesObject, V1StatefulSetSpec } from "@kubernetes/client-node";
import { formerUid } from "./statefulSetVolumes";

interface Metadata {
  name: string;
  namespace: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/**
 * A StatefulSet as it is recreated around its pods: its fields stay, except for the claim template.
 * @param uid UID that the state holds, by which the next update knows the new StatefulSet
 * @param changed claim template that gets another size or class; none where `claim` is undefined
 */
export function recreatedStatefulSet(
  { name, namespace, labels, annotations }: Metadata,
  spec: V1StatefulSetSpec,
  uid: string | undefined,
  changed: { claim: string | undefined; size: string; className: string },
): KubernetesObject {
  const changes = (claim: string | undefined) => claim !== undefined && claim === changed.claim;
  const set = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace, labels, annotations: { ...annotations, ...(uid && { [formerUid]: uid }) } },
    spec: {
      ...spec,
      volumeClaimTemplates: spec.volumeClaimTemplates?.map(({ metadata, spec: claim }) => ({
        metadata: { name: metadata?.name, labels: metadata?.labels },
        spec: {
          accessModes: claim?.accessModes,
          storageClassName: (changes(metadata?.name) ? changed.className : claim?.storageClassName) || undefined,
          resources: changes(metadata?.name) ? { requests: { storage: changed.size } } : claim?.resources,
        },
      })),
    },
  };
  return set;
}
