import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "./ports";
import { checkedArgs } from "../args/checkedArgs";
import { Identity, labels } from "./labels";

export interface CassandraServiceArgs extends Identity {
  /** Labels of the ring's pods. */
  selector: Record<string, string>;
  /** Whether a headless Service that is there already is this one. @default none is */
  takesOver?: pulumi.ResourceTransform;
  /** Namespace of both Services. It must exist. */
  namespace: pulumi.Input<string>;
}

/** The two Services of a ring: a headless one, by which its pods are found, and one with a cluster IP for clients. */
export class CassandraService extends pulumi.ComponentResource {
  /** Headless Service, named as the ring: gives each member its DNS name, ready or not. */
  readonly discovery: k8s.core.v1.Service;

  private readonly args: CassandraServiceArgs;

  constructor(
    private readonly logicalName: string,
    given: CassandraServiceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const args = checkedArgs("CassandraService", logicalName, given);
    super("cassandra:index:CassandraService", logicalName, {}, opts);
    this.args = args;
    this.discovery = new k8s.core.v1.Service(
      logicalName,
      {
        metadata: { namespace: args.namespace, labels: labels(args), name: args.name },
        spec: {
          clusterIP: "None",
          // Members look each other up before any of them is ready; without this a first ring could never form.
          publishNotReadyAddresses: true,
          selector: args.selector,
          ports: [
            { name: "cql", port: ports.cql },
            { name: "intra-node", port: ports.intraNode },
          ],
        },
      },
      { parent: this, ...(args.takesOver && { transforms: [args.takesOver] }) },
    );
    this.registerOutputs({ discovery: this.discovery });
  }

  /**
   * Makes the Service with a cluster IP, named `<ring>-client`, for clients that take a single address: it leads to members
   * that serve CQL. It comes after what makes the pods: `pulumi up` waits until such a Service leads somewhere; and
   * when a stack moves to another topology, clients are led to the new ring only once that serves.
   */
  serveClients(sets: pulumi.ResourceOptions["dependsOn"]): k8s.core.v1.Service {
    const { name, namespace, selector } = this.args;
    return new k8s.core.v1.Service(
      `${this.logicalName}-client`,
      {
        metadata: { namespace, labels: labels(this.args), name: `${name}-client` },
        spec: { selector, ports: [{ name: "cql", port: ports.cql }] },
      },
      { parent: this, dependsOn: sets },
    );
  }
}
