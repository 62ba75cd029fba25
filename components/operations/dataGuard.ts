import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { failUpdate } from "../engine/failUpdate";
import { OwedStep } from "../engine/owedStep";
import { settingOf } from "../engine/propertyNames";
import { recordedOutputs } from "../engine/recorded";

/** What an edit of facts means for the data. */
export interface RingChangeResult {
  /** Data that the edit abandons, a sentence for each: the edit is refused until that is accepted. */
  losses: string[];
  /** Why the edit cannot work at all: it is refused. */
  refusals: string[];
}

/** What an edit from the old facts to the new ones means. */
export type RingChangeValidator<Facts> = (was: Facts, wanted: Facts) => RingChangeResult | Promise<RingChangeResult>;

/**
 * Keeps facts in Pulumi's state on which data depends, and refuses an edit of these facts that would abandon data: in preview, and in
 * `pulumi up` before anything that depends on the guard is touched.
 */
export class DataGuard<Facts extends object> extends OwedStep<Facts, string[]> {
  /**
   * For `dependsOn`: what must come after the guard has let the edit pass. It names the guard to the engine, so that `pulumi state
   * delete` does not delete the memory of a ring that is still in the state. The guard itself would not do: for a component, Pulumi waits
   * for the objects in it, and this one has none.
   */
  readonly passed: pulumi.Output<pulumi.Resource[]>;
  private isJudged = false;

  /**
   * @param facts what the state is to remember
   * @param validate what an edit of the facts means
   * @param acceptDataLoss whether a loss is intended: then it is a warning
   */
  constructor(
    name: string,
    facts: { [K in keyof Facts]: pulumi.Input<Facts[K]> },
    private readonly validate: RingChangeValidator<Facts>,
    private readonly acceptDataLoss: boolean,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("cassandra:index:DataGuard", name, { hook: `${name}-data-guard`, goal: facts }, opts);
    // An update that leaves the guard out (`--target`, `--exclude`) calls no hook of the guard, and may delete what the program no longer
    // makes. Then the facts in the state are compared here.
    const memory = recordedOutputs<{ facts: Facts }>(this);
    this.passed = pulumi.all([pulumi.output(facts), this.urn]).apply(async ([given, urn]) => {
      const [{ facts: was }, wanted] = [await memory, plain(given as Facts)];
      const ofGuard = [new pulumi.DependencyResource(urn)];
      if (this.isJudged || !was || isDeepStrictEqual(was, wanted)) return ofGuard;
      try {
        await this.preview(await this.plan(was, wanted));
        return ofGuard;
      } catch (error) {
        failUpdate((error as Error).message);
        // Nothing that depends on the guard may run.
        return new Promise<pulumi.Resource[]>(() => undefined);
      }
    });
    this.registerOutputs({
      facts: this.urn.apply(async () => {
        const { facts: was } = await memory;
        return was ?? facts;
      }),
    });
  }

  /** @returns the losses that were accepted */
  protected override async plan(was: Facts | undefined, wanted: Facts): Promise<string[]> {
    this.isJudged = true;
    const { losses, refusals } = await this.validate(was!, asKnown(was, wanted) as Facts);
    if (refusals.length > 0) throw new Error(refusals.join("\n"));
    if (losses.length > 0 && !this.acceptDataLoss) {
      throw new Error(
        `${losses.join("\n")}\nThis abandons data. To go on: ${settingOf("acceptDataLoss", true)}, run \`pulumi up\`, remove it again`,
      );
    }
    return losses;
  }

  protected override async preview(losses: string[]): Promise<void> {
    for (const line of losses) await pulumi.log.warn(line);
  }

  protected override act(losses: string[]): Promise<void> {
    return this.preview(losses);
  }
}

/** A value as the state holds it: without undefined properties. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** A value that a preview does not know yet counts as unchanged: `pulumi up` checks again. */
function asKnown(was: unknown, wanted: unknown): unknown {
  if (pulumi.isUnknown(wanted)) return was;
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return wanted;
  const before = (was ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, asKnown(before[key], value)]));
}
