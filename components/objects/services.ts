import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { Identity, labels } from "./labels";
import { ports } from "./ports";

export interface CassandraServiceArgs extends Identity {
  /** Labels of the ring's pods. */
  selector: Record<string, string>;
  /** Resource transform that imports a headless Service of this name if there is one. @default none: such a Service is an error */
  takesOver?: pulumi.ResourceTransform;
  /** Namespace of both Services. It must exist. */
  namespace: pulumi.Input<string>;
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

/** Headless Service of a ring. Members look each other up before any of them is ready, so that it publishes not-ready addresses. */
function discoveryService({ namespace, selector, ...identity }: CassandraServiceArgs): k8s.core.v1.ServiceArgs {
  return {
    metadata: { namespace, labels: labels(identity), name: identity.name },
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

/** Service with a cluster IP. It leads to the members whose CQL port is open. */
function clientService({ namespace, selector, ...identity }: CassandraServiceArgs): k8s.core.v1.ServiceArgs {
  return {
    metadata: { namespace, labels: labels(identity), name: `${identity.name}-client` },
    spec: { selector, ports: [{ name: "cql", port: ports.cql }] },
  };
}
