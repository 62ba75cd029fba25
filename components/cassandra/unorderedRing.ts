import type { V1DaemonSet, V1ReplicationController } from "@kubernetes/client-node";
import { recordVariable } from "../objects/podEnvironment";
import { KubeContext } from "../kubernetes/kubeconfig";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { hasEnded } from "../kubernetes/podState";
import { RingClient } from "./ringClient";
import { PodView } from "./ringPods";
import { AskPolicy } from "./ringViews";
import { Survey } from "../operations/ringSurvey";

export interface UnorderedRingReference {
  /** Name of the ring, and of the controller of its pods. */
  name: string;
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  maker: "ReplicationController" | "DaemonSet";
  /** Whether the data is in a folder of the node, which outlives the pods; else it is in the pod. */
  isOnNodes: boolean;
  /** Minutes without progress after which `pulumi up` gives a step up. The pods go on with the step. @default 15 */
  stallTimeoutMinutes?: number;
}

/**
 * A ring whose pods have no ordinal. The pods join by themselves, and decommission by themselves before they end. `pulumi up` only waits
 * for that.
 */
export class UnorderedRing extends RingClient {
  override readonly leavesByItself = true;
  /** Names of pods, by the names of their nodes. */
  private podOn: Record<string, string> = {};

  constructor(
    kubeContext: KubeContext | undefined,
    private readonly reference: UnorderedRingReference,
  ) {
    super(kubeContext, { ...reference, sets: [], claim: "" });
  }

  override async replicas(): Promise<number | undefined> {
    const found = await this.maker();
    if (found === undefined || isController(found)) return found?.spec?.replicas;
    const { metadata, status } = found;
    if ((status?.observedGeneration ?? 0) < metadata!.generation!) {
      throw new Error(`Kubernetes has not counted the nodes of DaemonSet ${this.reference.name} yet`);
    }
    return status!.desiredNumberScheduled;
  }

  override async images(): Promise<string[]> {
    const [container] = (await this.maker())?.spec?.template?.spec?.containers ?? [];
    return container?.image ? [container.image] : [];
  }

  protected override get makers(): string[] {
    return [this.reference.name];
  }

  /** The controller of the pods; undefined if it does not exist. */
  private async maker(): Promise<V1ReplicationController | V1DaemonSet | undefined> {
    const { name, namespace, maker } = this.reference;
    const { core, apps } = await this.cluster();
    const found =
      maker === "ReplicationController"
        ? core.readNamespacedReplicationController({ name, namespace })
        : apps.readNamespacedDaemonSet({ name, namespace });
    return found.catch(undefinedWhenNotFound);
  }

  /** The ring record is deleted with the stack. Pulumi makes its name, which is in a variable of the pods. */
  protected override async recordName(): Promise<string | undefined> {
    const [container] = (await this.maker())?.spec?.template?.spec?.containers ?? [];
    return container?.env?.find(({ name }) => name === recordVariable)?.value;
  }

  override async scale(replicas: number): Promise<void> {
    const { name, namespace } = this.reference;
    const { core } = await this.cluster();
    const body = [{ op: "replace", path: "/spec/replicas", value: replicas }];
    await core.patchNamespacedReplicationController({ name, namespace, body });
  }

  override async survey(replicas?: number, asks: AskPolicy = "always"): Promise<Survey> {
    // The record is read first: a member in the record that has no pod is gone, and not still to come.
    const read = await this.readRecord();
    const [asked, pods] = await Promise.all([this.replicas(), this.pods()]);
    const record = await this.recordOf(pods, read);
    const wanted = replicas ?? asked ?? 0;
    const here = pods.filter(({ ending }) => !ending).map(({ name }) => name);
    const expected = Array.from({ length: wanted }, (_, i) => here[i] ?? `number ${i + 1}`);
    const { name, maker, namespace, isOnNodes } = this.reference;
    // A DaemonSet that exists has counted its nodes by now.
    const absent = asked === undefined ? [`${maker} ${name}`] : [];
    return this.ask(
      { namespace, asked, absent, expected, pods, record, lostMember: isOnNodes ? "removedByHand" : "removedByRing" },
      asks,
    );
  }

  /** The record and the Secret are deleted with the stack. Objects of the fixed names belong to another ring with volumes. */
  override repairOwners(): Promise<string[]> {
    return Promise.resolve([]);
  }

  /** Pods that do not serve, and are not being deleted. */
  async silent(): Promise<string[]> {
    return (await this.pods()).filter(({ ready, ending }) => !ready && !ending).map(({ name }) => name);
  }

  protected override async pods(): Promise<PodView[]> {
    const { namespace, selector, isOnNodes } = this.reference;
    const pods = await (await this.cluster()).pods(namespace, selector);
    const views = pods
      .filter((pod) => !hasEnded(pod))
      .map((pod, ringOrdinal) => ({ ...this.viewOf(pod), ringOrdinal, node: pod.spec!.nodeName }));
    if (!isOnNodes) return views;
    this.podOn = Object.fromEntries<string>(views.map(({ node, name }) => [node ?? name, name]));
    return views.map((view) => ({ ...view, name: view.node ?? view.name, pod: view.name }));
  }

  protected override run(member: string, ...command: string[]): Promise<string> {
    return super.run(this.podOn[member] ?? member, ...command);
  }
}

const isController = (maker: V1ReplicationController | V1DaemonSet): maker is V1ReplicationController =>
  "replicas" in maker.spec!;
