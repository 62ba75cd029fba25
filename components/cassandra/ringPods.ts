import type { V1PersistentVolumeClaim, V1Pod, V1PodSpec, V1StatefulSet } from "@kubernetes/client-node";
import { scriptsFolder } from "../objects/podVolumes";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { isReady } from "../kubernetes/podState";
import { KubeContext } from "../kubernetes/kubeconfig";
import { defaultStallTimeoutMinutes } from "./podJob";
import { lastWords } from "./podLog";
import { ringOrdinalOf } from "../objects/racks";
import { RecordEntries, hostIdIn } from "./record";
import { lastingCauseOf } from "../operations/lastingCauses";
import { Holdup, holdupsOf } from "../operations/podHoldups";
import { ObservedPod } from "../operations/ringSurvey";

export interface RingReference {
  /** Name of the ring. */
  name: string;
  /** Names of its StatefulSets, whose pods are the members. */
  sets: string[];
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Name of the volume claim template. */
  claim: string;
  /** Whether some pods may have the tutorials' template, and do not write the ring record. @default false */
  isAdopted?: boolean;
  /** Minutes without progress after which `pulumi up` gives a step up. The pods go on with the step. @default 15 */
  stallTimeoutMinutes?: number;
}

/** The Kubernetes objects of a ring: StatefulSets, PersistentVolumeClaims, pods and the ring record. Runs commands in pods. */
export class RingPods {
  private connection?: Promise<KubernetesClient>;

  /** @param kubeContext the Kubernetes cluster of the ring; undefined for that of the default provider */
  constructor(
    private readonly kubeContext: KubeContext | undefined,
    protected readonly ring: RingReference,
  ) {}

  protected cluster(): Promise<KubernetesClient> {
    return (this.connection ??= KubernetesClient.connect(this.kubeContext));
  }

  /** A live StatefulSet; undefined if there is none of that name. */
  private async statefulSet(name: string): Promise<V1StatefulSet | undefined> {
    const { apps } = await this.cluster();
    return apps.readNamespacedStatefulSet({ name, namespace: this.ring.namespace }).catch(undefinedWhenNotFound);
  }

  /** Pods that a live StatefulSet asks for; undefined if there is no such StatefulSet. */
  async replicasOf(set: string): Promise<number | undefined> {
    return (await this.statefulSet(set))?.spec?.replicas;
  }

  /** Labels of a live StatefulSet; undefined if none exists, or if it has none. */
  async labelsOf(set: string): Promise<Record<string, string> | undefined> {
    return (await this.statefulSet(set))?.metadata?.labels;
  }

  /** Images of Cassandra in the pod templates of the live controllers. */
  async images(): Promise<string[]> {
    const found = await Promise.all(this.ring.sets.map((set) => this.statefulSet(set)));
    return found.flatMap((set) => set?.spec?.template.spec?.containers[0].image ?? []);
  }

  /** The live StatefulSets, and how many pods each asks for. */
  protected async counts(): Promise<{ name: string; count: number }[]> {
    const found = await Promise.all(this.ring.sets.map(async (name) => ({ name, count: await this.replicasOf(name) })));
    return found.flatMap(({ name, count }) => (count === undefined ? [] : { name, count }));
  }

  /** Pods of each StatefulSet in a ring of that many members. */
  protected podsOfEach(replicas: number): number {
    return Math.ceil(replicas / this.ring.sets.length);
  }

  /** Pods that the live controllers ask for; undefined if none exists. */
  async replicas(): Promise<number | undefined> {
    return this.askedOf(await this.counts());
  }

  /**
   * Pods that these StatefulSets ask for; undefined if there is none.
   * @param wanted members that the ring is to have. While a StatefulSet asks for fewer pods than its part, the surplus pods of the others
   *   do not count. @default all pods count
   */
  protected askedOf(counts: { count: number }[], wanted?: number): number | undefined {
    if (counts.length === 0) return undefined;
    const part = wanted === undefined ? 0 : this.podsOfEach(wanted);
    const isShort = counts.some(({ count }) => count < part);
    return counts.reduce((sum, { count }) => sum + (isShort ? Math.min(count, part) : count), 0);
  }

