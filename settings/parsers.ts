import { isIP } from "node:net";
import { quantity } from "../components/quantity";

/** Makes of a raw value the one for the program, or undefined of one that is not allowed. */
export type Parse<T> = (raw: unknown) => T | undefined;

export const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const text =
  (pattern: RegExp): Parse<string> =>
  (raw) =>
    typeof raw === "string" && pattern.test(raw) ? raw : undefined;

/** What is allowed, or nothing. */
export const orEmpty =
  <T>(parse: Parse<T>): Parse<T | ""> =>
  (raw) =>
    raw === "" ? "" : parse(raw);

export const oneOf =
  <T extends string>(...values: readonly T[]): Parse<T> =>
  (raw) =>
    values.find((value) => value === raw);

export const truth: Parse<boolean> = (raw) => ({ true: true, false: false })[String(raw)];

/** From 1 to `most`, which has four digits or fewer. */
export const wholeNumber =
  (most: number): Parse<number> =>
  (raw) =>
    /^[1-9]\d{0,3}$/.test(String(raw)) && Number(raw) <= most ? Number(raw) : undefined;

/** Addresses: `10.0.0.0/8`, `fd00::/8`. */
export const addressRange: Parse<string> = (raw) => {
  const [, address, bits] = /^([^/]+)\/(\d{1,3})$/.exec(String(raw)) ?? [];
  return Number(bits) <= { 0: -1, 4: 32, 6: 128 }[isIP(address ?? "") as 0 | 4 | 6] ? (raw as string) : undefined;
};

/** A list without repetitions. */
export const listOf =
  <T>(parse: Parse<T>, least = 0): Parse<T[]> =>
  (raw) => {
    if (!Array.isArray(raw) || raw.length < least) return undefined;
    const items = raw.map(parse);
    const isRight =
      items.every((item) => item !== undefined) && new Set(raw.map((r) => JSON.stringify(r))).size === raw.length;
    return isRight ? items : undefined;
  };

export const positiveQuantity: Parse<string> = (raw) =>
  typeof raw === "string" && (quantity(raw) ?? 0) > 0 ? raw : undefined;

/** MiB of a heap size as Java takes it. */
export const heap: Parse<number> = (raw) => {
  const [, number, unit] = /^([1-9]\d{0,5})([MG])$/.exec(String(raw)) ?? [];
  const mib = Number(number) * (unit === "G" ? 1024 : 1);
  return mib >= 256 ? mib : undefined;
};

export const image: Parse<string> = (raw) => {
  const value = text(/^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w][\w.-]{0,127}|(:[\w][\w.-]{0,127})?@sha256:[0-9a-f]{64})$/)(raw);
  const tagged = value !== undefined && /[@:][^/]*$/.test(value);
  return tagged && !value.endsWith(":latest") ? value : undefined;
};

export const object: Parse<Record<string, unknown>> = (raw) =>
  typeof raw === "object" && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : undefined;

/** Labels of nodes: `{disk: ssd}`. */
export const labelMap: Parse<Record<string, string>> = (raw) => {
  const labels = object(raw);
  if (!labels) return undefined;
  const key = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
  const value = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;
  const isRight = Object.entries(labels).every(([name, label]) => key.test(name) && text(value)(label) !== undefined);
  return isRight ? (labels as Record<string, string>) : undefined;
};
