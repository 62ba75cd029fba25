import type * as pulumi from "@pulumi/pulumi";

/** Which ring an object belongs to. */
export interface Identity {
  /** Name of the ring, and of its StatefulSet and headless Service. Unique in its namespace. */
  name: string;
  /** The topology whose component makes the object: `persistent`, `ephemeral` ... */
  topology: string;
  /** What runs in the pods. @default "cassandra" */
  application?: string;
}

/** Label of an object: the name of its ring. */
export const instanceLabel = "app.kubernetes.io/instance";

/** Namespace and labels of an object. */
export interface ObjectMetadata {
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
}

/**
 * What Services, controllers and budgets select pods by. It holds nothing that could change while the ring lives: Kubernetes refuses
 * another selector, so a StatefulSet would be replaced with all of its pods. The instance label keeps two topologies in one namespace
 * from selecting each other's pods.
 */
export function selectorLabels({ name, topology, application = "cassandra" }: Identity): Record<string, string> {
  return {
    "app.kubernetes.io/name": application,
    [instanceLabel]: name,
    "app.kubernetes.io/component": topology,
  };
}

/**
 * Labels of every object of a ring: those of the selector, the other recommended ones, and the plain `app: cassandra` of the Kubernetes
 * tutorials, so that `kubectl get pods -l app=cassandra` works.
 */
export function labels(identity: Identity): Record<string, string> {
  return {
    ...selectorLabels(identity),
    "app.kubernetes.io/managed-by": "pulumi",
    app: identity.application ?? "cassandra",
  };
}

/** Whether the labels of an object are those that this program gives to objects of a ring. */
export const isOfProgram = (its: Record<string, string> = {}): boolean =>
  its["app.kubernetes.io/managed-by"] === "pulumi" && instanceLabel in its;

/** Whether the labels of an object say that this program has made it for another ring than the one of a selector. */
export function isOfAnotherRing(its: Record<string, string> = {}, selector: Record<string, string>): boolean {
  return isOfProgram(its) && Object.entries(selector).some(([key, value]) => its[key] !== value);
}

/** A selector as the Kubernetes API takes it in a query: `app=cassandra,disk=ssd`. */
export function selectorText(selector: Record<string, string>): string {
  return Object.entries(selector)
    .map((label) => label.join("="))
    .join(",");
}
