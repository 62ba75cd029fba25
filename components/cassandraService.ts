import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "./cassandraPod";
import { Identity, labels, selectorLabels } from "./labels";

export interface CassandraServiceArgs extends Identity {
  /** Namespace of both Services. It must exist. */
  namespace: pulumi.Input<string>;
}

/** The two Services of a ring: a headless one, by which its pods are found, and one with a cluster IP for clients. */
export class CassandraService extends pulumi.ComponentResource {
  /** Headless Service, named as the ring: gives each member its DNS name, ready or not. */
  readonly discovery: k8s.core.v1.Service;

  constructor(
    private readonly logicalName: string,
    private readonly args: CassandraServiceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("cassandra:index:CassandraService", logicalName, {}, opts);
    this.discovery = new k8s.core.v1.Service(
      logicalName,
      {
        metadata: { namespace: args.namespace, labels: labels(args), name: args.name },
        spec: {
          clusterIP: "None",
          // Members look each other up before any of them is ready; without this a first ring could never form.
          publishNotReadyAddresses: true,
          selector: selectorLabels(args),
          ports: [
            { name: "cql", port: ports.cql },
            { name: "intra-node", port: ports.intraNode },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs({ discovery: this.discovery });
  }

  /**
   * Makes the Service with a cluster IP, named `<ring>-client`, for clients that take a single address: it leads to members
   * that serve CQL. It comes after what makes the pods: `pulumi up` waits until such a Service leads somewhere; and
   * when a stack moves to another topology, clients are led to the new ring only once that serves.
   */
  serveClients(sets: pulumi.Resource | pulumi.Resource[]): k8s.core.v1.Service {
    const { name, namespace } = this.args;
    return new k8s.core.v1.Service(
      `${this.logicalName}-client`,
      {
        metadata: { namespace, labels: labels(this.args), name: `${name}-client` },
        spec: { selector: selectorLabels(this.args), ports: [{ name: "cql", port: ports.cql }] },
      },
      { parent: this, dependsOn: sets },
    );
  }
}
