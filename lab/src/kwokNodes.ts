/** Simulated nodes (KWOK): the API server sees nodes and running pods, but nothing runs. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { Instance } from "./instance";
import { enter, Network } from "./network";
import { nodeLabels } from "./node";
import { startProcess } from "./processes";
import { Programs } from "./toolchain";

/** Marks the nodes that are KWOK's to play. */
const mark = { "cassandra-lab/simulated": "true" };

export async function startKwok(instance: Instance, network: Network, programs: Programs): Promise<void> {
  await startProcess(
    instance,
    "kwok",
    [
      ...enter(instance, "network", "net"),
      "kwok",
      `--config=${programs.stages}`,
      `--kubeconfig=${instance.kubeconfig}`,
      "--manage-all-nodes=false",
      `--manage-nodes-with-label-selector=${Object.entries(mark)
        .map((label) => label.join("="))
        .join(",")}`,
      `--node-ip=${network.controlPlane}`,
      `--cidr=${network.podRange}`,
      "--node-lease-duration-seconds=40",
    ],
    programs.env,
  );
}

/** A node with room for everything, disks included, which KWOK's own default leaves out. */
export function kwokNode(name: string, number: number): KubernetesObject {
  const labels = { ...nodeLabels(number), ...mark, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  const capacity = { cpu: "1k", memory: "1Ti", "ephemeral-storage": "1Ti", pods: "1M" };
  const status = { capacity, allocatable: capacity };
  const node = { apiVersion: "v1", kind: "Node", metadata: { name, labels }, status };
  return node;
}
