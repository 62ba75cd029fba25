import * as pulumi from "@pulumi/pulumi";

export interface OwedStepArgs<Goal extends object> {
  /** Name of the hook, which errors quote: `before hook "..." failed`. */
  hook: string;
  /** What must be true after the step; the state remembers the goal that was reached last. */
  goal: { [K in keyof Goal]: pulumi.Input<Goal[K]> } | Record<string, pulumi.Input<unknown>>;
  /** Whether the step is also due when the state knows of no goal yet. @default false: a new ring owes nothing */
  dueOnCreate?: boolean;
}

/**
 * A step that a ring needs beside its Kubernetes objects, such as `nodetool cleanup` or a rolling restart. It is a resource of Pulumi's
 * state alone: it makes no object in Kubernetes.
 *
 * Its inputs are its goal, and the state holds the goal that was reached last. Where the two differ, the engine calls a hook, and the
 * step goes through four stages:
 *
 * 1. **plan** looks at the cluster and decides what is to be done, in `pulumi preview` and in `pulumi up`. It throws to refuse the edit.
 * 2. **preview** says in `pulumi preview` what `act` would do.
 * 3. **act** does it in `pulumi up`.
 * 4. **owe**: only after `act` has ended without an error does the engine write the new goal into the state. A step that fails, or whose
 *    engine is killed, is still owed: the next `pulumi up` finds the same difference and starts again at `plan`. So `act` must find out
 *    for itself what was done before, and be safe to repeat.
 *
 * A subclass keeps its type token and the names of its inputs: both are in the state of existing rings.
 */
export abstract class OwedStep<Goal extends object, Plan = Goal> extends pulumi.ComponentResource {
  protected constructor(
    type: string,
    name: string,
    { hook, goal, dueOnCreate = false }: OwedStepArgs<Goal>,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    // Read here: within a hook of an inline program it says false, in preview too.
    const isPreview = pulumi.runtime.isDryRun();
    const step = new pulumi.ResourceHook(
      hook,
      ({ oldInputs, newInputs }) => this.run(oldInputs as Goal | undefined, newInputs as Goal, isPreview),
      { onDryRun: true },
    );
    super(type, name, goal, { ...opts, hooks: { beforeUpdate: [step], beforeCreate: dueOnCreate ? [step] : [] } });
  }

  private async run(was: Goal | undefined, wanted: Goal, isPreview: boolean): Promise<void> {
    const plan = await this.plan(was, wanted);
    if (plan === undefined) return;
    await (isPreview ? this.preview(plan) : this.act(plan));
  }

  /**
   * @param was goal that the state remembers; undefined for a step that is new to the state
   * @returns what is to be done; undefined where nothing is
   * @throws {Error} to refuse the edit, in preview as well
   */
  protected abstract plan(was: Goal | undefined, wanted: Goal): Promise<Plan | undefined> | Plan | undefined;

  /** Says what `act` would do. */
  protected abstract preview(plan: Plan): Promise<void>;

  /** Does what was planned. @throws {Error} what is missing; the step is then still owed */
  protected abstract act(plan: Plan): Promise<void>;
}
