import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimSpec, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { shareFirstCall } from "../engine/shareFirstCall";
import { KubernetesClient, withAnswerTimeout } from "../kubernetes/apiClient";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { hasEnded } from "../kubernetes/podState";
import { wholeBytes } from "../kubernetes/quantity";
import { selectorText } from "../objects/labels";
import { isSelected, isTolerated } from "../objects/nodeSelection";
import { templateOf, type Trial, tryClaim, tryPod, withoutUnknown, type Workload } from "./admissionTrials";
import { refusalOf, type Settings, shortageRefusal, verdictOf } from "./admissionWords";
import { classicProxyOf, lossByProxy, lossOfProxiedPods, warningOfProxy } from "./meshProxies";
import { shortagesOf, type Wanted } from "./quotaRoom";
import { classAnnotation, sizeAnnotation } from "./statefulSetVolumes";

export interface PodAdmissionArgs {
  /** Whose pods they are, as messages name it: `ring cassandra`. */
  subject: string;
  /** Labels that its pods and their PersistentVolumeClaims have, and no others. */
  selector: Record<string, string>;
  /** Number of its controllers, which are alike. @default 1 */
  sets?: number;
  /** Whether the data is lost with a pod, unless its member streams it to the others while the pod ends. @default false */
  streamsAtEnd?: boolean;
  /** Whether an update may lose data. @default false */
  acceptDataLoss?: boolean;
  /** The Kubernetes cluster that they are in. @default that of the default provider */
  cluster?: KubeContext;
}

/**
 * Hook of a controller of pods: refuses, in preview as well, an update whose pods Kubernetes would not admit to the namespace. Kubernetes
 * accepts any controller, and refuses its pods later, one by one, while the update waits for them until its time-out.
 *
 * The API server itself is asked, by a dry run of a pod and of its PersistentVolumeClaim: LimitRanges, Pod Security Standards, priority
 * classes and webhooks have their say. A dry run of one pod does not tell whether the quotas have room for all of them: that is added up
 * here. For an account that may not ask, Kubernetes decides later.
 *
 * The pod that the API server would make also shows the containers that webhooks add, the proxy of a service mesh for one.
 * @param parent the resource that `pulumi up` shows warnings at
 */
export function refuseUnadmittedPods(
  name: string,
  args: PodAdmissionArgs,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  // Of all controllers together, since a quota must have room for the pods of all racks.
  const check = shareFirstCall(async (wanted: Workload, was: Workload | undefined) => {
    // Of what cannot be read, such as quotas by an account that may not, nothing is said.
    const inspect = async () =>
      new PodAdmission(args, wanted, was, await KubernetesClient.connect(args.cluster)).judge();
    return withAnswerTimeout(inspect).catch((): Judgement => ({}));
  });
  return new pulumi.ResourceHook(
    `${name}-pods-are-admitted`,
    async ({ oldInputs, newInputs }) => {
      const [was, wanted] = [oldInputs, newInputs].map((inputs) => withoutUnknown(inputs) as Workload | undefined);
      // A namespace that is yet to be made admits anything. Where anything in the spec is secret, all of it is.
      if (!wanted?.metadata.namespace || !wanted.spec) return;
      const { refusal, doubts = [] } = await check(wanted, was);
      if (refusal !== undefined) throw new Error(refusal);
      for (const doubt of doubts) await pulumi.log.warn(doubt, parent);
    },
    { onDryRun: true },
  );
}

/** Why an update is refused, or what may come of it: pods that wait in vain, or that have no network while they end. */
interface Judgement {
  refusal?: string;
  doubts?: string[];
}

/** What an update makes in a namespace, and what the namespace says to that. */
class PodAdmission {
  private readonly namespace: string;
  private readonly claim?: V1PersistentVolumeClaim;

  constructor(
    private readonly args: PodAdmissionArgs,
    private readonly wanted: Workload,
    private readonly was: Workload | undefined,
    private readonly client: KubernetesClient,
  ) {
    this.namespace = wanted.metadata.namespace!;
    this.claim = claimOf(wanted);
  }

  async judge(): Promise<Judgement> {
    const { client, namespace, wanted, claim } = this;
    const pods = await this.pods();
    const claims = claim && (await this.claims(claim, pods.count));
    const trial = isMade(pods) ? await tryPod(client, namespace, wanted) : undefined;
    const claimTrial = claims && isMade(claims) ? await tryClaim(client, namespace, claim) : undefined;
    const objections = [...objectionOf(trial, pods), ...objectionOf(claimTrial, claims)];
    const applicant = { subject: this.args.subject, namespace, settings: this.settings(pods) };

    const refused = objections.find(({ verdict }) => verdict === "refused");
    if (refused) return { refusal: refusalOf(refused.words, applicant, await this.limitRanges()) };
    // With the defaults of LimitRanges, and with the containers that webhooks add.
    const spec = trial && "admitted" in trial ? trial.admitted.spec! : pods.spec;
    const shortages = shortagesOf(await this.quotas(), { ...pods, spec }, claims);
    if (shortages.length > 0) return { refusal: shortageRefusal(shortages, applicant) };
    const full = objections.find(({ verdict }) => verdict === "no room");
    if (full) return { refusal: refusalOf(full.words, applicant, []) };
    const { refusal, doubts = [] } = this.judgeProxies(pods, trial);
    const doubt = objections.find(({ verdict }) => verdict === "doubtful");
    const words = doubt && `${this.args.subject}: namespace ${namespace} may not admit its pods: ${doubt.words}`;
    return { refusal, doubts: [...(words === undefined ? [] : [words]), ...doubts] };
  }

