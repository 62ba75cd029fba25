/** Kubernetes objects as a policy sees them: those that a program is about to make, and those that are there. */

export interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
  resources?: { limits?: Record<string, string> };
  ports?: { hostPort?: number }[];
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  hostNetwork?: boolean;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  /** Whether it is a part of an object alone, that others have made: what it does not say may be there. @default false */
  isPart?: boolean;
}

/**
 * Objects of a resource of the kubernetes provider, those of a list each; a Helm release is one of its own, since nobody sees what it
 * makes. None for other resources.
 */
export function objectsOf(type: string, props: object): KubeObject[] {
  const [, kind] = /^kubernetes:.+:(\w+)$/.exec(type) ?? [];
  if (kind === undefined) return [];
  if (type === "kubernetes:helm.sh/v3:Release") {
    const { name, chart } = props as { name?: string; chart?: string };
    return [{ apiVersion: "helm.sh/v3", kind: "Release", metadata: { name: name ?? chart } }];
  }
  const { items } = props as { items?: KubeObject[] };
  if (kind.endsWith("List") && Array.isArray(items)) {
    return items.map((item) => (item.kind ? item : viewOf(item, kind.replace(/List$/, ""))));
  }
  if (!kind.endsWith("Patch")) return [props as KubeObject];
  return [{ ...viewOf(props as KubeObject, kind.replace(/Patch$/, "")), isPart: true }];
}

/** What policies look at, and no more: in preview, a field that is not known yet must not even be copied. */
function viewOf({ apiVersion, metadata, spec }: KubeObject, kind: string): KubeObject {
  return { apiVersion, kind, metadata, spec };
}

interface Template {
  spec?: PodSpec;
}

/** The pods that an object is, or makes; undefined for one that makes none. */
export function podSpecOf({ kind, spec }: KubeObject): PodSpec | undefined {
  if (kind === "Pod") return spec;
  const { template, jobTemplate } = (spec ?? {}) as {
    template?: Template;
    jobTemplate?: { spec?: { template?: Template } };
  };
  return (jobTemplate?.spec?.template ?? template)?.spec;
}

/** All containers of the pods that an object is, or makes. */
export function containersOf(object: KubeObject): Container[] {
  const { containers = [], initContainers = [] } = podSpecOf(object) ?? {};
  return [...initContainers, ...containers];
}

/** Variables of an object's first container that have a plain value. */
export function envOf(object: KubeObject): Record<string, string> {
  const [first] = podSpecOf(object)?.containers ?? [];
  return Object.fromEntries((first?.env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** Kind and name, for messages. */
export const titleOf = ({ kind, metadata }: KubeObject) => (metadata?.name ? `${kind} ${metadata.name}` : kind);
