import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { failUpdate } from "../engine/failUpdate";
import { recorded } from "../engine/recorded";

/** What an edit of facts means for the rows. */
export interface Verdict {
  /** Rows that it leaves behind, a sentence for each: it is refused until that is accepted. */
  losses: string[];
  /** Why it cannot work at all: it is refused. */
  refusals: string[];
}

/** What an edit from the old facts to the new ones means. */
export type Judge<Facts> = (was: Facts, wanted: Facts) => Verdict | Promise<Verdict>;

/**
 * Keeps facts in Pulumi's state, on which rows depend, and refuses an edit of them that would leave rows behind: in preview, and
 * in `up` before anything that depends on it is touched. It makes no object.
 */
export class DataGuard<Facts extends object> extends pulumi.ComponentResource {
  /**
   * For `dependsOn`: what must come after the guard has let the edit pass. It names the guard to the engine, so that `pulumi state
   * delete` takes nobody's memory away who is still in the state. The guard itself in its place would not do: of a component, Pulumi
   * waits for the objects in it, and here there are none.
   */
  readonly passed: pulumi.Output<pulumi.Resource[]>;

  /**
   * @param facts what the state is to remember
   * @param acceptDataLoss whether a loss is meant: then it is only said
   */
  constructor(
    name: string,
    facts: { [K in keyof Facts]: pulumi.Input<Facts[K]> },
    judge: Judge<Facts>,
    acceptDataLoss: boolean,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    let isJudged = false;
    const check = async (was: Facts, wanted: Facts) => {
      isJudged = true;
      const { losses, refusals } = await judge(was, wanted);
      if (refusals.length > 0) throw new Error(refusals.join("\n"));
      if (losses.length > 0 && !acceptDataLoss) {
        throw new Error(`${losses.join("\n")}\nallowed is that with cassandra:acceptDataLoss: true alone`);
      }
      for (const line of losses) await pulumi.log.warn(line);
    };
    const guard = new pulumi.ResourceHook(
      `${name}-data-guard`,
      ({ oldInputs, newInputs }) => check(oldInputs as Facts, asKnown(oldInputs, newInputs) as Facts),
      { onDryRun: true },
    );
    super("cassandra:index:DataGuard", name, facts, { ...opts, hooks: { beforeUpdate: [guard] } });
    // An update that is told to leave the guard alone (`--target`, `--exclude`) calls no hook of it, and may delete what the program no
    // longer makes: then what the state remembers is compared here.
    const memory = recorded<{ facts: Facts }>(this);
    this.passed = pulumi.all([pulumi.output(facts), this.urn]).apply(async ([given, urn]) => {
      const [{ facts: was }, wanted] = [await memory, plain(given as Facts)];
      const ofGuard = [new pulumi.DependencyResource(urn)];
      if (isJudged || !was || isDeepStrictEqual(was, wanted)) return ofGuard;
      try {
        await check(was, wanted);
        return ofGuard;
      } catch (error) {
        failUpdate((error as Error).message);
        // What comes after the guard never does.
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
}

/** As the state holds it: without what is undefined. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What a preview does not know yet is taken for what it was: `up` looks again. */
function asKnown(was: unknown, wanted: unknown): unknown {
  if (pulumi.isUnknown(wanted)) return was;
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return wanted;
  const before = (was ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, asKnown(before[key], value)]));
}
