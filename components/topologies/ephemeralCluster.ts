import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { CassandraRing, CassandraRingArgs, crowdRules, joinTimeouts } from "./cassandraRing";
import { checkedArgs } from "../args/checkedArgs";
import { membersServeFirst } from "../operations/controllerScaling";
import { refuseReplacement } from "../operations/replacementGuard";
import { whenWhole } from "../operations/convergence";
import { RollingUpdate } from "../operations/rollingRestart";
import { UnorderedRing } from "../cassandra/unorderedRing";
import { snapshotBeforeUpgrade } from "../operations/upgrade";

export interface EphemeralClusterArgs extends CassandraRingArgs {
  /** Members of the ring, at least 1. */
  replicas: number;
  /**
   * Takes over the pod, the Services and the record of the `SinglePod` of the same logical name, which the program no longer
   * makes: the pod becomes the first member of this ring, with its rows. It stays set from then on, since the pods of a ring
   * keep their labels. @default none
   */
  adoptPod?: boolean;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/**
 * A ring whose members keep their rows in their pods: a ReplicationController. A pod that leaves hands its rows over first, one
 * that dies is replaced from their other copies; with all pods gone, all rows are.
 */
export class EphemeralCluster extends CassandraRing {
  readonly replicationController: k8s.core.v1.ReplicationController;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: EphemeralClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const args = checkedArgs("EphemeralCluster", name, given);
    const maker = { apiGroups: [""], resources: ["replicationcontrollers"], resourceNames: [args.name] };
    const rules = crowdRules(args.namespace, maker);
    super(
      "cassandra:index:EphemeralCluster",
      name,
      args,
      {
        given,
        topology: args.adoptPod ? "pod" : "ephemeral",
        disk: { kind: "emptyDir" },
        maker: "ReplicationController",
        rules,
        takesOver: args.takesOver,
      },
      args.adoptPod ? { ...opts, aliases: [...(opts.aliases ?? []), { type: "cassandra:index:SinglePod" }] } : opts,
    );
    this.execTarget = `rc/${args.name}`;

    const mayAsk = this.mayAsk(name, args);
    const { cluster } = this;
    const { stallTimeoutMinutes, takesOver } = args;
    const workload = { apiVersion: "v1", kind: "ReplicationController" } as const;
    const isNotReplaced = refuseReplacement(name, { memory: this.memory, workload, takesOver, cluster });
    const ring = { name: args.name, selector: this.selector, cluster, stallTimeoutMinutes };
    const client = (namespace: string) =>
      new UnorderedRing(cluster, { ...ring, namespace, maker: "ReplicationController", isOnNodes: false });
    this.replicationController = new k8s.core.v1.ReplicationController(
      name,
      {
        metadata: { ...this.metadata, name: args.name },
        spec: {
          replicas: args.replicas,
          selector: this.selector,
          template: { metadata: this.podMetadata, spec: this.podSpec },
        },
      },
      {
        parent: this,
        dependsOn: this.beforePods,
        // A replacement begins with the new one, which the hook refuses.
        deleteBeforeReplace: false,
        customTimeouts: joinTimeouts(args.replicas),
        hooks: {
          beforeCreate: [isNotReplaced, ...mayAsk],
          beforeUpdate: [
            ...mayAsk,
            membersServeFirst(name, { name: args.name, client }, this),
            snapshotBeforeUpgrade(name, { ...ring, keepsDisks: false }, this),
          ],
        },
      },
    );

    const rolled = new RollingUpdate(
      name,
      { ...args, ...ring, revision: this.revision, adopted: args.adoptPod ? args.name : undefined },
      { parent: this, dependsOn: this.replicationController },
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata: this.metadata, spec: { maxUnavailable: 1, selector: { matchLabels: this.selector } } },
      { parent: this },
    );
    this.clientService = this.serveClients(name, this.replicationController);
    const isWhole = whenWhole(
      {
        ...ring,
        namespace: args.namespace,
        replicas: args.replicas,
        client,
      },
      [rolled.urn, this.clientService.urn],
      this,
    );
    this.contactPoints = pulumi.all([this.discoveryName, isWhole]).apply(([names]) => names);
    this.memory.remember([this.replicationController]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}
