import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";

/** Pods, by their labels and those of their namespace, or addresses. What is left out does not restrict. */
export interface Peer {
  /** Labels of the pods. @default all pods */
  podLabels?: Record<string, string>;
  /** Labels of their namespaces. @default the ring's own namespace alone */
  namespaceLabels?: Record<string, string>;
  /** Addresses, such as `10.0.0.0/8`, in place of pods. */
  cidr?: string;
}

export interface NetworkAccessArgs {
  /** Namespace and labels of the policy. */
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, string> };
  /** Labels of the pods that it protects, which reach each other on all ports of `members` and `clients`. */
  selector: Record<string, string>;
  /** Ports among members. */
  members: number[];
  /** Ports for clients. */
  clients: number[];
  /** Who may be a client. @default all pods of the namespace */
  from?: Peer[];
  /** Pods of the ring's own in its namespace that are clients, whoever else may be one. @default none */
  tools?: k8s.types.input.meta.v1.LabelSelector;
}

/**
 * Who may reach the pods of a ring: each other, and clients on the ports for them. All else, JMX for one, is closed to everyone.
 * It holds where the cluster's network enforces policies.
 */
export function networkAccess(
  name: string,
  { metadata, selector, members, clients, from = [], tools }: NetworkAccessArgs,
  opts: pulumi.ComponentResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const ports = (numbers: number[]) => numbers.map((port) => ({ protocol: "TCP", port }));
  const peers =
    from.length === 0 ? [{ podSelector: {} }] : [...from.map(peerOf), ...(tools ? [{ podSelector: tools }] : [])];
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ["Ingress"],
        ingress: [
          { from: [{ podSelector: { matchLabels: selector } }], ports: ports([...members, ...clients]) },
          { from: peers, ports: ports(clients) },
        ],
      },
    },
    opts,
  );
}

function peerOf({ podLabels, namespaceLabels, cidr }: Peer): k8s.types.input.networking.v1.NetworkPolicyPeer {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    podSelector: { matchLabels: podLabels ?? {} },
    ...(namespaceLabels && { namespaceSelector: { matchLabels: namespaceLabels } }),
  };
}
