import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { Identity, labels } from "./labels";

/** Annotation of a pod: the revision of the pod template that the pod was made from. */
export const revisionAnnotation = "cassandra/revision";

/**
 * Revision of a pod template: twelve hex digits that change whenever anything in the pod's spec changes. `pulumi up` restarts each pod
 * whose annotation has another revision.
 * @param others what else changes the revision: labels and annotations that somebody asks for, those by
 *   which Prometheus finds pods, those of the account, which clouds read when a pod is created, and the nodes of racks. @default nothing
 */
export function revisionOf(
  spec: k8s.types.input.core.v1.PodSpec,
  others: {
    metadata?: object;
    scrapeAnnotations?: object;
    rackNodeSelectors?: object;
    serviceAccount?: object;
  } = {},
): pulumi.Output<string> {
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  return pulumi
    .output(given.length === 0 ? spec : { ...Object.fromEntries(given), spec })
    .apply((plain) => createHash("sha256").update(JSON.stringify(plain)).digest("hex").slice(0, 12));
}

/** Labels and annotations of the ring's pods. @param further annotations */
export function podMetadata(identity: Identity, revision: pulumi.Output<string>, further: Record<string, string> = {}) {
  const annotations = {
    "kubectl.kubernetes.io/default-container": "cassandra",
    [revisionAnnotation]: revision,
    ...further,
  };
  return { labels: labels(identity), annotations };
}
