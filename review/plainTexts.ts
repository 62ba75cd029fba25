/** Plain texts of secrets that the state and the config have, by which a report knows them again where they stand in clear. */
import { runtime } from "@pulumi/pulumi";
import type { PastConfig } from "./configLines";
import { Inputs, masked, Preview } from "./events";
import { parsed } from "./fields";
import { decoded } from "./secrets";

const { specialSigKey } = runtime;

/** A value that is as long is a secret's only where it is all of it; a longer secret is found inside of other text, too. */
const shortest = { all: 4, part: 8 };

/** All that `pulumi stack export --show-secrets` has as a secret. */
export function secretsOfState(exported: unknown): string[] {
  if (typeof exported !== "object" || exported === null) return [];
  const { plaintext, ...rest } = exported as { plaintext?: string };
  if (specialSigKey in rest && plaintext !== undefined) return leaves(JSON.parse(plaintext));
  return Object.values(rest).flatMap(secretsOfState);
}

/**
 * All that config has as a secret.
 * @param masks config as a preview tells it
 * @param shown config as `pulumi config --json --show-secrets` tells it
 */
export function secretsOfConfig(masks: Record<string, string>, shown: Record<string, { value?: string }>): string[] {
  return Object.keys(masks).flatMap((key) => behindMasks(masks[key], shown[key]?.value));
}

function behindMasks(mask: unknown, shown: unknown): string[] {
  if (mask === masked) return leaves(shown);
  const [one, other] = [parsed(mask), parsed(shown)];
  if (![one, other].every((value) => typeof value === "object" && value !== null)) return [];
  return Object.entries(one as object).flatMap(([name, value]) =>
    behindMasks(value, (other as Record<string, unknown>)[name]),
  );
}

/** Texts in a value, each as it stands, as what it is in base64, and, where it is JSON, all that it holds. */
function leaves(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(leaves);
  if (typeof value !== "string" && typeof value !== "number") return [];
  const text = `${value}`;
  const inner = parsed(text);
  const plain = decoded(text);
  return [
    text,
    Buffer.from(text).toString("base64"),
    ...(inner === text ? [] : leaves(inner)),
    ...(plain === undefined ? [] : [plain, ...(parsed(plain) === plain ? [] : leaves(parsed(plain)))]),
  ];
}

/** Masks the secrets in what a report shows. */
export class PlainTexts {
  private readonly secrets: Set<string>;
  /** Those that are looked for inside of other text, the longest first: it may hold another one. */
  private readonly parts: string[];

  /**
   * @param preview what it names objects, and has in clear on both sides of one, a report could not give away: the name of a user, mostly
   * @param past config of the last update, for which the same holds
   */
  constructor(
    secrets: string[],
    { config, changes }: Pick<Preview, "config" | "changes"> = { config: {}, changes: [] },
    past: PastConfig = {},
  ) {
    const open = new Set([
      ...Object.entries(config).flatMap(([key, value]) => openTexts(parsed(past[key]?.value), parsed(value))),
      ...changes.flatMap(({ old, new: wanted }) => [...namesOf(old, wanted), ...openTexts(old, wanted)]),
    ]);
    this.secrets = new Set(secrets.filter((text) => text.length >= shortest.all && text !== masked && !open.has(text)));
    this.parts = [...this.secrets].filter(({ length }) => length >= shortest.part).sort((a, b) => b.length - a.length);
  }

  /** A value without the texts in it that are secrets, or have one in them. */
  without(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.without(item));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.without(item)]));
    const text = String(value);
    return this.secrets.has(text) || this.replaced(text) !== text ? masked : value;
  }

  /** A text with each secret in it masked. */
  replaced(text: string): string {
    return this.parts.reduce((rest, secret) => rest.replaceAll(secret, masked), text);
  }
}

const namesOf = (...sides: (Inputs | undefined)[]) =>
  sides.flatMap((side) => (side?.metadata as { name?: string } | undefined)?.name ?? []);

function openTexts(old: unknown, wanted: unknown): string[] {
  if (typeof old === "string") return old === wanted ? [old] : [];
  if (typeof old !== "object" || old === null || typeof wanted !== "object" || wanted === null) return [];
  return Object.entries(old).flatMap(([name, value]) => openTexts(value, (wanted as Record<string, unknown>)[name]));
}
