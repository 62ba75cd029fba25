import * as pulumi from "@pulumi/pulumi";
import { isObject } from "./valueChecks";

/** Whether it is an Output or a promise, or holds one. @param around the values that hold it */
export function isLater(value: unknown, around: unknown[] = []): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return true;
  if (around.includes(value) || (!Array.isArray(value) && !isObject(value))) return false;
  return Object.values(value).some((item) => isLater(item, [...around, value]));
}

/** Whether a text fits into one line: each line of a message is about one arg. */
const isOfOneLine = (text: string) => !/\p{C}|\p{Zl}|\p{Zp}/u.test(text);
/** A name as messages put it. */
export const shownName = (name: string) => (isOfOneLine(name) ? name : JSON.stringify(name));

/** A value as messages put it, whatever it is. */
export function shown(value: unknown): string {
  if (pulumi.Output.isInstance(value)) return "an Output";
  if (value instanceof Promise) return "a promise";
  const plain = plainOf(value);
  if (typeof plain === "string") return isOfOneLine(plain) ? `"${plain}"` : JSON.stringify(plain);
  return `"${JSON.stringify(plain)}"`;
}

/** The value as JSON can hold it, with words for what JSON cannot hold. @param around the values that hold it */
function plainOf(value: unknown, around: unknown[] = []): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : `${value}`;
  if (pulumi.Output.isInstance(value)) return "an Output";
  if (value instanceof Promise) return "a promise";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value !== "object") return "undefined";
  if (around.includes(value)) return "itself";
  const inside = (item: unknown) => plainOf(item, [...around, value]);
  if (Array.isArray(value)) return Array.from(value, inside);
  if (!isObject(value)) return Object.prototype.toString.call(value);
  return Object.fromEntries(Object.keys(value).map((name) => [name, inside(value[name])]));
}
