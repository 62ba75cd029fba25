import * as pulumi from "@pulumi/pulumi";
import { argsOf, Component } from "./argRules";
import { failUpdate } from "../engine/failUpdate";
import { mustBe, refusalLine } from "./refusal";
import { isLater, shown } from "./shownValue";
import { Given, wrongArgs } from "./wrongArgs";

/**
 * The args of a component, all of which are what it can take. Those that are known only later are looked at then, in preview as well if
 * they are known there, before anything in the component is made.
 * @param name of the component, for the message
 * @throws {pulumi.ResourceError} naming each arg that is wrong, its value and what is allowed, a line for each
 */
export function checkedArgs<Args extends object>(component: Component, name: string, args: Args): Args {
  refuseWrongArgs(component, name, args);
  const { now, later } = timesOf(component, args);
  if (Object.keys(later).length === 0) return now as Args;
  const areRight = knownOf(later).then((known) => {
    const wrong = wrongArgs(component, { ...now, ...known.values }, known);
    if (wrong.length === 0) return undefined;
    failUpdate(message(component, name, wrong));
    // What comes after the look at them never does.
    return new Promise<undefined>(() => undefined);
  });
  const gated = Object.keys(later).map((arg) => [
    arg,
    later[arg].apply((value) => areRight.then(() => value ?? undefined)),
  ]);
  const { namespace } = now;
  return {
    ...now,
    ...(Object.fromEntries(gated) as Given),
    // Everything in the component has a namespace.
    ...(namespace !== undefined && { namespace: pulumi.output(areRight).apply(() => namespace) }),
  } as unknown as Args;
}

/**
 * The part of it that needs nobody else: what is known now.
 * @throws {pulumi.ResourceError} naming each arg that is wrong, its value and what is allowed, a line for each
 */
export function refuseWrongArgs(component: Component, name: string, args: unknown): void {
  const given = args ?? {};
  const times = areArgs(given) && timesOf(component, given);
  const wrong = times
    ? wrongArgs(component, times.now, { isLater: Object.keys(times.later) })
    : [refusalLine("args", shown(args), { rule: mustBe(`an object of ${Object.keys(argsOf(component)).join(", ")}`) })];
  // It belongs to no resource yet, so that none is made.
  if (wrong.length > 0) throw new pulumi.ResourceError(message(component, name, wrong), undefined, true);
}

/** An object of any class, but no list, and none that comes later. */
const areArgs = (args: unknown): args is object =>
  typeof args === "object" &&
  args !== null &&
  !Array.isArray(args) &&
  !pulumi.Output.isInstance(args) &&
  !(args instanceof Promise);

const message = (component: Component, name: string, wrong: string[]) =>
  [`${component} ${name} cannot be made with these args:`, ...wrong].join("\n");

/** Args that are known now, and those that are known later. Null is how other languages say that one is left out. */
function timesOf(component: Component, args: object): { now: Given; later: Record<string, pulumi.Output<unknown>> } {
  const table = argsOf(component);
  const isLate = ([name, value]: [string, unknown]) =>
    Object.keys(table).includes(name) && table[name].rule.endsWith("later") && isLater(value);
  const given = Object.entries<unknown>(args as Given).filter(([, value]) => value !== undefined && value !== null);
  const now = Object.fromEntries(given.filter((arg) => !isLate(arg)));
  const later = Object.fromEntries(given.filter(isLate).map(([name, value]) => [name, pulumi.output(value)]));
  return { now, later };
}

interface Known {
  values: Given;
  secrets: string[];
  /** Args that nobody knows yet. */
  isLater: string[];
}

/** Those of them that are known by now: a preview does not wait for what `pulumi up` makes. */
async function knownOf(later: Record<string, pulumi.Output<unknown>>): Promise<Known> {
  const known: Known = { values: {}, secrets: [], isLater: [] };
  for (const name of Object.keys(later)) {
    const output = later[name] as unknown as Record<"isKnown" | "isSecret", Promise<boolean>>;
    try {
      if (!(await output.isKnown)) {
        known.isLater.push(name);
        continue;
      }
      const value = await new Promise((resolve) => later[name].apply(resolve));
      if (value !== undefined && value !== null) known.values[name] = value;
      if (await output.isSecret) known.secrets.push(name);
    } catch {
      // Whoever made it tells why it never comes.
      known.isLater.push(name);
    }
  }
  return known;
}
