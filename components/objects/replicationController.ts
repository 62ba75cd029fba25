import * as k8s from "../kubernetes/resources";
import type { ObjectMetadata } from "./labels";

export interface CassandraReplicationControllerArgs {
  /** Name, namespace and labels. */
  metadata: ObjectMetadata & { name: string };
  /** Members of the ring. */
  replicas: number;
  /** Labels that its pods have and no other pod has. */
  selector: Record<string, string>;
  /** What its pods are made from. A ReplicationController never restarts pods that were made from another template. */
  template: k8s.types.input.core.v1.PodTemplateSpec;
}

/** ReplicationController of Cassandra members whose data lies in their pods. */
export function cassandraReplicationController({
  metadata,
  replicas,
  selector,
  template,
}: CassandraReplicationControllerArgs): k8s.core.v1.ReplicationControllerArgs {
  return { metadata, spec: { replicas, selector, template } };
}
