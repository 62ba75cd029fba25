import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { Identity, labels } from "./labels";
import { ports } from "./ports";

/** How clients from outside the Kubernetes cluster reach the Service for clients. */
export interface ServiceAccess {
  /** `ClusterIP`, `NodePort` or `LoadBalancer`. @default "ClusterIP": only from inside */
  type?: string;
  /** Annotations, by which clouds configure their load balancers. @default none */
  annotations?: Record<string, string>;
  /** Addresses that may use the load balancer, such as `203.0.113.0/24`. The ring's NetworkPolicy admits them as well. @default none */
  loadBalancerSourceRanges?: string[];
}

export interface CassandraServiceArgs extends Identity {
  /** Labels of the ring's pods. */
  selector: Record<string, string>;
  /** Resource transform that imports a headless Service of this name if there is one. @default none: such a Service is an error */
  takesOver?: pulumi.ResourceTransform;
  /** Namespace of both Services. It must exist. */
  namespace: pulumi.Input<string>;
  /** How clients from outside reach the Service for clients. @default only from inside */
  service?: ServiceAccess;
}

/** The two Services of a ring: a headless one that finds its pods, and one with a cluster IP for clients. */
export class CassandraService extends pulumi.ComponentResource {
  /** Headless Service, named as the ring. It gives each member a name in DNS, whether the member is ready or not. */
  readonly discovery: k8s.core.v1.Service;

  private readonly args: CassandraServiceArgs;

  /** @param beforeDiscovery hooks before the headless Service is created */
  constructor(
    private readonly logicalName: string,
    given: CassandraServiceArgs,
    opts?: pulumi.ComponentResourceOptions,
    beforeDiscovery: pulumi.ResourceHook[] = [],
  ) {
    const args = checkedArgs("CassandraService", logicalName, given);
    super("cassandra:index:CassandraService", logicalName, {}, opts);
    this.args = args;
    this.discovery = new k8s.core.v1.Service(logicalName, discoveryService(args), {
      parent: this,
      ...(args.takesOver && { transforms: [args.takesOver] }),
      hooks: { beforeCreate: beforeDiscovery },
    });
    this.registerOutputs({ discovery: this.discovery });
  }

  /**
   * Makes the Service with a cluster IP, named `<ring>-client`, for clients that take a single address. It depends on the controller of
   * the pods, since `pulumi up` waits until a pod behind such a Service is ready. When a stack moves to another topology, clients reach
   * the new ring only once that ring serves.
   * @param controller what makes the pods
   */
  serveClients(controller: pulumi.ResourceOptions["dependsOn"]): k8s.core.v1.Service {
    return new k8s.core.v1.Service(`${this.logicalName}-client`, clientService(this.args), {
      parent: this,
      dependsOn: controller,
    });
  }
}

/** Address of a load balancer: an IP address, or a host name, as the cloud gives it; empty while there is none. */
export function balancerAddress(ingress?: { ip?: string; hostname?: string }[] | null): string {
  const [first] = ingress ?? [];
  return first?.ip ?? first?.hostname ?? "";
}

/** Headless Service of a ring. Members look each other up before any of them is ready, so that it publishes not-ready addresses. */
function discoveryService(args: CassandraServiceArgs): k8s.core.v1.ServiceArgs {
  const { namespace, selector } = args;
  return {
    metadata: { namespace, labels: labels(args), name: args.name },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector,
      ports: [
        { name: "cql", port: ports.cql },
        { name: "intra-node", port: ports.intraNode },
      ],
    },
  };
}

/**
 * Service with a cluster IP. It leads to the members whose CQL port is open. From outside, it leads to members of the node that a request
 * comes to, which see the address of the client: by that, the NetworkPolicy tells clients from others.
 */
function clientService({
  namespace,
  selector,
  service = {},
  ...identity
}: CassandraServiceArgs): k8s.core.v1.ServiceArgs {
  const { type, annotations, loadBalancerSourceRanges } = service;
  const isOpen = type !== undefined && type !== "ClusterIP";
  return {
    metadata: {
      namespace,
      labels: labels(identity),
      name: `${identity.name}-client`,
      ...(annotations && { annotations }),
    },
    spec: {
      ...(isOpen && { type, externalTrafficPolicy: "Local" }),
      ...(loadBalancerSourceRanges && { loadBalancerSourceRanges }),
      selector,
      ports: [{ name: "cql", port: ports.cql }],
    },
  };
}
