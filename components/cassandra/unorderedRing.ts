import type { V1DaemonSet, V1Pod, V1ReplicationController } from "@kubernetes/client-node";
import { recordVariable } from "../objects/podEnvironment";
import { KubeContext } from "../kubernetes/kubeconfig";
import { undefinedWhenNotFound } from "../kubernetes/apiClient";
import { RingClient } from "./ringClient";
import { PodView } from "./ringPods";
import { AskPolicy } from "./ringViews";
import { Survey } from "../operations/ringSurvey";

export interface UnorderedRingReference {
  /** Name of the ring, and of what makes its pods. */
  name: string;
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  maker: "ReplicationController" | "DaemonSet";
  /** Whether a member is its node's, whose folder outlives the pods; else it is its pod's. */
  isOnNodes: boolean;
  /** Minutes without progress after which a step is given up; it goes on by itself. @default 15 */
  stallTimeoutMinutes?: number;
}

/**
 * A ring whose pods have no ordinal. They move their rows by themselves before they end, and enter by themselves: what is left to
 * `pulumi up` is to wait until that is done.
 */
export class UnorderedRing extends RingClient {
  override readonly leavesByItself = true;
  /** Names of pods by those of the nodes that they are on. */
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
      throw new Error(`Kubernetes has not counted yet for how many nodes DaemonSet ${this.reference.name} is`);
    }
    return status!.desiredNumberScheduled;
  }

  /** What makes its pods; undefined where it is not there. */
  private async maker(): Promise<V1ReplicationController | V1DaemonSet | undefined> {
    const { name, namespace, maker } = this.reference;
    const { core, apps } = await this.cluster();
    const found =
      maker === "ReplicationController"
        ? core.readNamespacedReplicationController({ name, namespace })
        : apps.readNamespacedDaemonSet({ name, namespace });
    return found.catch(undefinedWhenNotFound);
  }

  /** Its record goes with the stack, under a name of Pulumi's making, which its pods are told. */
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
    // First the record: a member on record that has no pod is one that is gone, not one that is still to come.
    const record = await this.record();
    const [asked, pods] = await Promise.all([this.replicas(), this.pods()]);
    const wanted = replicas ?? asked ?? 0;
    const here = pods.filter(({ ending }) => !ending).map(({ name }) => name);
    const expected = Array.from({ length: wanted }, (_, i) => here[i] ?? `number ${i + 1}`);
    const { namespace, isOnNodes } = this.reference;
    return this.ask(
      { namespace, asked, expected, pods, record, lostMember: isOnNodes ? "removedByHand" : "removedByRing" },
      asks,
    );
  }

  /** Its record and its Secret go with the stack. Those under these names are kept, with the volumes of another ring. */
  override repairOwners(): Promise<string[]> {
    return Promise.resolve([]);
  }

  /** Pods that are to stay, or to hand their rows over, and that do not serve. */
  async silent(): Promise<string[]> {
    return (await this.pods()).filter(({ ready, ending }) => !ready && !ending).map(({ name }) => name);
  }

  protected override async pods(): Promise<PodView[]> {
    const { namespace, selector, isOnNodes } = this.reference;
    const pods = await (await this.cluster()).pods(namespace, selector);
    // One that was evicted stays listed, and another one is in its place.
    const views = pods
      .filter(isThere)
      .map((pod, ringOrdinal) => ({ ...this.viewOf(pod), ringOrdinal, node: pod.spec!.nodeName }));
    if (!isOnNodes) return views;
    this.podOn = Object.fromEntries<string>(views.map(({ node, name }) => [node ?? name, name]));
    return views.map((view) => ({ ...view, name: view.node ?? view.name, pod: view.name }));
  }

  protected override run(member: string, ...command: string[]): Promise<string> {
    return super.run(this.podOn[member] ?? member, ...command);
  }
}

const isThere = ({ status }: V1Pod) => !/^(Failed|Succeeded)$/.test(status?.phase ?? "");

const isController = (maker: V1ReplicationController | V1DaemonSet): maker is V1ReplicationController =>
  "replicas" in maker.spec!;
