import { mebibytes, quantity } from "./quantity";

interface Shape {
  is: (value: unknown) => boolean;
  allowed: string;
}

const text = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);
const whole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const atLeast = (mib: number) => (value: unknown) => typeof value === "string" && mebibytes(value) >= mib;

/** What a component takes, where no schema of TypeScript's says so: programs in other languages are checked by nothing else. */
export const shapes = {
  name: {
    is: text(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/),
    allowed: "lower-case letters, digits and inner dashes, at most 52",
  },
  namespace: {
    is: text(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
    allowed: "lower-case letters, digits and inner dashes, at most 63",
  },
  replicas: { is: whole(1, 1000), allowed: "a whole number from 1 to 1000" },
  // Before any row, the commit log and files of Cassandra's own take some ten MiB; `10` would be ten bytes.
  volumeSize: { is: atLeast(100), allowed: "a Kubernetes quantity of at least 100Mi, such as 10Gi" },
  memory: { is: atLeast(512), allowed: "a Kubernetes quantity of at least 512Mi" },
  cpu: {
    is: (value: unknown) => typeof value === "string" && (quantity(value) ?? 0) > 0,
    allowed: "a Kubernetes quantity above zero, such as 500m",
  },
  maxHeapMiB: { is: whole(1, 2 ** 20), allowed: "a whole number of MiB" },
  numTokens: { is: whole(1, 1024), allowed: "a whole number from 1 to 1024" },
  stallTimeoutMinutes: {
    is: (value: unknown) => typeof value === "number" && value > 0,
    allowed: "a number of minutes above zero",
  },
  superuser: {
    is: text(/^(?!cassandra$)[a-z][a-z0-9_]{0,47}$/),
    allowed: "a lower-case letter, then lower-case letters, digits and underscores, at most 48; not cassandra",
  },
  volumeRetention: { is: text(/^(retain|delete)$/), allowed: "one of retain, delete" },
  auth: { is: text(/^(password|none)$/), allowed: "one of password, none" },
  clientCertificates: { is: text(/^(none|required)$/), allowed: "one of none, required" },
} satisfies Record<string, Shape>;

/** A line for each arg that is not as a component takes it; of those that are known only later, none. */
export function wrongArgs(args: object): string[] {
  return Object.entries(args).flatMap(([name, value]: [string, unknown]) => {
    const shape = (shapes as Record<string, Shape | undefined>)[name];
    const isPlain = ["string", "number", "boolean"].includes(typeof value);
    if (!shape || !isPlain || shape.is(value)) return [];
    return [`cassandra:${name}: "${String(value)}" is not allowed; allowed is ${shape.allowed}`];
  });
}
