import type { V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { errorMessage, undefinedWhenNotFound, waitUntilClear } from "../kubernetes/apiClient";
import { quantity } from "../kubernetes/quantity";
import { recreatedStatefulSet } from "./recreatedStatefulSet";
import { SetInputs, SetOutputs, VolumeExpansionArgs, VolumePlan } from "./volumeExpansionPlan";

/**
 * Hook of a StatefulSet: where its volumes are to be larger, or of another class, grows the claims that there are and makes the set
 * anew around its pods, which go on and belong to the new one: none restarts. No claim can change its class: that is for pods to
 * come. It compares the live set with what is asked for, so that an update that was cut off goes on, and a set that somebody took
 * away from around its pods is made again. A live set that is not the one of the state is refused.
 * @param parent line of `pulumi up` that it writes to
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

/** Does what a plan says, and goes on where an update was cut off. */
class VolumeExpansion {
  constructor(private readonly plan: VolumePlan) {}

  async run(report: (line: string) => Promise<void>): Promise<void> {
    // Volumes that were kept, of another size than their set's claims, are as they were found.
    if (!this.plan.isOther) return;
    const { namespace } = this.plan.inputs.metadata;
    const { size } = this.plan.wanted;
    const body = [{ op: "replace", path: "/spec/resources/requests/storage", value: size }];
    const names = this.plan.small().map(({ metadata }) => metadata!.name!);
    for (const name of names)
      await this.plan.cluster.core.patchNamespacedPersistentVolumeClaim({ name, namespace, body });
    for (const name of names) {
      await this.grown(name);
      await report(`${name} has ${size}`);
    }
    if (this.plan.live) await this.takeAway(this.plan.live);
    await this.make();
  }

  /** Takes the set away from around its pods. */
  private async takeAway({ metadata }: V1StatefulSet): Promise<void> {
    const set = { name: metadata!.name!, namespace: metadata!.namespace! };
    const body = { preconditions: { uid: metadata!.uid }, propagationPolicy: "Orphan" };
    await this.plan.cluster.apps.deleteNamespacedStatefulSet({ ...set, body }).catch(undefinedWhenNotFound);
    const isThere = async () => {
      const found = await this.plan.cluster.apps.readNamespacedStatefulSet(set).catch(undefinedWhenNotFound);
      return found && `its finalizers are ${found.metadata?.finalizers?.join(", ") || "none"}`;
    };
    await waitUntilClear(isThere, this.minutes, 500).catch((error: Error) => {
      throw new Error(
        `StatefulSet ${set.name} is not gone from around its pods, which serve on, ${errorMessage(error)}; \`pulumi up\` again once it is`,
      );
    });
  }

  /** Makes the set, of its live self but for the claims, under the name with which the provider applies what comes next. */
  private async make(): Promise<void> {
    const { inputs, live, wanted, replicas, args } = this.plan;
    const { name, namespace } = inputs.metadata;
    const spec = live?.spec ?? inputs.spec;
    const { labels, annotations } = live?.metadata ?? inputs.metadata;
    // That of the state, which may have missed that the set was made anew once before.
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

  private async grown(name: string): Promise<void> {
    const { namespace } = this.plan.inputs.metadata;
    const { size } = this.plan.wanted;
    const lacks = async (): Promise<string | undefined> => {
      const { status } = await this.plan.cluster.core.readNamespacedPersistentVolumeClaim({ name, namespace });
      const capacity = status?.capacity?.storage ?? "0";
      if (quantity(capacity)! >= quantity(size)!) return undefined;
      // Some drivers grow the file system only when the pod starts the next time: all that can be done now has been.
      if (status?.conditions?.some(({ type }) => type === "FileSystemResizePending")) return undefined;
      return `it has ${capacity} of ${size}`;
    };
    await waitUntilClear(lacks, this.minutes).catch((error: Error) => {
      throw new Error(
        `${name} has not grown ${errorMessage(error)}: \`kubectl describe pvc -n ${namespace} ${name}\` tells why; run \`pulumi up\` ` +
          "again once it has",
      );
    });
  }
}
