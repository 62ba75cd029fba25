import * as pulumi from "@pulumi/pulumi";
import type { PropertyNames } from "../components/engine/propertyNames";

const name = (property: string, topology?: string) =>
  `${pulumi.getProject()}:${topology === undefined ? "" : `${topology}.`}${property}`;

/** How components' messages name properties for who edits the stack's config: by key, `cassandra:replicas`. */
export const configKeys: PropertyNames = {
  name,
  set: (property, value) => `\`pulumi config set ${property} ${value}\``,
  anotherRing: (topology) => `another ring (${name("name", topology)})`,
};
