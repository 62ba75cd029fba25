import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { CassandraRing, CassandraRingArgs, crowdRules, joinTimeouts } from "./cassandraRing";
import { checkedArgs } from "../args/checkedArgs";
import { Disk } from "../objects/disk";
import { refuseReplacement } from "../operations/replacementGuard";
import { whenWhole } from "../operations/convergence";
import { snapshotBeforeUpgrade } from "../operations/upgrade";
import { UnorderedRing } from "../cassandra/unorderedRing";

export interface DaemonClusterArgs extends CassandraRingArgs {
  /** Labels of the nodes that get a member each. @default every node gets one */
  nodeSelector?: Record<string, string>;
  /**
   * Folder on each node that holds the rows of its member; made where there is none. It outlives pods, and `pulumi destroy`.
   * @default none: rows lie in the pods, which hand them over whenever they go
   */
  hostPath?: string;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/** How many nodes a first ring or an update must be given time for; nobody says beforehand how many there are. */
const mostNodes = 20;

/**
 * A ring with one member on each node that the selector picks: a DaemonSet. A node that comes to be picked gets a member that
 * streams its share; one that no longer is hands its rows over.
 */
export class DaemonCluster extends CassandraRing {
  readonly daemonSet: k8s.apps.v1.DaemonSet;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: DaemonClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("DaemonCluster", name, given);
    const { hostPath, nodeSelector } = args;
    const maker = { apiGroups: ["apps"], resources: ["daemonsets"], resourceNames: [args.name] };
    const rules = crowdRules(args.namespace, maker);
    const disk: Disk = hostPath === undefined ? { kind: "emptyDir" } : { kind: "hostPath", path: hostPath };
    const { takesOver } = args;
    super(
      "cassandra:index:DaemonCluster",
      name,
      args,
      { given, topology: "daemon", disk, maker: "DaemonSet", rules, takesOver },
      opts,
    );
    this.execTarget = `ds/${args.name}`;

    const folders = {
      setting: `cassandra:daemon.hostPath: "${hostPath}"`,
      need: "a folder of the node (hostPath), which root gives to Cassandra",
    };
    const mayAsk = this.mayAsk(name, args, ...(hostPath === undefined ? [] : [folders]));
    const { cluster } = this;
    const { stallTimeoutMinutes } = args;
    const workload = { apiVersion: "apps/v1", kind: "DaemonSet" } as const;
    const isNotReplaced = refuseReplacement(name, { memory: this.memory, workload, takesOver, cluster });
    const ring = { name: args.name, selector: this.selector, cluster, stallTimeoutMinutes };

    const nodes = hostPath === undefined ? undefined : this.mayLookAtNodes(name);
    this.daemonSet = new k8s.apps.v1.DaemonSet(
      name,
      {
        metadata: { ...this.metadata, name: args.name },
        spec: {
          selector: { matchLabels: this.selector },
          template: { metadata: this.podMetadata, spec: { ...this.podSpec, nodeSelector } },
          updateStrategy: {
            rollingUpdate:
              hostPath === undefined
                ? // The new pod comes first, so that the old one has somebody to hand its rows over to, on a single node too.
                  { maxSurge: 1, maxUnavailable: 0 }
                : // Two pods may not share a folder.
                  { maxSurge: 0, maxUnavailable: 1 },
          },
        },
      },
      {
        parent: this,
        dependsOn: nodes ? this.beforePods.apply((all) => [...all, nodes]) : this.beforePods,
        // A selector can never change but for a ring of another name; and a replacement begins with the new one, which the hook refuses.
        ignoreChanges: args.acceptDataLoss ? [] : ["spec.selector"],
        deleteBeforeReplace: false,
        customTimeouts: joinTimeouts(mostNodes),
        hooks: {
          beforeCreate: [isNotReplaced, ...mayAsk],
          beforeUpdate: [...mayAsk, snapshotBeforeUpgrade(name, { ...ring, keepsDisks: hostPath !== undefined }, this)],
        },
      },
    );

    // There is no disruption budget: drains leave pods of a DaemonSet alone, and a budget cannot count them.
    this.clientService = this.serveClients(name, this.daemonSet);
    const isOnNodes = hostPath !== undefined;
    const isWhole = whenWhole(
      {
        ...ring,
        namespace: args.namespace,
        client: (namespace) => new UnorderedRing(cluster, { ...ring, namespace, maker: "DaemonSet", isOnNodes }),
      },
      [this.daemonSet.urn, this.clientService.urn],
      this,
    );
    this.contactPoints = pulumi.all([this.discoveryName, isWhole]).apply(([names]) => names);
    this.memory.remember([this.daemonSet]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }

  /** Whether a pod goes for good or comes back to its folder, the labels of its node tell; nodes belong to no namespace. */
  private mayLookAtNodes(name: string): pulumi.Resource {
    const { labels } = this.metadata;
    const role = new k8s.rbac.v1.ClusterRole(
      name,
      { metadata: { labels }, rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }] },
      { parent: this },
    );
    return new k8s.rbac.v1.ClusterRoleBinding(
      name,
      {
        metadata: { labels },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
        subjects: [
          { kind: "ServiceAccount", name: this.record.serviceAccountName, namespace: this.metadata.namespace },
        ],
      },
      { parent: this },
    );
  }
}
