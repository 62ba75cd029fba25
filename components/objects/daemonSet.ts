import * as k8s from "../kubernetes/resources";
import { Disk, outlivesPod } from "./disk";
import type { ObjectMetadata } from "./labels";

export interface CassandraDaemonSetArgs {
  /** Name, namespace and labels. */
  metadata: ObjectMetadata & { name: string };
  /** Labels that its pods have and no other pod has. */
  selector: Record<string, string>;
  /** What its pods are made from. */
  template: { metadata: k8s.types.input.meta.v1.ObjectMeta; spec: k8s.types.input.core.v1.PodSpec };
  /** Where the data lies. */
  disk: Disk;
}

/** DaemonSet of Cassandra members, one on each node that is selected. */
export function cassandraDaemonSet(args: CassandraDaemonSetArgs): k8s.apps.v1.DaemonSetArgs {
  return {
    metadata: args.metadata,
    spec: {
      selector: { matchLabels: args.selector },
      template: args.template,
      updateStrategy: { rollingUpdate: rollingUpdate(args.disk) },
    },
  };
}

/**
 * Two pods cannot use one folder at the same time: the old pod ends first. Where the data lies in the pods, the new pod starts first, so
 * that the old pod has a member to stream its data to, also on a single node.
 */
function rollingUpdate(disk: Disk) {
  return outlivesPod(disk) ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 };
}
