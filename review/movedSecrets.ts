/** Secrets that move: what was in clear at one place and is a secret at another, or the other way round, is none to show at either. */
import { Change, holdsMask, masked } from "./events";
import { Difference, fieldsOf, parsed } from "./fields";

/** Shorter values are numbers, sizes and words such as `no`, which many fields have: to mask them would hide nothing but the edit. */
const shortest = 4;

type Side = "before" | "after";

const textOf = (value: unknown) => JSON.stringify(value) ?? "";
const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf(".")));
const nameOf = (path: string) => path.split(/[.:]/).at(-1)!;

/** Whether a side of a field names a Secret, from which a container then reads. */
const namesSecret = ({ path, ...sides }: Difference, side: Side) =>
  sides[side] !== undefined && /"secret(KeyRef|Ref|Name)?":/.test(textOf({ [nameOf(path)]: sides[side] }));

/** Whether a secret comes to other objects, and whether one goes from them. */
export type Elsewhere = Record<"comes" | "goes", boolean>;

const secretsIn = (value: unknown) => textOf(value).split(masked).length - 1;

/** @param objects all that an update touches */
export function elsewhere(objects: Change[]): Elsewhere {
  const moves = objects.map(({ old, new: wanted }) => secretsIn(wanted) - secretsIn(old));
  return { comes: moves.some((more) => more > 0), goes: moves.some((more) => more < 0) };
}

/**
 * Differences of one object, or of config, without what may be the plain text of a secret that comes or goes at another place. The engine
 * tells no secret: it may be all that a field had which is gone, an argument in a list, and what stands beside the secret.
 */
export const withoutMoved = (
  differences: Difference[],
  { comes, goes } = { comes: false, goes: false },
): Difference[] => masking(masking(differences, "before", "after", comes), "after", "before", goes);

/** Where in a value secrets are. */
function placesIn(path: string, value: unknown): string[] {
  const fields = fieldsOf(parsed(value));
  if (fields) return Object.keys(fields).flatMap((name) => placesIn(`${path}.${name}`, fields[name]));
  return holdsMask(value) ? [path] : [];
}

/** Masks what `from` shows where `to` has a secret that `from` had not. */
function masking(differences: Difference[], from: Side, to: Side, isElsewhere: boolean): Difference[] {
  const secrets = differences.filter((one) => !holdsMask(one[from])).flatMap((one) => placesIn(one.path, one[to]));
  const isHeld = isElsewhere || differences.some((one) => namesSecret(one, to) && !namesSecret(one, from));
  return differences.map((one) => {
    const { path, [from]: value } = one;
    const others = secrets.filter((place) => place !== path && !place.startsWith(`${path}.`));
    const isGone = one[to] === undefined || one[to] === "" || Array.isArray(value);
    const isNear = others.some(
      (place) =>
        (parentOf(place) !== "" && parentOf(place) === parentOf(path)) || path.split(/[.:]/).includes(nameOf(place)),
    );
    // What is in a Secret may have been a variable, an argument or a file.
    const wasOpen =
      isHeld && isGone && (/(^|\.)env(\.|$)|^(data|stringData|binaryData)(\.|$)/.test(path) || Array.isArray(value));
    const isMoved = isNear || wasOpen || (others.length > 0 && isGone);
    return isMoved && isLong(value) && !holdsMask(value) ? { ...one, [from]: masked } : one;
  });
}

function isLong(value: unknown): boolean {
  const text = typeof value === "string" ? value : textOf(value);
  return text.length >= shortest && !/^(true|false|none)$/.test(text);
}
