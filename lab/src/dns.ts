/** Cluster DNS: CoreDNS on the control plane's address, reached by pods as the Service `kube-dns`. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { apiServer } from "./controlPlane";
import { Instance } from "./instance";
import { enter, Network } from "./network";
import { grant } from "./objects";
import { kubeconfig } from "./pki";
import { startProcess } from "./processes";
import { Programs } from "./toolchain";

const user = "system:coredns";

export async function startDns(instance: Instance, network: Network, programs: Programs): Promise<void> {
  const client = await kubeconfig(instance, "coredns-client.json", apiServer(network), { name: user });
  const config = instance.write("Corefile", corefile(network, client));
  const command = [...enter(instance, "network", "net"), "coredns", "-conf", config];
  await startProcess(instance, "coredns", command, programs.env);
}

/**
 * Answers are good for a second and are not cached: members of a ring find each other by name after a restart. A name
 * outside the cluster does not exist, which is said at once.
 */
export function corefile(network: Network, client: string): string {
  const zones = [network.dnsDomain, ...network.plans.map(({ reverseZone }) => reverseZone)];
  return `${zones.join(" ")} {
  bind ${network.controlPlane}
  errors
  kubernetes {
    kubeconfig ${client}
    pods insecure
    ttl 1
  }
}
. {
  bind ${network.controlPlane}
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}

const ports = [
  { name: "dns", port: 53, protocol: "UDP" },
  { name: "dns-tcp", port: 53, protocol: "TCP" },
];
const service = { name: "kube-dns", namespace: "kube-system" };

/** The Service, its endpoint outside the cluster, and what CoreDNS may read. */
export function dnsObjects(network: Network): KubernetesObject[] {
  const labels = { "kubernetes.io/service-name": service.name, "endpointslice.kubernetes.io/managed-by": "lab" };
  const objects = [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...service, labels: { "k8s-app": "kube-dns" } },
      spec: { clusterIP: network.dnsService, ports },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...service, labels },
      addressType: network.family,
      endpoints: [{ addresses: [network.controlPlane], conditions: { ready: true } }],
      ports,
    },
    ...grant(user, [
      { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
  ];
  return objects;
}
