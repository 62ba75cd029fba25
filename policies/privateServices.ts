import { isEntrance } from "./entrances";
import { namedNetworks, sourcesOf } from "./ingress";
import { tooWide } from "./networks";
import { containersOf, KubeObject, podSpecOf, titleOf } from "./objects";
import type { Rule } from "./rules";

/** With one of these, a cloud's load balancer has an address inside its network alone. */
const internal: Record<string, string> = {
  "networking.gke.io/load-balancer-type": "Internal",
  "cloud.google.com/load-balancer-type": "Internal",
  "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
  "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
  "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
};

interface ServiceSpec {
  type?: string;
  externalIPs?: string[];
  loadBalancerSourceRanges?: string[];
  ports?: { nodePort?: number }[];
}

/** Whether a Service takes requests from outside; of a part of one, whether that part would let one do so. */
function isPublic({ spec = {}, metadata, isPart }: KubeObject): boolean {
  const { type, externalIPs, loadBalancerSourceRanges: ranges, ports } = spec as ServiceSpec;
  if (type === "NodePort" || externalIPs?.length) return true;
  const annotations = Object.entries(metadata?.annotations ?? {});
  // Where annotations contradict each other, it is for the cloud to choose one.
  const opens = annotations.some(([key, value]) => key in internal && internal[key] !== value);
  const isInternal = !opens && annotations.some(([key, value]) => internal[key] === value);
  if (type === "LoadBalancer") return !isInternal && (!ranges?.length || tooWide(ranges) !== undefined);
  if (!isPart || type !== undefined) return false;
  // Without a type it is the one that is there that decides: of the other fields, none may open it.
  const isOpened = ranges !== undefined && (ranges.length === 0 || tooWide(ranges) !== undefined);
  return opens || (isOpened && !isInternal) || !!ports?.some(({ nodePort }) => nodePort);
}

export const privateServices: Rule = {
  name: "private-services",
  description: "Nothing is open to the world: no Service, Ingress, Route, Gateway, port of a node, or policy.",
  enforcementLevel: "mandatory",
  check: (object) => {
    if (isEntrance(object))
      return [
        `${titleOf(object)} is open to everybody who reaches its controller, and a database is for its own clients; remove it`,
      ];
    const onNodes = containersOf(object).filter(({ ports }) => ports?.some(({ hostPort }) => hostPort));
    if (onNodes.length > 0 || podSpecOf(object)?.hostNetwork)
      return [`${titleOf(object)} listens at the addresses of nodes; remove hostPort and hostNetwork`];
    const sources = sourcesOf(object);
    if (sources?.everybody !== undefined)
      return [`${titleOf(object)} lets everybody in: ${sources.everybody}; name the pods or networks of clients`];
    const wide = sources && tooWide(sources.networks);
    if (wide !== undefined) return [`${titleOf(object)} lets ${wide} in; name the networks of clients`];
    const named = tooWide(namedNetworks(object) ?? []);
    if (named !== undefined)
      return [`${titleOf(object)} is ${named} to the policies that let it in; name the networks of clients`];
    if (object.kind !== "Service" || !isPublic(object)) return [];
    return [
      `${titleOf(object)} is open to everybody who reaches its address; make it a ClusterIP, or a load balancer with your cloud's annotation ` +
        "for an internal one, or with loadBalancerSourceRanges",
    ];
  },
};
