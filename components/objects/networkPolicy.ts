import * as k8s from "../kubernetes/resources";
import type { ObjectMetadata } from "./labels";

/** Pods or addresses that may be clients. A selector that is left out does not restrict. */
export interface Peer {
  /** Labels of the pods. @default all pods */
  podLabels?: Record<string, string>;
  /** Labels of the namespaces that the pods are in. @default the ring's own namespace */
  namespaceLabels?: Record<string, string>;
  /** Addresses in place of pods, such as `10.0.0.0/8`. */
  cidr?: string;
}

export interface NetworkPolicyArgs {
  /** Namespace and labels of the policy. */
  metadata: ObjectMetadata;
  /** Labels of the pods that are protected. They reach each other on the ports of both `members` and `clients`. */
  selector: Record<string, string>;
  /** Ports that members use among themselves. */
  members: number[];
  /** Ports that clients use. */
  clients: number[];
  /** Who may be a client. @default all pods of the namespace */
  from?: Peer[];
  /** Selects pods of the namespace that may always be clients. @default none */
  tools?: k8s.types.input.meta.v1.LabelSelector;
}

/**
 * NetworkPolicy of a ring: its pods reach each other, and clients reach the ports for clients. Every other port, JMX for one, is closed
 * to every other pod. The policy has an effect only where the network of the Kubernetes cluster enforces policies.
 */
export function networkPolicy(args: NetworkPolicyArgs): k8s.networking.v1.NetworkPolicyArgs {
  const { metadata, selector, members, clients, from = [], tools } = args;
  const ports = (numbers: number[]) => numbers.map((port) => ({ protocol: "TCP", port }));
  const peers =
    from.length === 0 ? [{ podSelector: {} }] : [...from.map(peerOf), ...(tools ? [{ podSelector: tools }] : [])];
  return {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ["Ingress"],
      ingress: [
        { from: [{ podSelector: { matchLabels: selector } }], ports: ports([...members, ...clients]) },
        { from: peers, ports: ports(clients) },
      ],
    },
  };
}

/** NetworkPolicy of pods that nobody needs to reach. @param pods selects them */
export function noAccess(
  metadata: ObjectMetadata,
  pods: k8s.types.input.meta.v1.LabelSelector,
): k8s.networking.v1.NetworkPolicyArgs {
  return { metadata, spec: { podSelector: pods, policyTypes: ["Ingress"] } };
}

function peerOf({ podLabels, namespaceLabels, cidr }: Peer): k8s.types.input.networking.v1.NetworkPolicyPeer {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    podSelector: { matchLabels: podLabels ?? {} },
    ...(namespaceLabels && { namespaceSelector: { matchLabels: namespaceLabels } }),
  };
}
