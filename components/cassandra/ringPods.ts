import type { V1PersistentVolumeClaim, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { scriptsFolder } from "../objects/podVolumes";
import { KubernetesClient, isReady, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { ClusterChoice } from "../kubernetes/kubeconfig";
import { defaultStallTimeoutMinutes } from "./podJob";
import { ringOrdinalOf } from "../objects/racks";
import { RecordEntries, hostIdIn } from "./record";
import { ObservedPod } from "../operations/ringSurvey";

export interface RingReference {
  /** Name of the ring. */
  name: string;
  /** Names of its StatefulSets, whose pods are the members. */
  sets: string[];
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Name of the sets' claim template. */
  claim: string;
  /** Whether some of its pods may be of the tutorials' template, and write no record of their own. @default false */
  isAdopted?: boolean;
  /** Minutes without progress after which a step is given up; it goes on by itself. @default 15 */
  stallTimeoutMinutes?: number;
}

/** What Kubernetes has of a ring of StatefulSets: sets, claims, pods and the ring record, and the way into a pod. */
export class RingPods {
  private connection?: Promise<KubernetesClient>;

  /** @param choice the cluster that it is in; undefined for that of the default provider */
  constructor(
    private readonly choice: ClusterChoice | undefined,
    protected readonly ring: RingReference,
  ) {}

  protected cluster(): Promise<KubernetesClient> {
    return (this.connection ??= KubernetesClient.connect(this.choice));
  }

  /** Pods that a live set asks for; undefined when there is no such set. */
  async replicasOf(set: string): Promise<number | undefined> {
    const { namespace } = this.ring;
    const { apps } = await this.cluster();
    const found = await apps.readNamespacedStatefulSet({ name: set, namespace }).catch(undefinedWhenNotFound);
    return found?.spec?.replicas;
  }

  /** Labels of a live set; undefined when there is no such set, or it has none. */
  async labelsOf(set: string): Promise<Record<string, string> | undefined> {
    const { namespace } = this.ring;
    const { apps } = await this.cluster();
    const found = await apps.readNamespacedStatefulSet({ name: set, namespace }).catch(undefinedWhenNotFound);
    return found?.metadata?.labels;
  }

  /** Pods that the live sets ask for; undefined when there is none of them. */
  async replicas(): Promise<number | undefined> {
    const counts = await Promise.all(this.ring.sets.map((set) => this.replicasOf(set)));
    const live = counts.filter((count) => count !== undefined);
    return live.length === 0 ? undefined : live.reduce((sum, count) => sum + count, 0);
  }

  /** Claims of the sets, of pods that there are and of others. */
  async claims(): Promise<V1PersistentVolumeClaim[]> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    return items.filter(({ metadata }) => this.podOf(metadata!.name!) !== undefined);
  }

  /** Pod whose claim has that name; undefined for other claims. */
  protected podOf(claim: string): string | undefined {
    const prefix = this.claimOf("");
    const pod = claim.startsWith(prefix) ? claim.slice(prefix.length) : "";
    return Number.isNaN(this.ringOrdinalOf(pod)) ? undefined : pod;
  }

  protected claimOf(pod: string): string {
    return `${this.ring.claim}-${pod}`;
  }

  protected ringOrdinalOf(pod: string): number {
    return ringOrdinalOf(this.ring.sets, pod);
  }

  /** Pods that are members by a record, in order of their places. */
  protected membersIn(record: RecordEntries): string[] {
    return Object.entries(record)
      .filter(([pod, entry]) => !Number.isNaN(this.ringOrdinalOf(pod)) && hostIdIn(entry))
      .map(([pod]) => pod)
      .sort((a, b) => this.ringOrdinalOf(a) - this.ringOrdinalOf(b));
  }

  protected async pods(): Promise<PodView[]> {
    const { namespace, selector } = this.ring;
    const pods = await (await this.cluster()).pods(namespace, selector);
    return pods.map((pod) => this.viewOf(pod));
  }

  protected viewOf(pod: V1Pod): PodView {
    return {
      name: pod.metadata!.name!,
      uid: pod.metadata!.uid!,
      address: pod.status?.podIP,
      ...this.mountsOf(pod),
      ready: isReady(pod),
      running: pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false,
      ringOrdinal: this.ringOrdinalOf(pod.metadata!.name!),
      ending: pod.metadata!.deletionTimestamp !== undefined,
      trouble: pod.status?.containerStatuses?.flatMap(({ state }) => state?.waiting?.reason ?? [])[0],
    };
  }

  /** Where a pod has its volume, and whether it has the scripts that keep the record. */
  private mountsOf({ spec }: V1Pod): Pick<PodView, "keepsRecord" | "folder"> {
    const volume = spec!.containers[0].volumeMounts?.find(({ name }) => name === this.ring.claim);
    return { keepsRecord: isOwnTemplate(spec!), folder: volume?.mountPath };
  }

  /**
   * The same for what is decided on who is in it.
   * @throws {Error} when there is none: it may be gone, and its members with their rows be there
   */
  protected async recordToRelyOn(): Promise<RecordEntries> {
    const record = await this.readRecord();
    if (record || this.ring.isAdopted) return record ?? {};
    throw new Error(
      `ConfigMap ${await this.recordName()}, the record of its members, is not in namespace ${this.ring.namespace}; each pod writes its ` +
        "part of it when it starts",
    );
  }

  /** Name of the ConfigMap with the ring record; undefined where nothing tells. */
  protected recordName(): Promise<string | undefined> {
    return Promise.resolve(`${this.ring.name}-ring`);
  }

  /** Entries of the ring record; undefined when there is none. */
  protected async readRecord(): Promise<RecordEntries | undefined> {
    const [name, { core }] = await Promise.all([this.recordName(), this.cluster()]);
    if (name === undefined) return undefined;
    const { namespace } = this.ring;
    const map = await core.readNamespacedConfigMap({ name, namespace }).catch(undefinedWhenNotFound);
    return map && (map.data ?? {});
  }

  /** Entries of the ring record; none when there is no record. */
  protected async record(): Promise<RecordEntries> {
    return (await this.readRecord()) ?? {};
  }

  protected async run(pod: string, ...command: string[]): Promise<string> {
    const { namespace } = this.ring;
    return (await this.cluster()).exec({ namespace, pod }, command);
  }

  get stallTimeoutMinutes(): number {
    return this.ring.stallTimeoutMinutes ?? defaultStallTimeoutMinutes;
  }
}

export interface PodView extends ObservedPod {
  /** Where its volume is mounted. */
  folder?: string;
}

/** Whether pods are of this program's template, and have its scripts. */
export function isOwnTemplate({ containers }: V1PodSpec): boolean {
  return (containers[0].volumeMounts ?? []).some(({ mountPath }) => mountPath === scriptsFolder);
}
