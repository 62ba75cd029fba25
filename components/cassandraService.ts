import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "./cassandraPod";
import { Identity, labels, selectorLabels } from "./labels";

export interface CassandraServiceArgs extends Identity {
  /** Namespace of both Services. It must exist. */
  namespace: pulumi.Input<string>;
}

/**
 * The two Services of a ring: a headless one, by which the members find each other by name, and one with a cluster IP for
 * clients that take a single address. The client Service waits in `pulumi up` until a member serves CQL, so no workload may
 * depend on it: both would wait for ever. Sets depend on `discovery` alone.
 */
export class CassandraService extends pulumi.ComponentResource {
  /** Headless Service, named as the ring: gives each member its DNS name, ready or not. */
  readonly discovery: k8s.core.v1.Service;
  /** Service with a cluster IP, named `<ring>-client`: leads to members that serve CQL. */
  readonly client: k8s.core.v1.Service;

  constructor(name: string, args: CassandraServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:CassandraService", name, {}, opts);
    const metadata = { namespace: args.namespace, labels: labels(args) };
    const selector = selectorLabels(args);

    this.discovery = new k8s.core.v1.Service(
      name,
      {
        metadata: { ...metadata, name: args.name },
        spec: {
          clusterIP: "None",
          // Members look each other up before any of them is ready; without this a first ring could never form.
          publishNotReadyAddresses: true,
          selector,
          ports: [
            { name: "cql", port: ports.cql },
            { name: "intra-node", port: ports.intraNode },
          ],
        },
      },
      { parent: this },
    );

    this.client = new k8s.core.v1.Service(
      `${name}-client`,
      {
        metadata: { ...metadata, name: `${args.name}-client` },
        spec: { selector, ports: [{ name: "cql", port: ports.cql }] },
      },
      { parent: this },
    );

    this.registerOutputs({ discovery: this.discovery, client: this.client });
  }
}
