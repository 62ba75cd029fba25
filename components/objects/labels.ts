import type * as pulumi from "@pulumi/pulumi";

/** Which ring an object belongs to. */
export interface Identity {
  /** Name of the ring's set and Service, unique in its namespace. */
  name: string;
  /** The component that makes the object: `persistent`, `ephemeral` ... */
  topology: string;
  /** What runs. @default "cassandra" */
  application?: string;
}

/** Namespace and labels of an object. */
export interface ObjectMetadata {
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
}

/**
 * What Services, sets and budgets select on. It holds nothing that could change while the ring lives: a changed selector
 * replaces a set, and with it every pod. The instance keeps two topologies of one namespace from taking each other's pods.
 */
export function selectorLabels({ name, topology, application = "cassandra" }: Identity): Record<string, string> {
  return {
    "app.kubernetes.io/name": application,
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/component": topology,
  };
}

/**
 * Labels of every object: the selector's, the recommended ones, and the plain `app: cassandra` of the tutorials, so that
 * their commands (`kubectl get pods -l app=cassandra`) find ours.
 */
export function labels(identity: Identity): Record<string, string> {
  return {
    ...selectorLabels(identity),
    "app.kubernetes.io/managed-by": "pulumi",
    app: identity.application ?? "cassandra",
  };
}

/** A selector as the API takes it in a query: `app=cassandra,disk=ssd`. */
export function selectorText(selector: Record<string, string>): string {
  return Object.entries(selector)
    .map((label) => label.join("="))
    .join(",");
}
