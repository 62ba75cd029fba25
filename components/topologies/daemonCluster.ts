import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { UnorderedRing } from "../cassandra/unorderedRing";
import { cassandraDaemonSet } from "../objects/daemonSet";
import { Disk, outlivesPod } from "../objects/disk";
import { clusterRoleBinding, nameOnceMade, nodeReader, unorderedPodRules } from "../objects/rbac";
import { refuseNoNodes } from "../operations/chosenNodes";
import { ringConverged } from "../operations/convergence";
import { refuseReplacement } from "../operations/replacementGuard";
import { snapshotBeforeUpgrade } from "../operations/upgrade";
import { CassandraRing } from "./cassandraRing";
import type { CassandraRingArgs } from "./ringArgs";
import { joinTimeouts } from "./joinTimeouts";
import { podHooks } from "./ringHooks";
import { propertyName } from "../engine/propertyNames";

export interface DaemonClusterArgs extends CassandraRingArgs {
  /**
   * Absolute path of a folder on each node that holds the data of its member. Kubernetes makes the folder if there is none. The folder
   * outlives the pods and `pulumi destroy`. @default none: the data lies in the pods, which stream it to other members before they end
   */
  hostPath?: string;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/** Number of nodes for which `pulumi up` waits long enough. How many nodes there are is not known when the program runs. */
const mostNodes = 20;

/**
 * A ring with one member on each selected node: a DaemonSet. A node that comes to be selected gets a member, to which the other members
 * stream its share of the data. The member of a node that is no longer selected streams its data to the other members first.
 */
export class DaemonCluster extends CassandraRing {
  readonly daemonSet: k8s.apps.v1.DaemonSet;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: DaemonClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("DaemonCluster", name, given);
    const { namespace, hostPath, takesOver, stallTimeoutMinutes } = args;
    const maker = "DaemonSet";
    const rules = unorderedPodRules(namespace, {
      apiGroups: ["apps"],
      resources: ["daemonsets"],
      resourceNames: [args.name],
    });
    const disk: Disk = hostPath === undefined ? { kind: "emptyDir" } : { kind: "hostPath", path: hostPath };
    super(
      "cassandra:index:DaemonCluster",
      name,
      args,
      { given, topology: "daemon", disk, maker, rules, takesOver },
      opts,
    );
    this.execTarget = `ds/${args.name}`;
    const { selector, cluster, metadata, memory, permissions, podTemplate } = this;
    const ring = { name: args.name, selector, cluster, stallTimeoutMinutes };
    const privileges = hostPath === undefined ? [] : [ofFolder(hostPath)];
    const streamsAtEnd = !outlivesPod(disk);
    const pods = { selector, cluster, permissions, maker, streamsAtEnd, parent: this } as const;
    const canStart = podHooks(name, args, pods, ...privileges);
    const workload = { apiVersion: "apps/v1", kind: maker } as const;
    const isOnNodes = disk.kind === "hostPath";
    const client = (namespace: string) => new UnorderedRing(cluster, { ...ring, namespace, maker, isOnNodes });
    const keepsNodes = refuseNoNodes(name, { ...args, ring: args.name, selector, cluster }, this);

    const nodeAccess = hostPath === undefined ? [] : [this.letReadNodes(name)];
    this.daemonSet = new k8s.apps.v1.DaemonSet(
      name,
      cassandraDaemonSet({
        metadata: { ...metadata, name: args.name },
        selector,
        template: podTemplate.ofRack(undefined),
        disk,
      }),
      {
        parent: this,
        dependsOn: this.beforePods.apply((all) => [...all, ...nodeAccess]),
        // The selector of a DaemonSet can never change, except for a ring of another name.
        ignoreChanges: args.acceptDataLoss ? [] : ["spec.selector"],
        // A replacement begins with the new controller, which `refuseReplacement` refuses.
        deleteBeforeReplace: false,
        customTimeouts: joinTimeouts(mostNodes),
        hooks: {
          beforeCreate: [
            refuseReplacement(name, { memory, workload, takesOver, cluster }),
            ...canStart.beforeCreate,
            keepsNodes,
          ],
          beforeUpdate: [
            ...canStart.beforeUpdate,
            keepsNodes,
            snapshotBeforeUpgrade(name, { ...ring, keepsDisks: outlivesPod(disk), client }, this),
          ],
        },
      },
    );
    // There is no disruption budget: `kubectl drain` leaves pods of a DaemonSet alone, and a budget cannot count them.
    this.clientService = this.serveClients(name, this.daemonSet);

    const isWhole = ringConverged({ ...ring, namespace, client }, [this.daemonSet.urn, this.clientService.urn], this);
    this.contactPoints = pulumi.all([this.discoveryName, isWhole]).apply(([names]) => names);
    this.memory.remember([this.daemonSet]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }

  /** Lets the pods read the labels of their nodes, by which they know whether a later pod will find the folder of the node again. */
  private letReadNodes(name: string): pulumi.Resource {
    const { labels, namespace } = this.metadata;
    const role = new k8s.rbac.v1.ClusterRole(name, nodeReader(labels), { parent: this });
    const account = { name: this.record.serviceAccountName, namespace };
    const binding = clusterRoleBinding(labels, nameOnceMade(role), account);
    return new k8s.rbac.v1.ClusterRoleBinding(name, binding, { parent: this });
  }
}

/** What a pod on a folder of its node has that a Pod Security Standard may not allow. */
const ofFolder = (hostPath: string) => ({
  setting: `${propertyName("hostPath", "daemon")}: "${hostPath}"`,
  need: "a folder of the node (hostPath), whose owner root changes to Cassandra's user",
});
