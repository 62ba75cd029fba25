import type { IssuerReference } from "../components/index";
import { Shape, shapes } from "../components/args/shapes";
import { dnsSubdomain, listOf, matches } from "../components/args/valueChecks";

/** Turns a raw value of stack config into the value for the program; undefined if the value is not allowed. */
export type Parse<T> = (raw: unknown) => T | undefined;

/** A value that stack config and components have in the same form. */
export const shaped =
  <T>({ is }: Pick<Shape, "is">): Parse<T> =>
  (raw) =>
    is(raw) ? (raw as T) : undefined;

/** A value, or empty text. */
export const orEmpty =
  <T>(parse: Parse<T>): Parse<T | ""> =>
  (raw) =>
    raw === "" ? "" : parse(raw);

/** An object, or one without fields, which stands for none. */
export const emptyOr =
  <T extends object>(parse: Parse<T>): Parse<Partial<T>> =>
  (raw) =>
    object(raw) && Object.keys(raw as object).length === 0 ? {} : parse(raw);

export const oneOf =
  <T extends string>(...values: readonly T[]): Parse<T> =>
  (raw) =>
    values.find((value) => value === raw);

export const truth: Parse<boolean> = (raw) => ({ true: true, false: false })[String(raw)];

/** A whole number of at most four digits. */
export const wholeNumber =
  ({ is }: Pick<Shape, "is">): Parse<number> =>
  (raw) =>
    /^[1-9]\d{0,3}$/.test(String(raw)) && is(Number(raw)) ? Number(raw) : undefined;

/** A list without repetitions. */
export const list =
  <T>(parse: Parse<T>, least = 0): Parse<T[]> =>
  (raw) =>
    listOf((item) => parse(item) !== undefined)(raw) && (raw as unknown[]).length >= least ? (raw as T[]) : undefined;

/** MiB of a heap size as Java takes it. */
export const heap: Parse<number> = (raw) => {
  const [, number, unit] = /^([1-9]\d{0,5})([MG])$/.exec(String(raw)) ?? [];
  const mib = Number(number) * (unit === "G" ? 1024 : 1);
  return shapes.maxHeapMiB.is(mib) ? mib : undefined;
};

export const object: Parse<Record<string, unknown>> = (raw) =>
  typeof raw === "object" && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : undefined;

/** An issuer of cert-manager, as `Issuer/mine`. `reference` is undefined where none is named. */
export const issuer: Parse<{ reference?: IssuerReference; text: string }> = (raw) => {
  if (raw === "") return { text: "" };
  const [, kind, name] = /^(Issuer|ClusterIssuer)\/(.+)$/.exec(String(raw)) ?? [];
  if (!matches(dnsSubdomain)(name)) return undefined;
  return { reference: { kind: kind as IssuerReference["kind"], name }, text: raw as string };
};
