const began = Date.now();

/** Says on standard error what is measured now, and how long it has taken so far. */
export function progress(line: string): void {
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stderr.write(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} ${line}\n`);
}
