import type { V1PersistentVolumeClaim, V1Pod, V1PodSpec, V1PodTemplateSpec, V1Volume } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isObject } from "../args/valueChecks";
import { type KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";

/** Inputs of a controller of pods, or of a pod that stands alone. */
export interface Workload {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  spec: {
    replicas?: number;
    template?: V1PodTemplateSpec;
    updateStrategy?: { rollingUpdate?: { maxSurge?: number } };
    volumeClaimTemplates?: V1PersistentVolumeClaim[];
  };
}

/** What the API server says of an object that it was asked to try. */
export type Trial<T> = { admitted: T } | { code: unknown; words: string };

/** What a workload makes its pods from. */
export const templateOf = ({ metadata, spec }: Workload): V1PodTemplateSpec =>
  spec.template ?? ({ metadata, spec } as V1PodTemplateSpec);

/**
 * Inputs without what is not known yet, or is secret.
 * @returns undefined if all of it is
 */
export function withoutUnknown(value: unknown): unknown {
  if (pulumi.isUnknown(value) || pulumi.Output.isInstance(value)) return undefined;
  if (Array.isArray(value)) return value.map(withoutUnknown);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUnknown(inner)]));
}

/** Asks the API server what it would say to a pod of a workload. Nothing is made. */
export async function tryPod({ core }: KubernetesClient, namespace: string, workload: Workload): Promise<Trial<V1Pod>> {
  const body = podOf(workload);
  const ask = (spec: V1PodSpec) =>
    tried(() => core.createNamespacedPod({ namespace, body: { ...body, spec }, dryRun: "All" }));
  const trial = await ask(body.spec!);
  // The ServiceAccount of a new ring is yet to be made: the namespace's own takes its place.
  return "words" in trial && lacksAccount(trial.words) ? ask({ ...body.spec!, serviceAccountName: undefined }) : trial;
}

/** Source: the admission plugin ServiceAccount of the API server. */
export const lacksAccount = (words: string): boolean => words.includes("error looking up service account");

/** A pod as the controller makes it. */
function podOf(workload: Workload): V1Pod {
  const { metadata, spec } = templateOf(workload);
  const { apiVersion, kind } = workload;
  const { name } = workload.metadata;
  const claims = (workload.spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
  return {
    metadata: {
      labels: metadata?.labels,
      annotations: metadata?.annotations,
      generateName: `${name}-`,
      // Rules of companies often refuse pods that no controller has made. The API server does not look for the owner.
      ...(kind !== "Pod" && { ownerReferences: [{ apiVersion, kind, name, uid: name, controller: true }] }),
    },
    spec: {
      ...spec!,
      volumes: [
        ...(spec!.volumes ?? []).map(named),
        ...claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } })),
      ],
    },
  };
}

/** The same of a PersistentVolumeClaim. */
export function tryClaim(
  { core }: KubernetesClient,
  namespace: string,
  { metadata, spec }: V1PersistentVolumeClaim,
): Promise<Trial<V1PersistentVolumeClaim>> {
  const body = { metadata: { labels: metadata?.labels, generateName: `${metadata?.name}-` }, spec };
  return tried(() => core.createNamespacedPersistentVolumeClaim({ namespace, body, dryRun: "All" }));
}

async function tried<T>(ask: () => Promise<T>): Promise<Trial<T>> {
  try {
    return { admitted: await ask() };
  } catch (error) {
    // Without the name, which the API server has made up.
    const words = errorMessage(error as Error).replace(/^\w+ "[^"]*" is forbidden: /, "");
    return { code: (error as { code?: unknown }).code, words };
  }
}

/** A name for what a volume shows, where Pulumi is yet to choose it. A pod with a volume of nothing is not valid. */
function named(volume: V1Volume): V1Volume {
  const { configMap, secret, projected } = volume;
  const name = "unknown";
  return {
    ...volume,
    ...(configMap && { configMap: { name, ...given(configMap) } }),
    ...(secret && { secret: { secretName: name, ...given(secret) } }),
    ...(projected && {
      projected: {
        ...projected,
        sources: projected.sources?.map(({ configMap, secret, ...others }) => ({
          ...others,
          ...(configMap && { configMap: { name, ...given(configMap) } }),
          ...(secret && { secret: { name, ...given(secret) } }),
        })),
      },
    }),
  };
}

const given = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
