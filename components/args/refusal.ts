/** Why a value is refused. Stack config and components say it in the same words. */
export interface Refusal {
  /** The circumstance in which the value is wrong, as `while memory is 2Gi`. @default the value is wrong in itself */
  circumstance?: string;
  /** What must hold, or what the value is: `must be a multiple of 3`, `unknown property of Cassandra 5.0`. */
  rule: string;
  /** The reason for the rule, or what was probably meant. Names of config keys stand in braces (`inWordsOf`). */
  reason?: string;
}

/**
 * A line about a wrong value: `replicas: invalid value "4" with the racks a, b, c: must be a multiple of 3`.
 * @param where the key or arg
 * @param value as messages show it, in quotes; undefined if every value of the key would be wrong
 */
export function refusalLine(where: string, value: string | undefined, { circumstance, rule, reason }: Refusal): string {
  const when = circumstance === undefined ? "" : ` ${circumstance}`;
  const subject = value === undefined ? where : `${where}: invalid value ${value}${when}`;
  return `${subject}: ${rule}${reason === undefined ? "" : `; ${reason}`}`;
}

/** The rule of a value that is none of those allowed. @param allowed as `a whole number from 1 to 1000` */
export const mustBe = (allowed: string) => `must be ${allowed}`;

/** A reason in the words of its reader: `nameOf` replaces the config keys that stand in braces. */
export function inWordsOf(nameOf: (key: string) => string, reason: string): string {
  return reason.replace(/\{(\w+)\}/g, (_, key: string) => nameOf(key));
}
