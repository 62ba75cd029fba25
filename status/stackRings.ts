/** The rings of a stack, as its state has them. */
import { runtime } from "@pulumi/pulumi";
import { rackLabel } from "../components/objects/racks";

const { specialSigKey } = runtime;

/** A ring, and what the last update has asked for. */
export interface StackRing {
  name: string;
  namespace: string;
  /** Value of the label `app.kubernetes.io/component`: `persistent`, `ephemeral`, `daemon` or `pod`. */
  topology: string;
  controllers: Controller[];
  /** Labels that its pods have, and no others. */
  selector: Record<string, string>;
  /** Revision of the template that all pods have after the last update; undefined where nobody restarts pods. */
  revision?: string;
  /** Members for which the older ones have run `nodetool cleanup`; undefined where pods do that by themselves. */
  cleanedFor?: number;
}

/** What makes the pods of a ring. */
export interface Controller {
  kind: "StatefulSet" | "ReplicationController" | "DaemonSet" | "Pod";
  name: string;
  /** Pods that the stack asks for; undefined for a DaemonSet. */
  replicas?: number;
}

interface Exported {
  type: string;
  parent?: string;
  inputs?: unknown;
  outputs?: unknown;
  delete?: boolean;
}

interface Workload {
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  spec: { replicas?: number; selector?: Record<string, unknown> };
}

const kinds: Record<string, Controller["kind"]> = {
  "kubernetes:apps/v1:StatefulSet": "StatefulSet",
  "kubernetes:core/v1:ReplicationController": "ReplicationController",
  "kubernetes:apps/v1:DaemonSet": "DaemonSet",
  "kubernetes:core/v1:Pod": "Pod",
};

/**
 * The rings of Cassandra in a state, in order of their names.
 * @param exported what `pulumi stack export --show-secrets` prints: where a template holds a secret, all of it is secret
 */
export function ringsOf(exported: unknown): StackRing[] {
  const { resources = [] } = (exported as { deployment: { resources?: Exported[] } }).deployment;
  const present = resources.filter((one) => !one.delete);
  const rings = new Map<string, StackRing>();
  for (const { type, inputs, parent } of present) {
    const kind = kinds[type];
    if (kind === undefined) continue;
    const { metadata, spec } = clear(inputs) as Workload;
    const its = metadata.labels ?? {};
    if (its["app.kubernetes.io/name"] !== "cassandra") continue;
    const { name, namespace } = metadata;
    const key = parent ?? name;
    const ring = rings.get(key) ?? {
      name: its["app.kubernetes.io/instance"],
      namespace,
      topology: its["app.kubernetes.io/component"],
      controllers: [],
      selector: selectorOf(kind, spec, its),
      ...owedIn(present, parent),
    };
    const replicas = kind === "DaemonSet" ? undefined : (spec.replicas ?? 1);
    ring.controllers.push({ kind, name, ...(replicas !== undefined && { replicas }) });
    rings.set(key, ring);
  }
  return [...rings.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** UID of the Kubernetes cluster that has the objects of a state (`KubernetesCluster`); undefined if the state does not tell. */
export function clusterOf(exported: unknown): string | undefined {
  const { resources = [] } = (exported as { deployment: { resources?: Exported[] } }).deployment;
  const found = resources.find(({ type }) => type === "cassandra:index:KubernetesCluster");
  return (clear(found?.outputs) as { uid?: string } | undefined)?.uid;
}

/** Labels of the pods of all racks. */
function selectorOf(kind: Controller["kind"], { selector }: Workload["spec"], its: Record<string, string>) {
  const names = ["name", "instance", "component"].map((name) => `app.kubernetes.io/${name}`);
  const given = kind === "Pod" ? Object.fromEntries(names.map((name) => [name, its[name]])) : selector;
  const labels = (given?.matchLabels ?? given) as Record<string, string>;
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== rackLabel));
}

/** What the state remembers of the steps of a ring. @param ring URN of its component */
function owedIn(resources: Exported[], ring: string | undefined): Pick<StackRing, "revision" | "cleanedFor"> {
  const inputsOf = (type: string) =>
    clear(resources.find((one) => one.type === type && one.parent === ring)?.inputs) as
      { replicas?: number; revision?: string } | undefined;
  const [revision, cleanedFor] = [
    inputsOf("cassandra:index:RollingUpdate")?.revision,
    inputsOf("cassandra:index:CleanUp")?.replicas,
  ];
  return { ...(revision && { revision }), ...(cleanedFor !== undefined && { cleanedFor }) };
}

/** A value of the state, with the plain text of what is secret. */
function clear(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clear);
  const { plaintext, ...rest } = value as { plaintext?: string };
  if (specialSigKey in rest && plaintext !== undefined) return clear(JSON.parse(plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clear(inner)]));
}
