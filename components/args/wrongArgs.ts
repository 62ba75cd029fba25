import { closest } from "fastest-levenshtein";
import { argsOf, Component } from "./argRules";
import { adoptionMisfits } from "./adoptionMisfits";
import { Misfit, misfits, Told } from "./misfits";
import { inWordsOf, mustBe, Refusal, refusalLine } from "./refusal";
import { otherKind, Shape, shapes } from "./shapes";
import { isLater as holdsLater, shown, shownName } from "./shownValue";

export type Given = Record<string, unknown>;

/** Args by their config keys, where the two differ. */
const namesOfKeys: Partial<Record<string, string>> = { maxHeap: "maxHeapMiB", tls: "tlsSecret" };
const argOf = (key: string) => namesOfKeys[key] ?? key;

/**
 * A line for each arg that is wrong.
 * @param args the args that are known
 * @param later names of args whose values are not known yet, and of args whose values are secret
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
        lines.push(refusalLine(name, undefined, { rule: "missing", reason: mustBe(shape.allowed) }));
    } else if (shape.is(value)) right[name] = value;
    else
      lines.push(refusalLine(name, show(name, value), { rule: mustBe(shape.allowed), reason: whyNot(value, shape) }));
  }
  return [...new Set([...lines, ...together(component, right, isLater, show)])];
}

function whyNot(value: unknown, shape: Shape): string | undefined {
  return otherKind(value, shape) ?? (holdsLater(value) ? "it must be known when the program runs" : undefined);
}

/** What is wrong with args together. @param right args that are right each by itself */
function together(
  component: Component,
  right: Given,
  isLater: string[],
  show: (name: string, value: unknown) => string,
): string[] {
  if (component === "CassandraStorage") return storageMisfits(right);
  if (["CassandraService", "KubernetesCluster", "LocalVolumes"].includes(component)) return [];
  const isCassandra = component !== "CockroachCluster";
  const { auth = "password", tlsSecret, image, ...others } = right as Told & { tlsSecret?: string };
  const tls = tlsSecret === undefined ? "none" : "secret";
  const { superuser = "admin" } = others;
  const told: Told = { ...others, ...(isCassandra && { image, auth, tls, superuser }) };
  const lines = misfits(
    told,
    isCassandra ? "cassandra" : "cockroachdb",
    (name) => shapes[name as keyof typeof shapes].allowed,
  ).map((misfit) => lineOf(misfit));
  const refuse = (name: string, refusal: Refusal) => lines.push(refusalLine(name, show(name, right[name]), refusal));
  const { superuserPassword, superuserSecret, certManager, clientCertificates } = right;
  const { adopt, racks, memberService, metrics } = right as { adopt?: string } & Pick<
    Told,
    "racks" | "memberService" | "metrics"
  >;
  const hasPassword = superuserPassword !== undefined || isLater.includes("superuserPassword");
  if (isCassandra && auth === "none") {
    const refusal = { circumstance: "while auth is none", rule: "needs auth: password" };
    if (superuser !== "admin") refuse("superuser", refusal);
    if (hasPassword) refuse("superuserPassword", refusal);
    if (superuserSecret !== undefined) refuse("superuserSecret", refusal);
    if (others.roles?.length) refuse("roles", refusal);
  } else if (hasPassword && superuserSecret !== undefined)
    refuse("superuserSecret", { circumstance: "beside superuserPassword", rule: "must be left out" });
  if (tls === "none") {
    const refusal = { circumstance: "while nothing is encrypted", rule: "needs tlsSecret" };
    if (clientCertificates === "required") refuse("clientCertificates", refusal);
    if (certManager !== undefined) refuse("certManager", refusal);
  }
  const isGiven = (value: unknown) => value instanceof Object && Object.keys(value).length > 0;
  const circumstance = `while metrics is ${metrics ?? "none"}`;
  if ((metrics ?? "none") === "none" && isGiven(right.metricsFrom))
    refuse("metricsFrom", { circumstance, rule: "needs metrics: annotations or podMonitor" });
  if (metrics !== "podMonitor" && isGiven(right.metricsLabels))
    refuse("metricsLabels", { circumstance, rule: "needs metrics: podMonitor" });
  if (adopt !== undefined)
    for (const refusal of adoptionMisfits({ podTemplate: adopt, racks, auth, tls, memberService, metrics }))
      refuse("adopt", refusal);
  return lines;

  function lineOf({ told: key, part, ...misfit }: Misfit): string {
    const name = argOf(key);
    // The pod writes the key into its file as it is: a key with a colon and a line break would be two keys.
    if (key === "cassandraYaml" && part !== undefined && !/^\w+$/.test(part))
      return refusalLine(name, JSON.stringify(part), { rule: mustBe("the name of a key") });
    const value = key === "tls" ? tlsSecret : misfit.value;
    return refusalLine(
      part === undefined ? name : `${name}.${part}`,
      "value" in misfit ? show(name, value) : undefined,
      {
        ...misfit,
        ...(key === "tls" && { rule: "must be left out", reason: "encryption needs Cassandra 4.1" }),
        ...(misfit.reason !== undefined && key !== "tls" && { reason: inWordsOf(argOf, misfit.reason) }),
      },
    );
  }
}

/** A StorageClass that is made needs a name. One that exists may be the cluster's default class, which needs none. */
function storageMisfits({ storage, storageClassName }: Given): string[] {
  if (storageClassName !== "" || storage === undefined || storage === "existing") return [];
  const refusal = {
    circumstance: `with storage ${storage as string}`,
    rule: mustBe("a name of lower-case letters, digits, dots and dashes"),
  };
  return [refusalLine("storageClassName", shown(storageClassName), refusal)];
}
