import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";

/** A resource that a component registered, as the engine would have seen it. */
export interface Registered {
  /** Type token of a kubernetes resource without the prefix, such as `apps/v1:StatefulSet`, else the whole token. */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** Warnings of the test that runs, in a list that is empty when the next one begins. For the body of a `describe`. */
export function warningsOfEach(): string[] {
  const warnings: string[] = [];
  const { warn } = pulumi.log;
  beforeEach(() => {
    warnings.length = 0;
    pulumi.log.warn = (line: string) => Promise.resolve(void warnings.push(line));
  });
  afterEach(() => (pulumi.log.warn = warn));
  return warnings;
}

/** What is warned of while something happens. */
export async function warningsOf(happen: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const { warn } = pulumi.log;
  pulumi.log.warn = (line: string) => Promise.resolve(void warnings.push(line));
  try {
    await happen();
  } finally {
    pulumi.log.warn = warn;
  }
  return warnings;
}

const registered: Registered[] = [];
const hooks = new Map<string, pulumi.ResourceHook>();

/**
 * Runs `make` against Pulumi's mocks, as `pulumi up` or in preview, and returns all that it registered, in order of registration, once everything has been.
 * An autonamed object gets its logical name with `-auto` behind it, a random password `-at-random`.
 */
export async function record(make: () => unknown, isPreview = false): Promise<Registered[]> {
  registered.length = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: given }) => {
        const inputs = given as Record<string, unknown>;
        registered.push({ type: type.replace(/^kubernetes:/, ""), name, inputs });
        const made = { name: `${name}-auto`, namespace: "default", uid: `${name}-uid` };
        const metadata = { ...made, ...(inputs.metadata as object) };
        return {
          id: `${made.namespace}/${(metadata as { name: string }).name}`,
          state: { ...inputs, metadata, result: `${name}-at-random` },
        };
      },
      call: () => ({}),
    },
    "cassandra",
    "test",
    isPreview,
  );
  acceptHooks();
  make();
  // Waits until all registrations have been answered; an assertion made before would pass on nothing.
  await pulumi.runtime.disconnect();
  return registered.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
}

/** Pulumi's mocks know no hooks yet: without an answer to their registration no resource that has one is ever registered. */
function acceptHooks(): void {
  hooks.clear();
  const callbacks = pulumi.runtime.getCallbacks() as unknown as Record<string, unknown>;
  callbacks.registerResourceHook = (hook: pulumi.ResourceHook) => {
    assert.ok(!hooks.has(hook.name), `two hooks are named ${hook.name}`);
    hooks.set(hook.name, hook);
    return Promise.resolve();
  };
}

/**
 * Calls a hook that was registered by the last `record`, as the engine would before a step.
 * @param opts with which it must have been registered
 */
export async function callHook(
  name: string,
  args: Pick<pulumi.ResourceHookArgs, "oldInputs" | "newInputs" | "oldOutputs">,
  opts: pulumi.ResourceHookOptions = {},
): Promise<void> {
  const hook = hooks.get(name);
  assert.ok(hook, `no hook ${name} among ${[...hooks.keys()].join(", ")}`);
  for (const [key, value] of Object.entries(opts))
    assert.equal((hook.opts as Record<string, unknown>)?.[key], value, key);
  await hook.callback({ urn: "", id: "", name: "", type: "", ...args });
}

/** The one resource of that type. @throws when there is none, or several. */
export function only(all: Registered[], type: string): Registered {
  const found = all.filter((resource) => resource.type === type);
  if (found.length !== 1)
    throw new Error(`${found.length} resources of type ${type}: ${all.map((r) => r.type).join(", ")}`);
  return found[0];
}
