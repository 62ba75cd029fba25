/** One line for each step of long work: what is being done, and how long it took. */

/** Milliseconds as a person reads them: `0.4 s`, `12.3 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Prints to standard error, so that `npm run -s lab -- env` keeps standard output for the shell. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Runs `work`, saying what it is before it starts and how long it took when it ends, well or badly. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  say(`  ${what} ...`);
  try {
    const result = await work();
    say(`  ${what}: ${duration(Date.now() - start)}`);
    return result;
  } catch (error) {
    say(`  ${what}: failed after ${duration(Date.now() - start)}`);
    throw error;
  }
}
