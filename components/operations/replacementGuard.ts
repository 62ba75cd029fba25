import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { recordedOutputs } from "../engine/recorded";
import { isKnownAs } from "./statefulSetVolumes";

/** A controller of pods, or a pod that stands alone. */
interface Workload {
  apiVersion: "apps/v1" | "v1";
  kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Pod";
}

/** UIDs of workloads, by their names. */
type Uids = Record<string, string>;

/**
 * What a component remembers of its workloads between updates. It has no inputs: if inputs of a component change, the engine drops its
 * outputs in that update, and for good if the update fails.
 */
export class WorkloadMemory extends pulumi.ComponentResource {
  /** UIDs that an earlier update has stored. */
  readonly uids: Promise<Uids>;
  /** For `dependsOn`: `pulumi state delete` does not delete the memory of a workload that is still in the state. */
  readonly forDependents: pulumi.Output<pulumi.Resource[]>;

  /** @param owner component of the workloads, which stored the UIDs itself in earlier versions */
  constructor(name: string, owner: pulumi.ComponentResource) {
    super("cassandra:index:WorkloadMemory", name, {}, { parent: owner });
    this.uids = Promise.all([owner, this].map((one) => recordedOutputs<{ uids: Uids }>(one))).then(([before, now]) => ({
      ...before.uids,
      ...now.uids,
    }));
    this.forDependents = this.urn.apply((urn) => [new pulumi.DependencyResource(urn)]);
  }

  /** Stores the UIDs, by which the next update knows its live workloads. */
  remember(workloads: Named[]): void {
    this.registerOutputs({ uids: uidsOf(workloads) });
  }
}

/** A workload. It has no metadata yet if `--target` leaves it out. */
interface Named {
  metadata: pulumi.Output<{ name: string; uid: string } | undefined>;
}

export function uidsOf(workloads: Named[]): pulumi.Output<Uids> {
  return pulumi
    .all(workloads.map(({ metadata }) => metadata))
    .apply((all) => Object.fromEntries(all.flatMap((metadata) => (metadata ? [[metadata.name, metadata.uid]] : []))));
}

/** To the provider, another address is another cluster: it would replace all of its objects. */
export const anotherAddress =
  "If the Kubernetes cluster has a new address, remove kubernetes:kubeconfig from the config, run `pulumi up` with the new kubeconfig in " +
  "KUBECONFIG, and set it again";

export interface ReplacementArgs {
  /** What the component remembers of an earlier update. */
  memory: Pick<WorkloadMemory, "uids">;
  workload: Workload;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The Kubernetes cluster of the workload. @default that of the default provider */
  cluster?: KubeContext;
}

/**
 * Hook before a workload is created: refuses, in preview as well, a workload that exists. The provider would take the existing workload
 * over. In a replacement (`pulumi up --replace`, `pulumi state taint`, another provider), it would then delete the same workload as the
 * old one, with its pods.
 */
export function refuseReplacement(name: string, args: ReplacementArgs): pulumi.ResourceHook {
  const { apiVersion, kind } = args.workload;
  return new pulumi.ResourceHook(
    `${name}-is-not-replaced`,
    async ({ newInputs }) => {
      const { metadata } = newInputs as { metadata: { name: string; namespace?: string } };
      // A namespace that is yet to be made is empty.
      if (!metadata.namespace) return;
      const what = `${kind} ${metadata.namespace}/${metadata.name}`;
      const inspect = async () => {
        const { objects } = await KubernetesClient.connect(args.cluster);
        const object = { apiVersion, kind, metadata: { ...metadata, namespace: metadata.namespace! } };
        return objects.read(object).catch(undefinedWhenNotFound);
      };
      const live = await inspectOrWarn(`whether ${what} exists`, inspect, { isTold: false });
      if (!live) return;
      const uids = await args.memory.uids;
      if (isKnownAs(live.metadata!, uids[metadata.name])) {
        throw new Error(
          `${what} is not replaced: its pods would be deleted with it, and their data. No edit of the stack needs that: ` +
            "`pulumi state untaint` takes `pulumi state taint` back, and `--replace` can be left out. If it was removed from the " +
            `state, \`pulumi import\` puts it back. ${anotherAddress}`,
        );
      }
      if (args.takesOver) return;
      throw new Error(
        `${what} exists and is not in the state of this stack; nothing was touched. If this stack made it (the state was lost, or an ` +
          "update was killed), take it over as it is: `pulumi config set kubernetes:upsertExistingObjects true`, `pulumi up`. If " +
          "another stack made it, choose another name",
      );
    },
    { onDryRun: true },
  );
}
