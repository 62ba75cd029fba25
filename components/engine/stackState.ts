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
 * URN of the resource with a type and a physical ID that the state holds; undefined if it holds none. The engine tells a hook before a
 * create nothing of the state: a resource that it replaces looks like one that the state does not have. The state is read once in an update.
 * @param id `namespace/name` of a Kubernetes object
 * @throws {Error} if `pulumi stack export` fails
 */
export async function urnInState(type: string, id: string): Promise<string | undefined> {
  return (await resourcesInState()).find((one) => one.type === type && one.id === id && !one.external)?.urn;
}

const resourcesInState = shareFirstCall(async (): Promise<StateResource[]> => {
  if (isMocked()) return [];
  const workspace = await pulumi.automation.LocalWorkspace.create({ workDir: process.cwd() });
  const stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const exported = await workspace.exportStack(stack);
  return (exported.deployment as { resources?: StateResource[] }).resources ?? [];
});
