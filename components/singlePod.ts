import * as k8s from "./kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CassandraRing, CassandraRingArgs, mayLookAtNamespace } from "./cassandraRing";
import { DataGuard } from "./dataGuard";
import { refuseReplacement } from "./replacement";

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

  constructor(name: string, args: SinglePodArgs, opts?: pulumi.ComponentResourceOptions) {
    const rules = [
      // There are no others to look at.
      { apiGroups: [""], resources: ["pods"], resourceNames: [args.name], verbs: ["get"] },
      mayLookAtNamespace(args.namespace),
    ];
    super(
      "cassandra:index:SinglePod",
      name,
      args,
      { topology: "pod", disk: "emptyDir", maker: "Pod", rules, takesOver: args.takesOver },
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
    // An edit that replaces it deletes it first; what replaces it without an edit does not.
    const isNotReplaced = refuseReplacement(name, {
      memory: this.memory,
      workload: { apiVersion: "v1", kind: "Pod" },
      takesOver: args.takesOver,
      cluster: this.cluster,
    });
    const budget = new k8s.policy.v1.PodDisruptionBudget(
      `${name}-alone`,
      { metadata: this.metadata, spec: { minAvailable: 1, selector: { matchLabels: this.selector } } },
      { parent: this },
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
        hooks: { beforeCreate: [isNotReplaced, ...this.mayAsk(name, args)] },
      },
    );

    this.clientService = this.serveClients(name, this.pod);
    this.contactPoints = this.discoveryName;
    this.memory.remember([this.pod]);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}
