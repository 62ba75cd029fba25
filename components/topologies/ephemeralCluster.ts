import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { UnorderedRing } from "../cassandra/unorderedRing";
import { Disk, outlivesPod } from "../objects/disk";
import { podDisruptionBudget } from "../objects/podDisruptionBudget";
import { unorderedPodRules } from "../objects/rbac";
import { cassandraReplicationController } from "../objects/replicationController";
import { requireServingMembers } from "../operations/controllerScaling";
import { ringConverged } from "../operations/convergence";
import { refuseReplacement } from "../operations/replacementGuard";
import { RollingRestart } from "../operations/rollingRestart";
import { snapshotBeforeUpgrade } from "../operations/upgrade";
import { CassandraRing } from "./cassandraRing";
import type { CassandraRingArgs } from "./ringArgs";
import { joinTimeouts } from "./joinTimeouts";
import { podHooks } from "./ringHooks";

export interface EphemeralClusterArgs extends CassandraRingArgs {
  /** Members of the ring, at least 1. */
  replicas: number;
  /**
   * Takes over the pod, the Services and the record of the `SinglePod` of the same logical name, which the program no longer makes. The
   * pod becomes the first member of this ring, with its data. Keep it set from then on, since the pods of a ring keep their labels.
   * @default false
   */
  adoptPod?: boolean;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/**
 * A ring whose members keep their data in their pods: a ReplicationController. A pod that is deleted streams its data to other members
 * first. A pod that dies is replaced, and its data comes from the other replicas. When all pods are gone, all data is gone.
 */
export class EphemeralCluster extends CassandraRing {
  readonly replicationController: k8s.core.v1.ReplicationController;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: EphemeralClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const args = checkedArgs("EphemeralCluster", name, given);
    const { namespace, replicas, adoptPod, takesOver, stallTimeoutMinutes } = args;
    const maker = "ReplicationController";
    const rules = unorderedPodRules(namespace, {
      apiGroups: [""],
      resources: ["replicationcontrollers"],
      resourceNames: [args.name],
    });
    const disk: Disk = { kind: "emptyDir" };
    super(
      "cassandra:index:EphemeralCluster",
      name,
      args,
      { given, topology: adoptPod ? "pod" : "ephemeral", disk, maker, rules, takesOver },
      adoptPod ? { ...opts, aliases: [...(opts.aliases ?? []), { type: "cassandra:index:SinglePod" }] } : opts,
    );
    this.execTarget = `rc/${args.name}`;
    const { selector, cluster, metadata, memory, permissions, podTemplate } = this;
    const ring = { name: args.name, selector, cluster, stallTimeoutMinutes };
    const client = (namespace: string) => new UnorderedRing(cluster, { ...ring, namespace, maker, isOnNodes: false });
    const canStart = podHooks(name, args, { selector, cluster, permissions, maker, streamsAtEnd: true, parent: this });
    const workload = { apiVersion: "v1", kind: maker } as const;

    this.replicationController = new k8s.core.v1.ReplicationController(
      name,
      cassandraReplicationController({
        metadata: { ...metadata, name: args.name },
        replicas,
        selector,
        template: podTemplate.ofRack(undefined),
      }),
      {
        parent: this,
        dependsOn: this.beforePods,
        // A replacement begins with the new controller, which `refuseReplacement` refuses.
        deleteBeforeReplace: false,
        customTimeouts: joinTimeouts(replicas),
        hooks: {
          beforeCreate: [refuseReplacement(name, { memory, workload, takesOver, cluster }), ...canStart.beforeCreate],
          beforeUpdate: [
            ...canStart.beforeUpdate,
            requireServingMembers(name, { name: args.name, client }, this),
            snapshotBeforeUpgrade(name, { ...ring, keepsDisks: outlivesPod(disk), client }, this),
          ],
        },
      },
    );
    const rolled = new RollingRestart(
      name,
      { ...args, ...ring, revision: podTemplate.revision, adopted: adoptPod ? args.name : undefined },
      { parent: this, dependsOn: this.replicationController },
    );
    new k8s.policy.v1.PodDisruptionBudget(name, podDisruptionBudget(metadata, selector), { parent: this });
    this.clientService = this.serveClients(name, this.replicationController);

    const isWhole = ringConverged({ ...ring, namespace, replicas, client }, [rolled.urn, this.clientService.urn], this);
    this.contactPoints = pulumi.all([this.discoveryName, isWhole]).apply(([names]) => names);
    this.memory.remember([this.replicationController]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}
