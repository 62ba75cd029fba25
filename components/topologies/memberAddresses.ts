import * as pulumi from "@pulumi/pulumi";
import { readForOutput } from "../engine/readForOutput";
import { KubernetesClient } from "../kubernetes/apiClient";
import type { KubeContext } from "../kubernetes/kubeconfig";
import type * as k8s from "../kubernetes/resources";
import { balancerAddress } from "../objects/services";

/**
 * Addresses of members by the names of their pods, from the status of their Services, once the ring is whole. The state does not hold
 * them: the provider does not wait for these Services, whose pods wait for them. In a preview that makes a Service, they are not known.
 */
export function memberAddresses(
  namespace: pulumi.Input<string>,
  services: k8s.core.v1.Service[],
  cluster: KubeContext,
  isWhole: pulumi.Output<unknown>,
): pulumi.Output<Record<string, string>> {
  const names = pulumi.all(services.map(({ metadata }) => metadata.name));
  const areMade = pulumi.all(services.map(({ status }) => status));
  return pulumi
    .all([namespace, names])
    .apply(([namespace, names]) => {
      const read = async () => {
        const { core } = await KubernetesClient.connect(cluster);
        const found = await Promise.all(names.map((name) => core.readNamespacedService({ name, namespace })));
        return Object.fromEntries(
          found.map(({ metadata, status }) => [metadata!.name!, balancerAddress(status?.loadBalancer?.ingress)]),
        );
      };
      return readForOutput("the addresses of members", pulumi.all([areMade, isWhole]), read, services[0]);
    })
    .apply((found) => found ?? {});
}