  /** PersistentVolumeClaims of the StatefulSets, with and without a pod. */
  async claims(): Promise<V1PersistentVolumeClaim[]> {
    const { namespace } = this.ring;
    const { core } = await this.cluster();
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    return items.filter(({ metadata }) => this.podOf(metadata!.name!) !== undefined);
  }

  /** The pod of a PersistentVolumeClaim of this ring; undefined for others. */
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

  /** Pods that a ring record lists as members, in order. */
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

  /** Names of what makes the pods. */
  protected get makers(): string[] {
    return this.ring.sets;
  }

  /** What holds pods that do not run yet. Events are left out if the account may not read them. */
  async holdups(): Promise<Holdup[]> {
    const { namespace, selector } = this.ring;
    const cluster = await this.cluster();
    const [pods, events] = await Promise.all([
      cluster.pods(namespace, selector),
      cluster.core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning", limit: 500 }).then(
        ({ items }) => items,
        () => [],
      ),
    ]);
    return holdupsOf({ pods, events, makers: this.makers });
  }

  /** What the first member waits for that runs and does not serve yet; undefined if none waits, or says what for. */
  async lastWords(): Promise<string | undefined> {
    const { core } = await this.cluster();
    return lastWords(core, this.ring.namespace, await this.pods());
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
      lastingCause: lastingCauseOf(pod),
      trouble: pod.status?.containerStatuses?.flatMap(({ state }) => state?.waiting?.reason ?? [])[0],
    };
  }

  /** Where a pod mounts its volume, and whether it has the scripts that write the ring record. */
  private mountsOf({ spec }: V1Pod): Pick<PodView, "keepsRecord" | "folder"> {
    const volume = spec!.containers[0].volumeMounts?.find(({ name }) => name === this.ring.claim);
    return { keepsRecord: isOwnTemplate(spec!), folder: volume?.mountPath };
  }

  /**
   * Entries of the ring record, for decisions that depend on its members.
   * @throws {MissingRecordError} if there is no record: it may have been deleted, while the members and their data exist
   */
  protected async recordToRelyOn(): Promise<RecordEntries> {
    const record = await this.readRecord();
    if (record || this.ring.isAdopted) return record ?? {};
    throw new MissingRecordError(
      `ConfigMap ${await this.recordName()} (the ring record) is not in namespace ${this.ring.namespace}: \`pulumi up --refresh\` makes ` +
        "it again, and within a minute each member writes its part",
    );
  }

  /**
   * Entries of the ring record that was read; empty if there is no ring.
   * @throws {MissingRecordError} if there are pods and no record
   */
  protected async recordOf(pods: PodView[], read: RecordEntries | undefined): Promise<RecordEntries> {
    if (read) return read;
    const isThere = pods.length > 0 && (await this.recordName()) !== undefined;
    return isThere ? this.recordToRelyOn() : {};
  }

  /** Name of the ConfigMap with the ring record; undefined if it is not known. */
  protected recordName(): Promise<string | undefined> {
    return Promise.resolve(`${this.ring.name}-ring`);
  }

  /** Entries of the ring record; undefined if there is no record. */
  protected async readRecord(): Promise<RecordEntries | undefined> {
    const [name, { core }] = await Promise.all([this.recordName(), this.cluster()]);
    if (name === undefined) return undefined;
    const { namespace } = this.ring;
    const map = await core.readNamespacedConfigMap({ name, namespace }).catch(undefinedWhenNotFound);
    return map && (map.data ?? {});
  }

  /** Entries of the ring record; empty if there is no record. */
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

/** Somebody has deleted the ring record. */
export class MissingRecordError extends Error {}

export interface PodView extends ObservedPod {
  /** Where its volume is mounted. */
  folder?: string;
}

/** Whether pods have this program's template, and so its scripts. */
export function isOwnTemplate({ containers }: V1PodSpec): boolean {
  return (containers[0].volumeMounts ?? []).some(({ mountPath }) => mountPath === scriptsFolder);
}
