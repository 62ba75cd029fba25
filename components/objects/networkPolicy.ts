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

/** The pods of the namespace `monitoring`, where Prometheus is as a rule. */
export const monitoringNamespace: Peer = { namespaceLabels: { "kubernetes.io/metadata.name": "monitoring" } };

/** Where members may connect to: with `open` wherever other policies of the namespace let them, with `members` where they must. */
export const Egress = { Open: "open", Members: "members" } as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

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
  /** Ports of the pods' metrics, and who may read them. @default the pods have none */
  metrics?: { ports: number[]; from: Peer[] };
  /** Where the pods may connect to. @default "open" */
  egress?: Egress;
  /** Whether the pods ask the API server. @default false */
  usesApiServer?: boolean;
}

type PolicyArgs = k8s.networking.v1.NetworkPolicyArgs;
type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

const ports = (protocol: "TCP" | "UDP", numbers: number[]) => numbers.map((port) => ({ protocol, port }));

/** DNS, wherever it runs: in pods or on the nodes. Policies see the port of the pods behind its Service, which is 5353 on OpenShift. */
const dns: EgressRule = { ports: (["UDP", "TCP"] as const).flatMap((protocol) => ports(protocol, [53, 5353])) };

/**
 * The API server. Its addresses are not named: managed clusters change them without an update of the stack, and a member that is cut off
 * cannot tell whether it may leave.
 */
const apiServer: EgressRule = { ports: ports("TCP", [443, 6443]) };

/** @param rules where pods may connect to beside DNS */
const egressTo = (egress: Egress | undefined, rules: EgressRule[]) =>
  egress === "members" ? { policyTypes: ["Ingress", "Egress"], egress: [...rules, dns] } : { policyTypes: ["Ingress"] };

/**
 * NetworkPolicy of a ring: its pods reach each other, and clients reach the ports for clients. Every other port, JMX for one, is closed
 * to every other pod. The policy has an effect only where the network of the Kubernetes cluster enforces policies.
 */
export function networkPolicy(args: NetworkPolicyArgs): PolicyArgs {
  const { metadata, selector, members, clients, from = [], tools, metrics, egress, usesApiServer = false } = args;
  const ring = { podSelector: { matchLabels: selector } };
  const ofRing = ports("TCP", [...members, ...clients]);
  const peers =
    from.length === 0 ? [{ podSelector: {} }] : [...from.map(peerOf), ...(tools ? [{ podSelector: tools }] : [])];
  return {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      ...egressTo(egress, [{ to: [ring], ports: ofRing }, ...(usesApiServer ? [apiServer] : [])]),
      ingress: [
        { from: [ring], ports: ofRing },
        { from: peers, ports: ports("TCP", clients) },
        ...(metrics ? [{ from: metrics.from.map(peerOf), ports: ports("TCP", metrics.ports) }] : []),
      ],
    },
  };
}

/** NetworkPolicy of tools, which nobody needs to reach, and which are clients of a ring. @param tools selects them */
export function toolsPolicy(
  tools: k8s.types.input.meta.v1.LabelSelector,
  { metadata, selector, clients, egress }: Pick<NetworkPolicyArgs, "metadata" | "selector" | "clients" | "egress">,
): PolicyArgs {
  const ring = { to: [{ podSelector: { matchLabels: selector } }], ports: ports("TCP", clients) };
  return { metadata, spec: { podSelector: tools, ...egressTo(egress, [ring]) } };
}

function peerOf({ podLabels, namespaceLabels, cidr }: Peer): k8s.types.input.networking.v1.NetworkPolicyPeer {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    podSelector: { matchLabels: podLabels ?? {} },
    ...(namespaceLabels && { namespaceSelector: { matchLabels: namespaceLabels } }),
  };
}
