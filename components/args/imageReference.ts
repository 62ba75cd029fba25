/**
 * The grammar of image references, as container runtimes parse them (distribution/reference). Kubernetes accepts any text, and a pod with
 * one that cannot be parsed waits for ever (InvalidImageName).
 */
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const registry = String.raw`(?:${label}(?:\.${label})*|\[[0-9a-fA-F:]+\])(?::\d+)?`;
const part = String.raw`[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const tag = String.raw`:\w[\w.-]{0,127}`;
const digest = "@sha256:[0-9a-f]{64}";

const reference = new RegExp(`^((?:${registry}/)?${part}(?:/${part})*)(${tag})?(${digest})?$`);
const prefix = new RegExp(`^(?:${registry}|${part})(?:/${part})*$`);
/** Longer names of repositories cannot be parsed either. */
const longestName = 255;

/** Whether it is a reference that can be parsed: with or without a registry, a tag and a digest. */
export function isImageReference(value: unknown): boolean {
  const [, name = undefined] = (typeof value === "string" && reference.exec(value)) || [];
  return name !== undefined && name.length <= longestName && !/^[0-9a-f]{64}$/.test(name);
}

/** Whether it may stand before the path of an image: a registry, with or without a path. */
export const isRegistry = (value: unknown): boolean =>
  typeof value === "string" && prefix.test(value) && value.length <= longestName;

/** Whether it is a reference that always means the same image, as far as names tell: with a digest, or with a tag other than latest. */
export function isImage(value: unknown): boolean {
  if (!isImageReference(value)) return false;
  const [, , tag, digest] = reference.exec(value as string)!;
  return digest !== undefined || (tag !== undefined && tag !== ":latest");
}
