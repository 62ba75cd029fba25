import { closest } from "fastest-levenshtein";
import { argsOf, Component } from "./argRules";
import { adoptionMisfits, inWordsOf, Misfit, misfits, Told } from "./misfits";
import { otherKind, Shape, shapes } from "./shapes";
import { isLater as holdsLater, shown, shownName } from "./shownValue";

export type Given = Record<string, unknown>;

/** What stack config calls otherwise, or has in another form. */
const namesOfKeys: Partial<Record<string, string>> = { maxHeap: "maxHeapMiB", tls: "tlsSecret" };
const argOf = (key: string) => namesOfKeys[key] ?? key;

/**
 * A line for each arg that is not as a component takes it.
 * @param args that are known
 * @param later those that are not, and those whose values nobody may see
 */
export function wrongArgs(
  component: Component,
  args: Given,
  { isLater = [], secrets = [] }: { isLater?: string[]; secrets?: string[] } = {},
): string[] {
  const table = argsOf(component);
  const show = (name: string, value: unknown) =>
    secrets.includes(name) || (table[name] as { shape: Shape } | undefined)?.shape.isSecret
      ? '"[secret]"'
      : shown(value);
  const lines: string[] = [];
  const right: Given = {};
  for (const name of Object.keys(args).filter((name) => !Object.keys(table).includes(name)))
    lines.push(`${shownName(name)}: unknown argument; did you mean ${closest(name, Object.keys(table))}?`);
  for (const [name, { rule, shape }] of Object.entries(table)) {
    const value = args[name];
    if (value === undefined) {
      if (rule.startsWith("required") && !isLater.includes(name))
        lines.push(`${name}: must be given; allowed is ${shape.allowed}`);
    } else if (shape.is(value)) right[name] = value;
    else lines.push(`${name}: ${show(name, value)} is not allowed${whyNot(value, shape)}; allowed is ${shape.allowed}`);
  }
  return [...new Set([...lines, ...together(component, right, isLater, show)])];
}

function whyNot(value: unknown, shape: Shape): string {
  const kind = otherKind(value, shape);
  return kind ? `: ${kind}` : holdsLater(value) ? ": it must be known when the program runs" : "";
}

/** @param right args that are right by themselves */
function together(
  component: Component,
  right: Given,
  isLater: string[],
  show: (name: string, value: unknown) => string,
): string[] {
  if (component === "CassandraService") return [];
  const isCassandra = component !== "CockroachCluster";
  const { auth = "password", tlsSecret, image, ...others } = right as Told & { tlsSecret?: string };
  const tls = tlsSecret === undefined ? "none" : "secret";
  const told: Told = { ...others, ...(isCassandra && { image, auth, tls }) };
  const lines = misfits(told, (name) => shapes[name as keyof typeof shapes].allowed).map((misfit) => lineOf(misfit));
  const refuse = (name: string, why: string) => `${name}: ${show(name, right[name])} is not allowed${why}`;
  const { superuser = "admin", superuserPassword, certManager, clientCertificates } = right;
  const { adopt, racks } = right as { adopt?: string; racks?: string[] };
  if (isCassandra && auth === "none") {
    const why = " while auth is none; allowed is auth: password beside it";
    if (superuser !== "admin") lines.push(refuse("superuser", why));
    if (superuserPassword !== undefined || isLater.includes("superuserPassword"))
      lines.push(`superuserPassword: "[secret]" is not allowed${why}`);
  }
  if (tls === "none") {
    const why = " while nothing is encrypted; allowed is tlsSecret beside it";
    if (clientCertificates === "required") lines.push(refuse("clientCertificates", why));
    if (certManager !== undefined) lines.push(refuse("certManager", why));
  }
  for (const { why, allowed } of adopt === undefined ? [] : adoptionMisfits({ podTemplate: adopt, racks, auth, tls }))
    lines.push(`${refuse("adopt", why)}; allowed is ${allowed}`);
  return lines;

  function lineOf({ told: key, part, why, allowed, ...rest }: Misfit): string {
    const name = argOf(key);
    const value = key === "tls" ? tlsSecret : rest.value;
    // It is written into the file as it is, where one with a colon and a line break would be two keys.
    if (part !== undefined && !/^\w+$/.test(part))
      return `${name}: ${JSON.stringify(part)} is not allowed; allowed is the name of a key`;
    const where = part === undefined ? name : `${name}.${part}`;
    const shownValue = "value" in rest ? `${show(name, value)} ` : "";
    const instead = key === "tls" ? "to leave it out" : allowed;
    return `${where}: ${shownValue}${inWordsOf(argOf, why)}${instead === undefined ? "" : `; allowed is ${instead}`}`;
  }
}
