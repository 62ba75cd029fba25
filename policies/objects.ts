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
  /** Those that somebody adds to a pod that runs, to look into it; they can have no limits. */
  ephemeralContainers?: Container[];
  hostNetwork?: boolean;
  volumes?: { name: string; image?: { reference?: string } }[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  /** Of a policy of Cilium, which may have several. */
  specs?: Record<string, unknown>[];
  /** Of a PodTemplate, which has no spec. */
  template?: Template;
  /** Whether it is a part of an object alone, that others have made: what it does not say may be there. @default false */
  isPart?: boolean;
}

/**
 * Objects of a resource of the kubernetes provider, those of a list each, and of a list in it; a Helm release is one of its own, since
 * nobody sees what it makes. None for other resources.
 */
export function objectsOf(type: string, props: object): KubeObject[] {
  const [, group, kind] = /^kubernetes:(.+):(\w+)$/.exec(type) ?? [];
  if (kind === undefined) return [];
  if (type === "kubernetes:helm.sh/v3:Release") {
    const { name, chart } = props as { name?: string; chart?: string };
    return [{ apiVersion: "helm.sh/v3", kind: "Release", metadata: { name: name ?? chart } }];
  }
  const apiVersion = group.replace(/^core\//, "");
  if (kind.endsWith("Patch")) {
    return [{ ...viewOf(props as KubeObject, apiVersion, kind.replace(/Patch$/, "")), isPart: true }];
  }
  return itemsOf(props as KubeObject, apiVersion, kind);
}

/** An object itself, or all that are in a list of any kind. */
function itemsOf(object: KubeObject, apiVersion: string, kind: string): KubeObject[] {
  const { items } = object as { items?: KubeObject[] };
  if (!kind.endsWith("List") || !Array.isArray(items)) {
    return [object.kind ? object : viewOf(object, apiVersion, kind)];
  }
  // Those of a list of one kind need not say it again.
  const ofKind = kind.replace(/List$/, "");
  return items.flatMap((item) => itemsOf(item, item.apiVersion ?? apiVersion, item.kind ?? ofKind));
}

/** What policies look at, and no more: in preview, a field that is not known yet must not even be copied. */
function viewOf({ apiVersion, metadata, spec, specs, template }: KubeObject, known: string, kind: string): KubeObject {
  return {
    apiVersion: apiVersion ?? known,
    kind,
    metadata,
    spec,
    ...(specs && { specs }),
    ...(template && { template }),
  };
}

interface Template {
  spec?: PodSpec;
}

/** The pods that an object is, or makes; undefined for one that makes none. */
export function podSpecOf({ kind, spec, template: own }: KubeObject): PodSpec | undefined {
  if (kind === "Pod") return spec;
  if (kind === "PodTemplate") return own?.spec;
  const { template, jobTemplate } = (spec ?? {}) as {
    template?: Template;
    jobTemplate?: { spec?: { template?: Template } };
  };
  return (jobTemplate?.spec?.template ?? template)?.spec;
}

/** Containers of the pods that an object is, or makes, that are there from the start. */
export function containersOf(object: KubeObject): Container[] {
  const { containers = [], initContainers = [] } = podSpecOf(object) ?? {};
  return [...initContainers, ...containers];
}

/** Images that the pods have which an object is, or makes: of all containers, and those that are volumes. */
export function imagesOf(object: KubeObject): { where: string; image?: string }[] {
  const { ephemeralContainers = [], volumes = [] } = podSpecOf(object) ?? {};
  return [
    ...[...containersOf(object), ...ephemeralContainers].map(({ name, image }) => ({
      where: `container ${name}`,
      image,
    })),
    ...volumes.flatMap(({ name, image }) => (image ? [{ where: `volume ${name}`, image: image.reference }] : [])),
  ];
}

/** Whether a resource is part of a component of this repository that lets its volumes grow by itself. */
export const growsByItself = (urn: string) => /\bcassandra:index:(Persistent|Cockroach)Cluster\$/.test(urn);

/** Variables of an object's first container that have a plain value. */
export function envOf(object: KubeObject): Record<string, string> {
  const [first] = podSpecOf(object)?.containers ?? [];
  return Object.fromEntries((first?.env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** Kind and name, for messages. */
export const titleOf = ({ kind, metadata }: KubeObject) => (metadata?.name ? `${kind} ${metadata.name}` : kind);
