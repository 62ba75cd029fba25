import * as pulumi from "@pulumi/pulumi";
import { Key } from "./keys";
import { commonKeys, Topology } from "./schema";

/** Values before they are checked, by key. */
export type Raw = Record<string, unknown>;

/** The key as a stack file names it: `cassandra:replicas`. */
export const fullKey = (name: string) => `${pulumi.getProject()}:${name}`;

/** Whether a key was set with `--secret`. The SDK knows, though its types do not say so. */
export function isSecret(name: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(fullKey(name));
}

/** The project's own config, by bare key: lists and objects as such, every scalar as text. @param known keys of the schema */
export function readRawConfig(known: Record<string, Key>): Raw {
  const prefix = fullKey("");
  const given: Raw = {};
  // Not `pulumi.Config`: it warns of every secret that is read as plain text, and the schema says which keys may be secret.
  for (const [full, value] of Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix))) {
    const name = full.slice(prefix.length);
    given[name] = value;
    if (known[name] && known[name].type !== "string") {
      try {
        given[name] = textual(JSON.parse(value), name);
      } catch {
        // The value stays text, and the key's own check says what is allowed instead.
      }
    }
  }
  return given;
}

/** YAML has numbers and booleans; the keys are declared for text. */
function textual(value: unknown, name = ""): unknown {
  if ((commonKeys as Record<string, Key>)[name]?.isTyped) return value;
  if (Array.isArray(value)) return value.map((item) => textual(item));
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textual(item, key)]));
}

/** Warns of values that should be secrets and stand in the stack file in plain text. */
export function warnOfPlainSecrets(given: Raw, objects: Record<Topology, Raw>): void {
  const secrets = Object.entries(commonKeys as Record<string, Key>).filter(([, key]) => key.isSecret);
  for (const [name, key] of secrets) {
    const places = [["", given] as const, ...Object.entries(objects)];
    for (const [topology, values] of places) {
      if ((values[name] ?? key.default) === key.default || isSecret(topology || name)) continue;
      const full = topology ? `${topology}.${name}` : name;
      const argument = topology ? `--path '${topology}.${name}'` : name;
      void pulumi.log.warn(
        `${fullKey(full)} stands in the stack file for everybody to read: \`pulumi config set --secret ${argument}\` encrypts it`,
      );
    }
  }
}
