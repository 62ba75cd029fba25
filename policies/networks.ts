import { isIP } from "node:net";

/** Addresses from one to another, of one family. */
interface Range {
  family: 4 | 6;
  first: bigint;
  last: bigint;
}

/** Bits of an address, and how many of them a network must be told by at the least: one of fewer is the world, or adds up to it with a few others. */
const families = { 4: { bits: 32, least: 8 }, 6: { bits: 128, least: 16 } } as const;

/** So many addresses that a network of that size would be too wide. */
const tooMany = ({ bits, least }: (typeof families)[4 | 6]) => 1n << BigInt(bits - least + 1);

/**
 * Why networks let too much of the world in, as messages put it: one that is so wide, or all of them together. Undefined where they do
 * not. What cannot be read may be any network: some servers take `00.0.0.0/0` for all addresses.
 */
export function tooWide(networks: string[]): string | undefined {
  const unread = networks.filter((network) => rangeOf(network) === undefined);
  if (unread.length > 0)
    return `${unread.map((network) => `"${network}"`).join(" and ")} (no network as policies can read it)`;
  const ranges = networks.flatMap((network) => rangeOf(network) ?? []);
  for (const family of [4, 6] as const) {
    const own = ranges.filter((range) => range.family === family);
    const limit = tooMany(families[family]);
    const wide = networks.filter((network) => {
      const range = rangeOf(network);
      return range?.family === family && size(range) >= limit;
    });
    if (wide.length > 0) return wide.join(" and ");
    if (joined(own).reduce((sum, range) => sum + size(range), 0n) >= limit)
      return `${own.length} networks of IPv${family} that are as wide together as a /${families[family].least - 1}`;
  }
  return undefined;
}

const size = ({ first, last }: Range) => last - first + 1n;

/** The same addresses, each in one range alone. */
function joined(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = result.at(-1);
    if (!before || range.first > before.last) result.push({ ...range });
    else if (range.last > before.last) before.last = range.last;
  }
  return result;
}

function rangeOf(network: string): Range | undefined {
  const [address, given, ...rest] = String(network).trim().split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || (given !== undefined && !/^\d+$/.test(given))) return undefined;
  const number = version === 4 ? ofParts(address.split(".").map(Number), 8n) : ofParts(groups(address), 16n);
  const prefix = given === undefined ? families[version as 4 | 6].bits : Number(given);
  // Networks of IPv4 in the words of IPv6 are those of IPv4.
  if (version === 6 && number >> 32n === 0xffffn && prefix >= 96)
    return network4or6(4, number & 0xffffffffn, prefix - 96);
  return network4or6(version as 4 | 6, number, prefix);
}

function network4or6(family: 4 | 6, number: bigint, prefix: number): Range | undefined {
  const { bits } = families[family];
  if (prefix > bits) return undefined;
  const rest = BigInt(bits - prefix);
  const first = (number >> rest) << rest;
  return { family, first, last: first + (1n << rest) - 1n };
}

const ofParts = (parts: number[], bits: bigint) => parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);

/** The eight groups of an address of IPv6. */
function groups(address: string): number[] {
  const words = (text: string) =>
    text === ""
      ? []
      : text.split(":").flatMap((word) => {
          if (!word.includes(".")) return Number.parseInt(word, 16);
          const [a, b, c, d] = word.split(".").map(Number);
          return [(a << 8) | b, (c << 8) | d];
        });
  const [before, after] = address.split("::").map(words);
  if (after === undefined) return before;
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
