/** A property value as Pulumi's wire format and JSON have it. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
  [key: string]: Value;
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknowns = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSecret = (value: unknown): value is { value: Value } => isObject(value) && value[signature] === secretSignature;

/** Marks a value as secret, so that the engine encrypts it in the state. */
export const secret = (value: Value): Value => ({ [signature]: secretSignature, value });

/** The value without secret marks and without nulls, which mean "not set" in a program. */
export function plain<T extends Value>(value: T): T;
export function plain(value: Value): Value {
  if (isSecret(value)) return plain(value.value);
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** True when a part of the value is known only after other resources exist. */
export function hasUnknown(value: Value): boolean {
  if (typeof value === "string") return unknowns.has(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasUnknown);
}

/** Marks as secret in `value` what is secret at the same place in `like`. */
export function secretsLike(value: Value, like: Value): Value {
  if (isSecret(value)) return value;
  if (isSecret(like)) return secret(value);
  if (Array.isArray(value) && Array.isArray(like)) {
    return value.map((item, index) => (index < like.length ? secretsLike(item, like[index]) : item));
  }
  if (!isObject(value) || !isObject(like)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key in like ? secretsLike(item, like[key]) : item]),
  );
}

/** The value at a dotted path, or `fallback` where a step of the path is missing. */
export function at<T>(value: unknown, path: string, fallback: T): T {
  let here = value;
  for (const key of path.split(".")) here = isObject(here) ? here[key] : undefined;
  return (here ?? fallback) as T;
}
