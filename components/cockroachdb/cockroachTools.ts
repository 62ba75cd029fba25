import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, labels, type ObjectMetadata } from "../objects/labels";
import { cockroach, cockroachPorts, nodeHost, securityOptions, urlParameters } from "./cockroachOptions";
import { type CockroachNodes, type CockroachPodArgs, toolPod } from "./cockroachPod";

const componentLabel = "app.kubernetes.io/component";

/** Labels of a tool of the cluster. */
const toolLabels = (identity: Identity, tool: "init" | "client" | "load") => ({
  ...labels(identity),
  [componentLabel]: tool,
});

/** Selects the tools of the cluster: they are always clients of the nodes, and nobody is a client of theirs. */
export function toolSelector({ application, name }: Identity): k8s.types.input.meta.v1.LabelSelector {
  return {
    matchLabels: { "app.kubernetes.io/name": application!, "app.kubernetes.io/instance": name },
    matchExpressions: [{ key: componentLabel, operator: "In", values: ["init", "client", "load"] }],
  };
}

/** Job that tells the nodes once to form a cluster. */
export function initJob(
  metadata: ObjectMetadata,
  identity: Identity,
  args: CockroachPodArgs,
  nodes: CockroachNodes,
): k8s.batch.v1.JobArgs {
  return {
    metadata,
    spec: {
      backoffLimit: 10,
      template: { metadata: { labels: toolLabels(identity, "init") }, spec: initPod(args, nodes) },
    },
  };
}

/** Tries until the nodes answer. Nodes that are told again say that they are a cluster already. */
function initPod(args: CockroachPodArgs, nodes: CockroachNodes): k8s.types.input.core.v1.PodSpec {
  const script = [
    `until said=$(${cockroach} init --host="$HOST" $SECURITY 2>&1); do`,
    '  echo "$said"',
    '  case $said in *"already been initialized"*) exit 0 ;; esac',
    "  sleep 2",
    "done",
    'echo "$said"',
  ];
  return toolPod(args, {
    name: "init",
    command: ["/bin/bash", "-ec", script.join("\n")],
    restartPolicy: "OnFailure",
    env: [
      { name: "HOST", value: nodeHost(nodes, 0) },
      { name: "SECURITY", value: securityOptions(args).join(" ") },
    ],
  });
}

/** Pod to run the SQL client in. */
export function clientPod(
  { namespace }: ObjectMetadata,
  identity: Identity,
  args: CockroachPodArgs,
): k8s.core.v1.PodArgs {
  return {
    metadata: { namespace, name: `${identity.name}-client`, labels: toolLabels(identity, "client") },
    spec: toolPod(args, { name: "client", command: ["sleep", "infinity"] }),
  };
}

/** Deployment that keeps the cluster busy. @param publicService name of the Service that leads to the nodes */
export function loadDeployment(
  namespace: pulumi.Input<string>,
  identity: Identity,
  args: CockroachPodArgs,
  publicService: pulumi.Input<string>,
): k8s.apps.v1.DeploymentArgs {
  const podLabels = toolLabels(identity, "load");
  const url = pulumi.interpolate`postgresql://root@${publicService}:${cockroachPorts.grpc}?${urlParameters(args)}`;
  const command = [cockroach, "workload", "run", "kv", "--init", "--tolerate-errors", "--max-rate=100", url];
  return {
    metadata: { namespace, labels: podLabels },
    spec: {
      replicas: 1,
      selector: { matchLabels: podLabels },
      template: { metadata: { labels: podLabels }, spec: toolPod(args, { name: "load", command }) },
    },
  };
}
