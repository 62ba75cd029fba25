import * as k8s from "../kubernetes/resources";
import { patched } from "../objects/podTemplatePatch";
import { type Identity, labels, type ObjectMetadata, selectorLabels } from "../objects/labels";
import { claimRetention, volumeClaimTemplate } from "../objects/statefulSet";
import { volumeAnnotations } from "../operations/statefulSetVolumes";
import { type CockroachNodes, dataVolume, nodePod } from "./cockroachPod";
import { cockroachPorts } from "./cockroachOptions";
import type { CockroachClusterArgs } from "./cockroachCluster";

const servicePorts = Object.entries(cockroachPorts).map(([name, port]) => ({ name, port }));

/** Headless Service of the cluster. Nodes look each other up before any of them is ready. */
export function discoveryService(metadata: ObjectMetadata, identity: Identity): k8s.core.v1.ServiceArgs {
  const selector = selectorLabels(identity);
  return {
    metadata: { ...metadata, name: identity.name },
    spec: { clusterIP: "None", publishNotReadyAddresses: true, selector, ports: servicePorts },
  };
}

/** Service with a cluster IP, which leads to the nodes that serve SQL. */
export function publicService(metadata: ObjectMetadata, identity: Identity): k8s.core.v1.ServiceArgs {
  const selector = selectorLabels(identity);
  return { metadata: { ...metadata, name: `${identity.name}-public` }, spec: { selector, ports: servicePorts } };
}

/** StatefulSet of the nodes. */
export function nodeStatefulSet(
  metadata: ObjectMetadata,
  identity: Identity,
  args: CockroachClusterArgs,
  nodes: CockroachNodes,
): k8s.apps.v1.StatefulSetArgs {
  return {
    metadata: { ...metadata, name: identity.name, annotations: volumeAnnotations(args) },
    spec: {
      replicas: args.replicas,
      serviceName: nodes.domain,
      selector: { matchLabels: nodes.selector },
      // No node becomes ready before enough of the others run.
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: claimRetention(args),
      template: patched({ metadata: { labels: labels(identity) }, spec: nodePod(args, nodes) }, args.podTemplatePatch),
      volumeClaimTemplates: [volumeClaimTemplate({ ...args, template: dataVolume, labels: labels(identity) })],
    },
  };
}
