import type { Shape } from "../components/args/shapes";
import { orEmpty, Parse, shaped, truth, wholeNumber } from "./parsers";

/** One key of stack config. Pulumi.yaml and `docs/reference/config.md` are generated from these. */
export interface Key<T = unknown> {
  /** Type that Pulumi.yaml declares. */
  type: "string" | "array" | "object";
  /** Type of an array's items. */
  items?: "string" | "object";
  default: string | unknown[] | Record<string, never>;
  /** Unit of the value, for the reference; empty where the value has none. */
  unit: string;
  /** Values that are allowed, as error messages and the reference put them. */
  allowed: string;
  meaning: string;
  /** The words that are allowed, where values are words: messages suggest the nearest word for a wrong one. */
  words?: readonly string[];
  /** Whether messages must not show the value. @default false */
  isSecret?: true;
  /** Whether numbers and booleans in an object keep their type. @default false: they come as text */
  isTyped?: true;
  parse: Parse<T>;
}

/** The part of a key whose value is passed on to components as it is. */
export const valueOf = <T>(shape: Shape) => ({ allowed: shape.allowed, parse: shaped<T>(shape) });

export const textOf = (shape: Shape) => valueOf<string>(shape);

export const textOrEmpty = (shape: Shape) => ({
  allowed: `${shape.allowed}, or empty`,
  parse: orEmpty(shaped<string>(shape)),
});

/** The part of a key whose text is passed on to components as a number. */
export const numberOf = (shape: Shape) => ({ allowed: shape.allowed, parse: wholeNumber(shape) });

export const flag = { type: "string", default: "false", unit: "", allowed: "true or false", parse: truth } as const;
