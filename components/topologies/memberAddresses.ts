import type { V1Service } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isMocked } from "../engine/recorded";
import { KubernetesClient, withAnswerTimeout } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import type * as k8s from "../kubernetes/resources";

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
  return pulumi.all([namespace, names, areMade, isWhole]).apply(async ([namespace, names]) => {
    if (isMocked()) return {};
    try {
      const { core } = await KubernetesClient.connect(cluster);
      const found = await withAnswerTimeout(() =>
        Promise.all(names.map((name) => core.readNamespacedService({ name, namespace }))),
      );
      return Object.fromEntries(found.map((service) => [service.metadata!.name!, addressOf(service)]));
    } catch (error) {
      await pulumi.log.warn(`the addresses of members could not be read: ${errorMessage(error as Error)}`, services[0]);
      return {};
    }
  });
}

/** An IP address or a host name, as the cloud gives it; empty while there is none. */
function addressOf({ status }: V1Service): string {
  const [first] = status?.loadBalancer?.ingress ?? [];
  return first?.ip ?? first?.hostname ?? "";
}
