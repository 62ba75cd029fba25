/**
 * The components for programs in other languages: what `PulumiPlugin.yaml` makes a package of. Pulumi reads its schema from these
 * classes, whose outputs are plain values, and whose args are those of the components themselves. It sees those alone that extend
 * ComponentResource directly, and of their outputs the ones that they declare themselves: a class that they share would hide both.
 */
import * as pulumi from "@pulumi/pulumi";
import { refuseWrongArgs } from "./args/checkedArgs";
import * as cassandra from "./index";

/** What a ring tells a program. */
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

/** A ring whose members keep their rows on a volume each: a StatefulSet, or one for each rack. */
export class PersistentCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Secret that holds name and password of the superuser; none where nobody logs in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.PersistentClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("PersistentCluster", name, args);
    super("cassandra:index:PersistentCluster", name, {}, opts);
    const outputs = outputsOf(new cassandra.PersistentCluster(name, args, { parent: this }));
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A ring whose rows lie in its pods: a ReplicationController. A pod that leaves hands its rows over first. */
export class EphemeralCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Secret that holds name and password of the superuser; none where nobody logs in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.EphemeralClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("EphemeralCluster", name, args);
    super("cassandra:index:EphemeralCluster", name, {}, opts);
    const outputs = outputsOf(new cassandra.EphemeralCluster(name, args, { parent: this }));
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A ring with a member on each node that is picked: a DaemonSet. */
export class DaemonCluster extends pulumi.ComponentResource {
  /** Names in DNS for a driver to start from. */
  readonly contactPoints!: pulumi.Output<string[]>;
  /** Service with a cluster IP, for clients. */
  readonly clientService!: pulumi.Output<string>;
  /** Secret that holds name and password of the superuser; none where nobody logs in. */
  readonly superuserSecret?: pulumi.Output<string>;

  constructor(name: string, args: cassandra.DaemonClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("DaemonCluster", name, args);
    super("cassandra:index:DaemonCluster", name, {}, opts);
    const outputs = outputsOf(new cassandra.DaemonCluster(name, args, { parent: this }));
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

/** A CockroachDB cluster: a StatefulSet with a volume for each node, its Services, and its one-time initialisation. */
export class CockroachCluster extends pulumi.ComponentResource {
  /** Service with a cluster IP that leads to nodes which serve SQL. */
  readonly publicService: pulumi.Output<string>;

  constructor(name: string, args: cassandra.CockroachClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseWrongArgs("CockroachCluster", name, args);
    super("cassandra:index:CockroachCluster", name, {}, opts);
    const cluster = new cassandra.CockroachCluster(name, args, { parent: this });
    this.publicService = cluster.publicService.metadata.name;
    this.registerOutputs({ publicService: this.publicService });
  }
}