  /** What becomes of members whose pods have a mesh's proxy, which ends before them. */
  private judgeProxies(pods: Wanted<V1PodSpec>, trial: Trial<V1Pod> | undefined): Judgement {
    const { namespace, args } = this;
    const isTried = trial !== undefined && "admitted" in trial;
    const told = (proxy: string) => ({ subject: args.subject, namespace, proxy });
    const judged = (loss: string): Judgement => (args.acceptDataLoss ? { doubts: [loss] } : { refusal: loss });
    const end = pods.areRenewed || pods.present.length > pods.count;
    const ending = end ? pods.present.map(classicProxyOf).find((proxy) => proxy !== undefined) : undefined;
    const made = isMade(pods) ? classicProxyOf(isTried ? trial.admitted.spec : pods.spec) : undefined;
    // Where nobody has tried the template, webhooks may yet make a native sidecar of its proxy.
    if (args.streamsAtEnd && made && isTried) return judged(lossByProxy(told(made)));
    if (args.streamsAtEnd && ending) return judged(lossOfProxiedPods(told(ending)));
    return made ? { doubts: [warningOfProxy(told(made))] } : {};
  }

  private async pods(): Promise<Wanted<V1PodSpec>> {
    const { wanted, was, args } = this;
    const template = templateOf(wanted);
    const found = (await this.client.pods(this.namespace, args.selector)).filter((pod) => !hasEnded(pod));
    const [leaving, present] = [true, false].map((isLeaving) =>
      found
        .filter(({ metadata }) => (metadata?.deletionTimestamp !== undefined) === isLeaving)
        .map(({ spec }) => spec!),
    );
    const areRenewed = was?.spec !== undefined && !isDeepStrictEqual(templateOf(was), template);
    const count = await this.count(present.length);
    const surge = areRenewed ? (wanted.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0) : 0;
    const added = Math.max(0, count - present.length) + surge;
    return { spec: template.spec!, count, added, areRenewed, present, leaving };
  }

  /** Pods that there are to be. @param present those that there are, for a DaemonSet of an account that may not list nodes */
  private async count(present: number): Promise<number> {
    const { kind, spec } = this.wanted;
    if (kind !== "DaemonSet") return (spec.replicas ?? 1) * (this.args.sets ?? 1);
    const choice = templateOf(this.wanted).spec!;
    return this.client.core.listNode().then(
      ({ items }) =>
        items.filter((node) => isSelected(node, choice) && isTolerated(node, choice, ["NoSchedule", "NoExecute"]))
          .length,
      () => Math.max(1, present),
    );
  }

  private async claims({ spec }: V1PersistentVolumeClaim, count: number): Promise<Wanted<V1PersistentVolumeClaimSpec>> {
    const { namespace, was, args } = this;
    const labelSelector = selectorText(args.selector);
    const { items } = await this.client.core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector });
    const bytes = (one: V1PersistentVolumeClaimSpec | undefined) =>
      wholeBytes(one?.resources?.requests?.storage ?? "") ?? 0n;
    const areRenewed = was?.spec !== undefined && bytes(spec) > bytes(claimOf(was)?.spec);
    const present = items.map((one) => one.spec!);
    return { spec: spec!, count, added: Math.max(0, count - present.length), areRenewed, present, leaving: [] };
  }

  /** For an account that may not read quotas, none is known. */
  private quotas() {
    return this.client.core.listNamespacedResourceQuota({ namespace: this.namespace }).then(
      ({ items }) => items,
      () => [],
    );
  }

  /** Names of the LimitRanges, for the message. */
  private limitRanges(): Promise<string[]> {
    return this.client.core.listNamespacedLimitRange({ namespace: this.namespace }).then(
      ({ items }) => items.map(({ metadata }) => metadata!.name!),
      () => [],
    );
  }

  private settings({ spec, count, added }: Wanted<V1PodSpec>): Settings {
    // The first container is the component's own: a patch adds its containers behind it.
    const { requests, limits } = spec.containers[0].resources ?? {};
    return {
      memory: requests?.memory,
      cpu: requests?.cpu,
      cpuLimit: limits?.cpu,
      volumeSize: this.claim?.spec?.resources?.requests?.storage,
      priorityClassName: spec.priorityClassName,
      ...(added > 0 && this.wanted.spec.replicas !== undefined && { replicas: count }),
    };
  }
}

const isMade = ({ added, areRenewed }: Wanted<unknown>): boolean => added > 0 || areRenewed;

/** What the API server has against an object. A quota without room says nothing where each object takes the place of another one. */
function objectionOf(trial: Trial<unknown> | undefined, of: Wanted<unknown> | undefined) {
  if (!trial || !of || "admitted" in trial) return [];
  const verdict = verdictOf(trial.code, trial.words);
  return verdict === "no room" && (of.added === 0 || of.leaving.length > 0) ? [] : [{ verdict, words: trial.words }];
}

/** What PersistentVolumeClaims to come are made from. The provider ignores changes of the template; annotations have the stack's values. */
function claimOf({ metadata, spec }: Workload): V1PersistentVolumeClaim | undefined {
  const [template] = spec.volumeClaimTemplates ?? [];
  if (!template) return undefined;
  const storage = metadata.annotations?.[sizeAnnotation] ?? template.spec?.resources?.requests?.storage;
  const storageClassName = metadata.annotations?.[classAnnotation] ?? template.spec?.storageClassName;
  return {
    ...template,
    spec: {
      ...template.spec,
      storageClassName: storageClassName || undefined,
      ...(storage !== undefined && { resources: { requests: { storage } } }),
    },
  };
}
