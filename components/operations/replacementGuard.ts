import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { recordedOutputs } from "../engine/recorded";
import { isKnownAs } from "./statefulSetVolumes";

/** What makes pods, or is one. */
interface Workload {
  apiVersion: "apps/v1" | "v1";
  kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Pod";
}

/** UIDs of workloads, by their names. */
type Uids = Record<string, string>;

/**
 * What a component remembers of its workloads from one update to the next. It has no inputs: the engine drops the outputs of a component
 * whose inputs change, in that very update and, where that fails, for good.
 */
export class WorkloadMemory extends pulumi.ComponentResource {
  /** As an earlier update has left it. */
  readonly uids: Promise<Uids>;
  /** For `dependsOn`: `pulumi state delete` does not take the memory of what is still in the state. */
  readonly forDependents: pulumi.Output<pulumi.Resource[]>;

  /** @param owner component of the workloads, which has remembered them itself in versions of before */
  constructor(name: string, owner: pulumi.ComponentResource) {
    super("cassandra:index:WorkloadMemory", name, {}, { parent: owner });
    this.uids = Promise.all([owner, this].map((one) => recordedOutputs<{ uids: Uids }>(one))).then(([before, now]) => ({
      ...before.uids,
      ...now.uids,
    }));
    this.forDependents = this.urn.apply((urn) => [new pulumi.DependencyResource(urn)]);
  }

  /** What the next update is to know its live workloads by. */
  remember(workloads: Named[]): void {
    this.registerOutputs({ uids: uidsOf(workloads) });
  }
}

/** A workload, of which one that `--target` leaves out has no metadata yet. */
interface Named {
  metadata: pulumi.Output<{ name: string; uid: string } | undefined>;
}

export function uidsOf(workloads: Named[]): pulumi.Output<Uids> {
  return pulumi
    .all(workloads.map(({ metadata }) => metadata))
    .apply((all) => Object.fromEntries(all.flatMap((metadata) => (metadata ? [[metadata.name, metadata.uid]] : []))));
}

/** The provider takes another address for another cluster, and would replace all that it has made. */
export const anotherAddress =
  "If the cluster has got another address, take kubernetes:kubeconfig out of the config, `pulumi up` with the new one in KUBECONFIG, and " +
  "put it back";

export interface ReplacementArgs {
  /** What its component remembers of an earlier update. */
  memory: Pick<WorkloadMemory, "uids">;
  workload: Workload;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The cluster that it is in. @default that of the default provider */
  cluster?: KubeContext;
}

/**
 * Hook before a workload is made: refuses, in preview as well, to make one over one that is there. The provider would take it over,
 * and where this is a replacement (`pulumi up --replace`, `pulumi state taint`, another provider) delete it after that as the old
 * one, with its pods.
 */
export function refuseReplacement(name: string, args: ReplacementArgs): pulumi.ResourceHook {
  const { apiVersion, kind } = args.workload;
  return new pulumi.ResourceHook(
    `${name}-is-not-replaced`,
    async ({ newInputs }) => {
      const { metadata } = newInputs as { metadata: { name: string; namespace?: string } };
      // A namespace that is yet to be made has nothing in it.
      if (!metadata.namespace) return;
      const what = `${kind} ${metadata.namespace}/${metadata.name}`;
      const inspect = async () => {
        const { objects } = await KubernetesClient.connect(args.cluster);
        const object = { apiVersion, kind, metadata: { ...metadata, namespace: metadata.namespace! } };
        return objects.read(object).catch(undefinedWhenNotFound);
      };
      const live = await inspectOrWarn(`whether ${what} is there`, inspect, { isTold: false });
      if (!live) return;
      const uids = await args.memory.uids;
      if (isKnownAs(live.metadata!, uids[metadata.name])) {
        throw new Error(
          `${what} is not replaced: its pods would go with it, and their rows. Whatever asks for that (\`--replace\`, \`pulumi state ` +
            "taint`: `pulumi state untaint` takes it back) is not needed: an edit of the stack changes it as it is. If it was taken " +
            `out of the state, \`pulumi import\` puts it back. ${anotherAddress}`,
        );
      }
      if (args.takesOver) return;
      throw new Error(
        `${what} is there, and not in the state of this stack; nothing of it was touched. If it is this stack's own (a state that was ` +
          "lost, an update that was killed), take it over as it is: `pulumi config set kubernetes:upsertExistingObjects true`, " +
          "`pulumi up`. If it is another stack's, choose another name",
      );
    },
    { onDryRun: true },
  );
}
