import * as pulumi from "@pulumi/pulumi";
import { argsOf, Component } from "./argRules";
import { failUpdate } from "../engine/failUpdate";
import { mustBe, refusalLine } from "./refusal";
import { isLater, shown } from "./shownValue";
import { Given, wrongArgs } from "./wrongArgs";

/**
 * Checks the args of a component. An Output is checked as soon as its value is known, also in preview, and nothing in the component is
 * made before that.
 * @param name logical name of the component, for the message
 * @returns the args, without those that are null or undefined
 * @throws {pulumi.ResourceError} with a line for each wrong arg: its name, its value and what is allowed
 */
export function checkedArgs<Args extends object>(component: Component, name: string, args: Args): Args {
  refuseWrongArgs(component, name, args);
  const { now, later } = timesOf(component, args);
  if (Object.keys(later).length === 0) return now as Args;
  const areRight = knownOf(later).then((known) => {
    const wrong = wrongArgs(component, { ...now, ...known.values }, known);
    if (wrong.length === 0) return undefined;
    failUpdate(message(component, name, wrong));
    // Never resolved, so that nothing after the check happens.
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
    // Everything in the component has a namespace, and so waits for the check.
    ...(namespace !== undefined && { namespace: pulumi.output(areRight).apply(() => namespace) }),
  } as unknown as Args;
}

/**
 * Checks the args of a component that are known now, without Outputs.
 * @throws {pulumi.ResourceError} with a line for each wrong arg: its name, its value and what is allowed
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

/** Whether it is an object of any class, but no list, no Output and no promise. */
const areArgs = (args: unknown): args is object =>
  typeof args === "object" &&
  args !== null &&
  !Array.isArray(args) &&
  !pulumi.Output.isInstance(args) &&
  !(args instanceof Promise);

const message = (component: Component, name: string, wrong: string[]) =>
  [`${component} ${name} cannot be made with these args:`, ...wrong].join("\n");

/** Args that are known now, and args that are known later. Other languages give null for an arg that is left out. */
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
  /** Names of args whose values are not known yet. */
  isLater: string[];
}

/** The values that are known by now. A preview does not wait for values that only `pulumi up` makes. */
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
      // The resource that the value comes from reports why there is none.
      known.isLater.push(name);
    }
  }
  return known;
}
