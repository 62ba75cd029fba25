/** Milliseconds for which work is observed before its rate says anything. */
const observedMilliseconds = 10_000;

/**
 * How long work still takes at its rate so far. The first answer only notes where the work stands.
 * @param now milliseconds since the epoch @default the system's clock
 */
export class TimeLeft {
  private first?: { of: string; done: number; at: number };

  constructor(private readonly now: () => number = Date.now) {}

  /**
   * @param done what has been done, in any unit
   * @param total what there is to do, in the same unit
   * @param of whose work it is: the rate begins anew with that of another @default always the same
   * @returns `, about 3 min left`; empty while that is not known
   */
  describe(done: number, total: number, of = ""): string {
    if (this.first?.of !== of) this.first = { of, done, at: this.now() };
    const [moved, elapsed] = [done - this.first.done, this.now() - this.first.at];
    if (elapsed < observedMilliseconds || moved <= 0 || done >= total) return "";
    return `, about ${formatSeconds((elapsed / 1000) * ((total - done) / moved))} left`;
  }
}

/** Seconds in the unit that fits, no more exact than a rate is. */
function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds / 10)) * 10} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** How many of several have been done, to end a line: ` (2 of 5 restarted)`; empty if there is one. */
export const countOf = (done: number, all: number, what = ""): string =>
  all > 1 ? ` (${done} of ${all}${what && ` ${what}`})` : "";
