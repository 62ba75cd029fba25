import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { CassandraRing, CassandraRingArgs, mayLookAtNamespace } from "./cassandraRing";
import { checkedArgs } from "../args/checkedArgs";
import { Cluster, ClusterChoice, nothingWhenNotFound } from "../kubernetes/apiClient";
import { DataGuard } from "../operations/dataGuard";
import { lookAt } from "../engine/inspectOrWarn";
import { refuseReplacement, WorkloadMemory } from "../operations/replacementGuard";

export interface SinglePodArgs extends CassandraRingArgs {
  /**
   * Whether an edit may replace the pod, and lose its rows. Almost every edit does: a pod that stands alone cannot be changed.
   * @default false
   */
  acceptDataLoss?: boolean;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/**
 * A ring of one member: a Pod that stands alone, with its rows in it. Nothing brings it back, and nothing takes its rows over:
 * evictions are refused. An `EphemeralCluster` can adopt it.
 */
export class SinglePod extends CassandraRing {
  readonly pod: k8s.core.v1.Pod;
  readonly clientService: k8s.core.v1.Service;
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: SinglePodArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("SinglePod", name, given);
    const rules = [
      // There are no others to look at.
      { apiGroups: [""], resources: ["pods"], resourceNames: [args.name], verbs: ["get"] },
      mayLookAtNamespace(args.namespace),
    ];
    super(
      "cassandra:index:SinglePod",
      name,
      args,
      { given, topology: "pod", disk: { kind: "emptyDir" }, maker: "Pod", rules, takesOver: args.takesOver },
      opts,
    );
    this.execTarget = args.name;

    const guard = new DataGuard(
      `${name}-pod`,
      { revision: this.revision },
      () => ({ losses: [`ring ${args.name}: this edit replaces its only pod, and its rows go with it`], refusals: [] }),
      args.acceptDataLoss ?? false,
      { parent: this },
    );
    const isNotReplaced = refuseReplacement(name, {
      memory: this.memory,
      workload: { apiVersion: "v1", kind: "Pod" },
      takesOver: args.takesOver,
      cluster: this.cluster,
    });
    const budget = new k8s.policy.v1.PodDisruptionBudget(
      `${name}-alone`,
      { metadata: this.metadata, spec: { minAvailable: 1, selector: { matchLabels: this.selector } } },
      { parent: this, hooks: { beforeCreate: [refuseOtherBudget(name, args.name, this.memory, this.cluster)] } },
    );
    // The pod goes when the budget goes, by its owner reference: at `pulumi destroy` that deletes it. When a controller adopts
    // it, the budget goes as well; but by then the pod has another owner and stays, while Pulumi, which is told that the one
    // goes with the other, no longer holds it in its state.
    this.pod = new k8s.core.v1.Pod(
      name,
      {
        metadata: {
          ...this.metadata,
          ...this.podMetadata,
          name: args.name,
          ownerReferences: [
            {
              apiVersion: "policy/v1",
              kind: "PodDisruptionBudget",
              name: budget.metadata.name,
              uid: budget.metadata.uid,
              blockOwnerDeletion: true,
            },
          ],
        },
        spec: this.podSpec,
      },
      {
        parent: this,
        dependsOn: pulumi.all([guard.passed, this.beforePods]).apply((all) => all.flat()),
        deletedWith: budget,
        // What the guard has not let pass (its image was changed by hand and refreshed, a label of it lost) would be replaced by the
        // provider, which deletes it first. So a replacement begins with the new one, which the hook refuses.
        deleteBeforeReplace: args.acceptDataLoss ?? false,
        hooks: { beforeCreate: [isNotReplaced, ...this.mayAsk(name, args)] },
      },
    );

    this.clientService = this.serveClients(name, this.pod);
    this.contactPoints = this.discoveryName;
    this.memory.remember([this.pod]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}

/**
 * Hook before the budget is made: refuses, in preview as well, another one for a pod that there is. The pod goes with the one that it
 * belongs to, and an update that replaces the budget alone (`--target-replace`) leaves it to that one.
 */
export function refuseOtherBudget(
  name: string,
  pod: string,
  memory: Pick<WorkloadMemory, "uids">,
  cluster: ClusterChoice | undefined,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-keeps-its-budget`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace?: string } }).metadata;
      const uids = await memory.uids;
      if (!namespace || !uids[pod]) return;
      const look = async () =>
        (await Cluster.connect(cluster)).core.readNamespacedPod({ name: pod, namespace }).catch(nothingWhenNotFound);
      const live = await lookAt(`whether Pod ${namespace}/${pod} is there`, look, { isTold: false });
      const budget = live?.metadata?.ownerReferences?.find(({ kind }) => kind === "PodDisruptionBudget");
      if (live?.metadata?.uid !== uids[pod] || !budget) return;
      throw new Error(
        `PodDisruptionBudget ${namespace}/${budget.name} is not replaced: Pod ${pod} would go with it, and its rows. Whatever asks for that ` +
          "(`--target-replace`, `pulumi state taint`: `pulumi state untaint` takes it back) is not needed. If it was taken out of the " +
          "state, `pulumi import` puts it back",
      );
    },
    { onDryRun: true },
  );
}
