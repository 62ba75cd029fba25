/** Kubernetes objects as a policy sees them: those that a program is about to make, and those that are there. */

export interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
  resources?: { limits?: Record<string, string> };
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
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
