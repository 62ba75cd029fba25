import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { cassandraPod } from "../objects/pod";
import { noEviction } from "../objects/podDisruptionBudget";
import { singlePodRules } from "../objects/rbac";
import { DataGuard } from "../operations/dataGuard";
import { refuseReplacement } from "../operations/replacementGuard";
import { refuseOtherBudget } from "../operations/budgetGuard";
import { CassandraRing } from "./cassandraRing";
import type { CassandraRingArgs } from "./ringArgs";
import { podHooks } from "./ringHooks";

export interface SinglePodArgs extends CassandraRingArgs {
  /**
   * Whether an edit may replace the pod, and lose its data. Almost every edit does: Kubernetes cannot change a pod that stands alone.
   * @default false
   */
  acceptDataLoss?: boolean;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/**
 * A ring of one member: a Pod that stands alone, with its data in the pod. No controller recreates the pod, and no other member has its
 * data, so that evictions are refused. An `EphemeralCluster` can adopt the pod.
 */
export class SinglePod extends CassandraRing {
  readonly pod: k8s.core.v1.Pod;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: SinglePodArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("SinglePod", name, given);
    const { namespace, takesOver, acceptDataLoss = false } = args;
    const rules = singlePodRules(namespace, args.name);
    super(
      "cassandra:index:SinglePod",
      name,
      args,
      { given, topology: "pod", disk: { kind: "emptyDir" }, maker: "Pod", rules, takesOver },
      opts,
    );
    this.execTarget = args.name;
    const { selector, cluster, metadata, memory, permissions, podTemplate } = this;

    const guard = this.guardPod(name, args);
    const budget = new k8s.policy.v1.PodDisruptionBudget(`${name}-alone`, noEviction(metadata, selector), {
      parent: this,
      hooks: { beforeCreate: [refuseOtherBudget(name, args.name, memory, cluster)] },
    });
    // At `pulumi destroy`, Pulumi deletes the budget, and Kubernetes deletes the pod with its owner. When a controller adopts the pod, the
    // budget goes as well, but the pod has another owner by then and stays. Pulumi, which is told that the pod goes with the budget, no
    // longer holds the pod in its state.
    const workload = { apiVersion: "v1", kind: "Pod" } as const;
    const isNotReplaced = refuseReplacement(name, { memory, workload, takesOver, cluster });
    const canStart = podHooks(name, args, { selector, cluster, permissions, maker: workload.kind, parent: this });
    this.pod = new k8s.core.v1.Pod(
      name,
      cassandraPod({
        metadata: { ...metadata, ...podTemplate.metadata, name: args.name },
        budget,
        spec: podTemplate.spec,
      }),
      {
        parent: this,
        dependsOn: pulumi.all([guard.passed, this.beforePods]).apply((all) => all.flat()),
        deletedWith: budget,
        // The guard does not see every cause of a replacement (an image that was changed by hand and refreshed, a lost label), and the
        // provider would delete the pod first. So a replacement begins with the new pod, which `refuseReplacement` refuses.
        deleteBeforeReplace: acceptDataLoss,
        hooks: { beforeCreate: [isNotReplaced, ...canStart.beforeCreate] },
      },
    );
    this.clientService = this.serveClients(name, this.pod);

    this.contactPoints = this.discoveryName;
    this.memory.remember([this.pod]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }

  /** Refuses an edit that replaces the pod, unless the program accepts the loss of its data. */
  private guardPod(name: string, args: SinglePodArgs) {
    const loss = `ring ${args.name}: this edit replaces its only pod, and its data goes with the pod`;
    return new DataGuard(
      `${name}-pod`,
      { revision: this.podTemplate.revision },
      () => ({ losses: [loss], refusals: [] }),
      args.acceptDataLoss ?? false,
      { parent: this },
    );
  }
}
