/** What the suffixes that Kubernetes knows multiply by: a base and its power. */
const suffixes = new Map<string, readonly [base: 2 | 10, power: number]>([
  ["", [10, 0]],
  ["n", [10, -9]],
  ["u", [10, -6]],
  ["m", [10, -3]],
  ["k", [10, 3]],
  ["M", [10, 6]],
  ["G", [10, 9]],
  ["T", [10, 12]],
  ["P", [10, 15]],
  ["E", [10, 18]],
  ["Ki", [2, 10]],
  ["Mi", [2, 20]],
  ["Gi", [2, 30]],
  ["Ti", [2, 40]],
  ["Pi", [2, 50]],
  ["Ei", [2, 60]],
]);

/** A quantity as it is written: `1.5Gi` is number 1.5, base 2, power 30. */
function partsOf(text: string): { number: string; base: 2 | 10; power: number } | undefined {
  // A quantity with an exponent has no suffix.
  const [, number, exponent = "0", suffix = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([a-zA-Z]*))$/.exec(text) ?? [];
  const [base, power] = suffixes.get(suffix) ?? [];
  if (number === undefined || base === undefined) return undefined;
  return { number, base, power: power! + Number(exponent) };
}

/** The number that a Kubernetes quantity (`500m`, `1.5Gi`, `2e3`) stands for; undefined for any other text. */
export function quantity(text: string): number | undefined {
  const parts = partsOf(text);
  if (!parts) return undefined;
  const { number, base, power } = parts;
  // Not as a product: 700 * 1e-3 is not 0.7.
  const value = base === 10 ? Number(`${number}e${power}`) : Number(number) * 2 ** power;
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Bytes of a quantity, rounded up to whole ones, as Kubernetes rounds sizes of volumes; undefined for any other text. Kubernetes writes
 * `1.4Gi` as `1503238553600m`: both are as many bytes.
 */
export function wholeBytes(text: string): bigint | undefined {
  const parts = partsOf(text);
  if (!parts || quantity(text) === undefined) return undefined;
  const { number, base, power } = parts;
  const [whole, fraction = ""] = number.split(".");
  const digits = BigInt(whole + fraction) * (base === 2 ? 2n ** BigInt(power) : 1n);
  if (digits === 0n) return 0n;
  const shift = (base === 10 ? power : 0) - fraction.length;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  // More places than there are digits: less than one byte, however small.
  const divisor = 10n ** BigInt(Math.min(-shift, String(digits).length));
  const rest = digits % divisor;
  return digits / divisor + (rest > 0n ? 1n : 0n);
}

/** A quantity of bytes in MiB. */
export function mebibytes(text: string): number {
  return (quantity(text) ?? NaN) / 2 ** 20;
}

/** Units of bytes, each 1024 of the one before it. */
export const byteUnits = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in the largest unit that they fill. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${byteUnits[power]}`;
}
