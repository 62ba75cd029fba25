import * as pulumi from "@pulumi/pulumi";
import { isMocked } from "./recorded";
import { shareFirstCall } from "./shareFirstCall";

/** A resource of the stack's state, as `pulumi stack export` shows it. */
interface StateResource {
  urn: string;
  type: string;
  id?: string;
  /** Whether the program only reads it. */
  external?: boolean;
}

/**
 * URNs of the resources that the state held at the first call of an update, by type and physical ID (`stateKey`). The engine tells a hook
 * before a create nothing of the state: a resource that it replaces looks like one that the state does not have.
 * @throws {Error} if `pulumi stack export` fails
 */
export const urnsInState = shareFirstCall(async (): Promise<Map<string, string>> => {
  if (isMocked()) return new Map();
  // Few updates need this module, and to load it takes as long as all others.
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const workspace = await LocalWorkspace.create({ workDir: process.cwd() });
  const stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const exported = await workspace.exportStack(stack);
  const { resources = [] } = exported.deployment as { resources?: StateResource[] };
  const own = resources.filter(({ id, external }) => id !== undefined && !external);
  return new Map(own.map(({ urn, type, id }) => [stateKey(type, id!), urn]));
});

/** Key of a resource in `urnsInState`. @param id the physical ID: `namespace/name` of a Kubernetes object */
export const stateKey = (type: string, id: string): string => `${type} ${id}`;
