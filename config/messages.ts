import * as pulumi from "@pulumi/pulumi";
import { closest, distance } from "fastest-levenshtein";
import { Misfit } from "../components/args/misfits";
import { inWordsOf, mustBe, Refusal, refusalLine } from "../components/args/refusal";
import { Key } from "./keys";
import { fullKey, isSecret, Raw } from "./rawConfig";
import { commonKeys } from "./schema";

/** Everything that is wrong with a stack's config. It is thrown as one error, so that one run tells all. */
export class Problems {
  private readonly lines = new Set<string>();

  /** Parses the values given for a table of keys, or their defaults; those that are not allowed are left out. */
  parse(prefix: string, table: Record<string, Key>, given: Raw): Raw {
    for (const name of Object.keys(given).filter((name) => !Object.hasOwn(table, name)))
      this.addUnknown(prefix, name, Object.keys(table));
    const values: Raw = {};
    for (const [name, key] of Object.entries(table)) {
      const raw = given[name] ?? key.default;
      const value = key.parse(raw);
      if (value === undefined) this.addInvalid(prefix + name, raw, key);
      else values[name] = value;
    }
    return values;
  }

  /** A key that a table lacks. @param prefix topology and a dot, of a key in a topology's object */
  private addUnknown(prefix: string, name: string, allowed: string[]): void {
    const key = fullKey(prefix + name);
    if (prefix && Object.hasOwn(commonKeys, name))
      this.lines.add(`${key}: no key of this topology; allowed there is ${allowed.join(", ")}`);
    else this.lines.add(`${key}: unknown key; did you mean ${fullKey(prefix + closest(name, allowed))}?`);
  }

  /** A value that its key does not allow. */
  private addInvalid(name: string, raw: unknown, key: Key): void {
    this.add(name, raw, key, { rule: mustBe(key.allowed), reason: suggestion(raw, key.words ?? []) });
  }

  /** A value that is wrong beside others. */
  add(name: string, raw: unknown, { isSecret }: Key, refusal: Refusal): void {
    this.lines.add(refusalLine(fullKey(name), isSecret ? '"[secret]"' : this.shown(name, raw), refusal));
  }

  addMisfit(name: string, { part, ...misfit }: Misfit): void {
    const where = fullKey(part === undefined ? name : `${name}.${part}`);
    const value = "value" in misfit ? this.shown(name, misfit.value) : undefined;
    const reason = misfit.reason === undefined ? undefined : inWordsOf(fullKey, misfit.reason);
    this.lines.add(refusalLine(where, value, { ...misfit, reason }));
  }

  throwIfAny(): void {
    if (this.lines.size > 0) throw new pulumi.RunError([...this.lines].join("\n"));
  }

  /** A value as messages show it, in quotes. @param name key that holds the value, with its topology in front */
  private shown(name: string, raw: unknown): string {
    if (isSecret(name.split(".")[0])) return '"[secret]"';
    return `"${typeof raw === "string" ? raw : JSON.stringify(raw)}"`;
  }
}

/** The value that was probably meant, where values are words. */
function suggestion(raw: unknown, words: readonly string[]): string | undefined {
  const wrong = [raw].flat().find((word) => typeof word === "string" && !words.includes(word)) as string | undefined;
  if (!wrong || words.length === 0) return undefined;
  const near = closest(wrong, words);
  return distance(wrong, near) <= Math.max(2, wrong.length / 2) ? `did you mean ${near}?` : undefined;
}
