/**
 * The components for programs in other languages: `PulumiPlugin.yaml` makes a package of them. Pulumi reads the schema of the package
 * from these classes. Their args are those of the components, and their outputs are plain values. Pulumi sees only classes that extend
 * ComponentResource directly, and only outputs that a class declares itself. A common base class would hide both, so the classes repeat
 * each other.
 */
import * as pulumi from "@pulumi/pulumi";
import { refuseWrongArgs } from "./args/checkedArgs";
import * as cassandra from "./index";

/** Outputs of every ring. */
interface RingOutputs {
  contactPoints: pulumi.Output<string[]>;
  clientService: pulumi.Output<string>;
  superuserSecret?: pulumi.Output<string>;
}

function outputsOf({ contactPoints, clientService, superuser }: cassandra.CassandraRing): RingOutputs {
  return {
    contactPoints,
    clientService: clientService.metadata.name,
    ...(superuser && { superuserSecret: superuser.secretName }),
  };
}

/** A ring whose members keep their data on a volume each: a StatefulSet, or one for each rack. */
export class PersistentCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Addresses of members for drivers outside the Kubernetes cluster, by the names of their pods; undefined if members have none. */
  readonly memberAddresses?: pulumi.Output<Record<string, string>>;
  /** Name of the Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Name of the Secret with name and password of the superuser; undefined if clients do not log in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.PersistentClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("PersistentCluster", name, args);
    super("cassandra:index:PersistentCluster", name, {}, opts);
    const ring = new cassandra.PersistentCluster(name, args, { parent: this });
    const { memberAddresses } = ring;
    const outputs = { ...outputsOf(ring), ...(memberAddresses && { memberAddresses }) };
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A ring whose data lies in its pods: a ReplicationController. A pod that is deleted streams its data to other members first. */
export class EphemeralCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Name of the Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Name of the Secret with name and password of the superuser; undefined if clients do not log in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.EphemeralClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("EphemeralCluster", name, args);
    super("cassandra:index:EphemeralCluster", name, {}, opts);
    const outputs = outputsOf(new cassandra.EphemeralCluster(name, args, { parent: this }));
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A ring with one member on each selected node: a DaemonSet. */
export class DaemonCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Name of the Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Name of the Secret with name and password of the superuser; undefined if clients do not log in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.DaemonClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("DaemonCluster", name, args);
    super("cassandra:index:DaemonCluster", name, {}, opts);
    const outputs = outputsOf(new cassandra.DaemonCluster(name, args, { parent: this }));
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A CockroachDB cluster: a StatefulSet with a volume for each node, its Services, and the Job that forms the cluster once. */
export class CockroachCluster extends pulumi.ComponentResource {
  /** Name of the Service with a cluster IP that leads to the nodes that serve SQL. */
  readonly publicService: pulumi.Output<string>;

  constructor(name: string, args: cassandra.CockroachClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("CockroachCluster", name, args);
    super("cassandra:index:CockroachCluster", name, {}, opts);
    const cluster = new cassandra.CockroachCluster(name, args, { parent: this });
    this.publicService = cluster.publicService.metadata.name;
    this.registerOutputs({ publicService: this.publicService });
  }
}
