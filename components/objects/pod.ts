import * as k8s from "../kubernetes/resources";
import type * as pulumi from "@pulumi/pulumi";
import type { ObjectMetadata } from "./labels";

export interface CassandraPodObjectArgs {
  /** Name, namespace, labels and annotations. */
  metadata: ObjectMetadata & { name: string; annotations: Record<string, pulumi.Input<string>> };
  /** The budget that keeps the pod from being evicted. */
  budget: k8s.policy.v1.PodDisruptionBudget;
  spec: k8s.types.input.core.v1.PodSpec;
}

/** Pod of a Cassandra member that stands alone. Kubernetes deletes the pod after its owner, the budget. */
export function cassandraPod({ metadata, budget, spec }: CassandraPodObjectArgs): k8s.core.v1.PodArgs {
  return {
    metadata: {
      ...metadata,
      ownerReferences: [
        {
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          name: budget.metadata.name,
          uid: budget.metadata.uid,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  };
}
