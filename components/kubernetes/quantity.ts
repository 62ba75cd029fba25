/** Bytes, or cores, of one unit of each suffix that Kubernetes knows. */
const units: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity (`500m`, `1.5Gi`, `2e3`) stands for; undefined for any other text. */
export function quantity(text: string): number | undefined {
  // A quantity with an exponent has no unit.
  const [, number, exponent = "", unit = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([a-zA-Z]*))$/.exec(text) ?? [];
  const value = Number(number + exponent) * units[unit];
  return number === undefined || !(unit in units) || !Number.isFinite(value) ? undefined : value;
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
