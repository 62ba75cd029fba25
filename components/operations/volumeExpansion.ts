import type { V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { waitUntilClear } from "../kubernetes/apiClient";
import { errorMessage, undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { wholeBytes } from "../kubernetes/quantity";
import { recreatedStatefulSet } from "./recreatedStatefulSet";
import { SetInputs, SetOutputs, VolumeExpansionArgs, VolumePlan } from "./volumeExpansionPlan";

/**
 * Hook of a StatefulSet whose volumes are to be larger, or of another class: expands the existing PersistentVolumeClaims, and recreates the
 * StatefulSet around its pods, none of which restarts. A PersistentVolumeClaim cannot change its class: only pods to come get the new
 * class. The live StatefulSet is compared with the stack, so that an interrupted update goes on, and a StatefulSet that somebody deleted
 * without its pods is recreated. A live StatefulSet that is not the one in the state is refused.
 * @param parent line of `pulumi up` that the hook writes to
 */
export function expandVolumesFirst(
  name: string,
  args: VolumeExpansionArgs,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const report = (line: string) => pulumi.log.info(`${args.subject}: ${line}`, parent);
  return new pulumi.ResourceHook(
    `${name}-volumes-grow-first`,
    async ({ newInputs, oldInputs, oldOutputs }) => {
      const inputs = newInputs as SetInputs;
      const known = (oldInputs as SetInputs).spec.replicas!;
      const plan = await inspectOrWarn(
        `${args.subject}: StatefulSet ${inputs.metadata.name} and its volumes`,
        () => VolumePlan.of(args, inputs, known, oldOutputs as SetOutputs | undefined),
        { parent },
      );
      if (!plan) return;
      plan.refuse();
      if (isDryRun) for (const line of plan.describe()) await report(line);
      else await new VolumeExpansion(plan).run(report);
    },
    { onDryRun: true },
  );
}

/** Carries a plan out, and goes on where an update was interrupted. */
class VolumeExpansion {
  constructor(private readonly plan: VolumePlan) {}

  async run(report: (line: string) => Promise<void>): Promise<void> {
    // Kept volumes of another size than the claim template stay as they are.
    if (!this.plan.isOther) return;
    const { namespace } = this.plan.inputs.metadata;
    const { size } = this.plan.wanted;
    const body = [{ op: "replace", path: "/spec/resources/requests/storage", value: size }];
    const names = this.plan.small().map(({ metadata }) => metadata!.name!);
    for (const name of names)
      await this.plan.cluster.core.patchNamespacedPersistentVolumeClaim({ name, namespace, body });
    for (const name of names) {
      await this.waitUntilExpanded(name);
      await report(`${name} has ${size}`);
    }
    if (this.plan.live) await this.deleteWithoutPods(this.plan.live);
    await this.recreate();
  }

  /** Deletes the StatefulSet without its pods. */
  private async deleteWithoutPods({ metadata }: V1StatefulSet): Promise<void> {
    const set = { name: metadata!.name!, namespace: metadata!.namespace! };
    const body = { preconditions: { uid: metadata!.uid }, propagationPolicy: "Orphan" };
    await this.plan.cluster.apps.deleteNamespacedStatefulSet({ ...set, body }).catch(undefinedWhenNotFound);
    const isThere = async () => {
      const found = await this.plan.cluster.apps.readNamespacedStatefulSet(set).catch(undefinedWhenNotFound);
      return found && `its finalizers are ${found.metadata?.finalizers?.join(", ") || "none"}`;
    };
    await waitUntilClear(isThere, this.minutes, 500).catch((error: Error) => {
      throw new Error(
        `StatefulSet ${set.name} was deleted without its pods, which serve, and still exists ${errorMessage(error)}; run \`pulumi up\` ` +
          "again once it is gone",
      );
    });
  }

  /** Recreates the live StatefulSet with the new claim template, with the field manager that the provider uses. */
  private async recreate(): Promise<void> {
    const { inputs, live, wanted, replicas, args } = this.plan;
    const { name, namespace } = inputs.metadata;
    const spec = live?.spec ?? inputs.spec;
    const { labels, annotations } = live?.metadata ?? inputs.metadata;
    // The UID in the state, which may not know that the StatefulSet was recreated before.
    const uid = this.plan.state.metadata?.uid ?? live?.metadata?.uid;
    const changed = { claim: args.isKept ? undefined : args.claim, ...wanted };
    const set = recreatedStatefulSet({ name, namespace, labels, annotations }, { ...spec, replicas }, uid, changed);
    const applied = live?.metadata?.managedFields?.find(
      ({ manager, operation }) => operation === "Apply" && manager?.startsWith("pulumi"),
    );
    const manager = applied?.manager ?? this.plan.state.__fieldManager ?? "pulumi";
    await this.plan.cluster.apply(set, manager);
  }

  private get minutes(): number {
    return this.plan.args.stallTimeoutMinutes ?? defaultStallTimeoutMinutes;
  }

  private async waitUntilExpanded(name: string): Promise<void> {
    const { namespace } = this.plan.inputs.metadata;
    const { size } = this.plan.wanted;
    const lacks = async (): Promise<string | undefined> => {
      const { status } = await this.plan.cluster.core.readNamespacedPersistentVolumeClaim({ name, namespace });
      const capacity = status?.capacity?.storage ?? "0";
      if (wholeBytes(capacity)! >= wholeBytes(size)!) return undefined;
      // Some drivers expand the file system only when the pod starts the next time. Nothing more can be done now.
      if (status?.conditions?.some(({ type }) => type === "FileSystemResizePending")) return undefined;
      return `it has ${capacity} of ${size}`;
    };
    await waitUntilClear(lacks, this.minutes).catch((error: Error) => {
      throw new Error(
        `${name} has not grown ${errorMessage(error)}: \`kubectl describe pvc -n ${namespace} ${name}\` says why; run \`pulumi up\` ` +
          "again once it has",
      );
    });
  }
}
