import * as pulumi from "@pulumi/pulumi";

/** A resource that a component registered, as the engine would have seen it. */
export interface Registered {
  /** Type token of a kubernetes resource without the prefix, such as `apps/v1:StatefulSet`, else the whole token. */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

/**
 * Runs `make` against Pulumi's mocks and returns all that it registered, in order of registration, once everything has been.
 * An autonamed object gets its logical name with `-auto` behind it.
 */
export async function record(make: () => unknown): Promise<Registered[]> {
  registered.length = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: given }) => {
        const inputs = given as Record<string, unknown>;
        registered.push({ type: type.replace(/^kubernetes:/, ""), name, inputs });
        const metadata = { name: `${name}-auto`, namespace: "default", ...(inputs.metadata as object) };
        return { id: `${name}-id`, state: { ...inputs, metadata } };
      },
      call: () => ({}),
    },
    "cassandra",
    "test",
    false,
  );
  acceptHooks();
  make();
  // Waits until all registrations have been answered; an assertion made before would pass on nothing.
  await pulumi.runtime.disconnect();
  return registered.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
}

/** Pulumi's mocks know no hooks yet: without an answer to their registration no resource that has one is ever registered. */
function acceptHooks(): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown>;
  monitor.registerResourceHook = (_: unknown, done: (error: null, response: object) => void) => done(null, {});
}

/** The one resource of that type. @throws when there is none, or several. */
export function only(all: Registered[], type: string): Registered {
  const found = all.filter((resource) => resource.type === type);
  if (found.length !== 1)
    throw new Error(`${found.length} resources of type ${type}: ${all.map((r) => r.type).join(", ")}`);
  return found[0];
}
