const milliseconds: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const bytes: Record<string, number> = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 };

/** Cassandra reads whole numbers with one of its own units, and does not start on `0.1h`, `1e9`, `1 h` and `1H`. */
function amount(value: unknown, units: Record<string, number>): number {
  const [, number, unit] = /^(\d+)([A-Za-z]+)$/.exec(`${value as string}`) ?? [];
  return Object.keys(units).includes(unit) ? Number(number) * units[unit] : NaN;
}

/** Milliseconds of a duration as Cassandra 4.1 and later write it, `3h`; NaN for what is none, and so above and below no limit. */
export const durationOf = (value: unknown) => amount(value, milliseconds);

/** Bytes of a size as Cassandra 4.1 and later write it, `1GiB`; NaN for what is none. */
export const sizeOf = (value: unknown) => amount(value, bytes);

/** A whole number, which is how Cassandra 4.0 writes durations and sizes whose unit the key names; NaN for what is none. */
export const wholeOf = (value: unknown) => (/^\d+$/.test(`${value as string}`) ? Number(value) : NaN);
