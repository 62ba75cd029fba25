/** Columns and times, as `kubectl get` prints them. */

/** @param header titles of the columns; none for a table without them */
export function table(header: string[], rows: string[][]): string {
  const all = [...(header.length > 0 ? [header.map((title) => title.toUpperCase())] : []), ...rows];
  const widths = all.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

/** The time since then, in the unit that fits: `45s`, `12m`, `5h`, `3d`. */
export function describeAge(since: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
