import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { changesBetween, written } from "./kubernetes/diff";
import { ChangeSubject, CheckSubject, Diff, Provider, serveProvider, Subject } from "./providerServer";
import { tell } from "./rpc";
import { plain, secret, Value, Values } from "./values";

const lower = "abcdefghijklmnopqrstuvwxyz";
const special = "!@#$%&*()-_=+[]{}<>:?";

const pick = (from: string, count: number): string[] =>
  Array.from({ length: count }, () => from[randomInt(from.length)]);

interface StringInputs {
  length: number;
  lower?: boolean;
  upper?: boolean;
  numeric?: boolean;
  number?: boolean;
  special?: boolean;
  overrideSpecial?: string;
  minLower?: number;
  minUpper?: number;
  minNumeric?: number;
  minSpecial?: number;
}

/** A text of exactly `length` characters, with at least the wanted number of each class, in random order. */
export function randomString(inputs: StringInputs): string {
  const classes: [string, boolean, number][] = [
    [lower, inputs.lower ?? true, inputs.minLower ?? 0],
    [lower.toUpperCase(), inputs.upper ?? true, inputs.minUpper ?? 0],
    ["0123456789", inputs.numeric ?? inputs.number ?? true, inputs.minNumeric ?? 0],
    [inputs.overrideSpecial || special, inputs.special ?? true, inputs.minSpecial ?? 0],
  ];
  const characters = classes.flatMap(([from, , count]) => pick(from, count));
  const all = classes.map(([from, isUsed]) => (isUsed ? from : "")).join("");
  if (!all) throw new Error("lower, upper, numeric and special are all false: no character is left to choose from");
  if (characters.length > inputs.length) throw new Error(`length ${inputs.length} is less than the sum of the minima`);
  characters.push(...pick(all, inputs.length - characters.length));
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other], characters[last]];
  }
  return characters.join("");
}

function randomId({ byteLength, prefix = "" }: { byteLength: number; prefix?: string }): { id: string; out: Values } {
  const bytes = randomBytes(byteLength);
  const hex = bytes.toString("hex");
  const out = {
    b64Std: prefix + bytes.toString("base64"),
    b64Url: prefix + bytes.toString("base64url"),
    dec: prefix + BigInt(`0x${hex}`).toString(),
    hex: prefix + hex,
  };
  return { id: bytes.toString("base64url"), out };
}

type Made = { id: string; out: Values };

/** What each kind makes of its plain inputs; `result` holds the value for most. */
const makers: Record<string, (inputs: never) => Made> = {
  RandomPassword: (inputs: StringInputs) => ({ id: "none", out: { result: secret(randomString(inputs)) } }),
  RandomString: (inputs: StringInputs) => {
    const result = randomString(inputs);
    return { id: result, out: { result } };
  },
  RandomId: randomId,
  RandomUuid: () => {
    const result = randomUUID();
    return { id: result, out: { result } };
  },
  RandomInteger: ({ min, max }: { min: number; max: number }) => {
    const result = randomInt(min, max + 1);
    return { id: String(result), out: { result } };
  },
};

/** A stand-in for the official `random` plugin. Values are made once and kept in the state: nothing else exists. */
class Random implements Provider {
  readonly version = (createRequire(__filename)("@pulumi/random/package.json") as { version: string }).version;

  configure(): Promise<void> {
    tell(`a stand-in for the official random plugin ${this.version} is in use`);
    return Promise.resolve();
  }

  check({ type, inputs }: CheckSubject): Promise<Values> {
    if (makers[type.split(":")[2]]) return Promise.resolve(inputs);
    const known = Object.keys(makers).join(", ");
    return Promise.reject(new Error(`${type}: this stand-in for the official plugin makes only ${known}`));
  }

  diff({ oldInputs, inputs }: ChangeSubject): Diff {
    const changes = changesBetween(plain(oldInputs), plain(inputs));
    const entries = changes.map(({ path, kind }) => [written(path), { kind, replaces: true }] as const);
    return { changes: new Map(entries), deleteBeforeReplace: false };
  }

  create({ type, inputs, preview }: ChangeSubject): Promise<Made & { state: Values }> {
    if (preview) return Promise.resolve({ id: "", out: {}, state: inputs });
    const { id, out } = makers[type.split(":")[2]](plain(inputs) as Value as never);
    return Promise.resolve({ id, out, state: { ...inputs, ...out } });
  }

  read({ id, oldInputs, oldState }: Subject): Promise<{ id: string; inputs: Values; state: Values }> {
    return Promise.resolve({ id, inputs: oldInputs, state: oldState });
  }

  update({ inputs, oldState }: ChangeSubject): Promise<Values> {
    return Promise.resolve({ ...oldState, ...inputs });
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }
}

export const main = (): void => serveProvider(new Random());
