import { setTimeout as sleep } from "node:timers/promises";
import { propertyName } from "../engine/propertyNames";
import { apiErrorKind } from "../kubernetes/apiClient";

/** Minutes without progress after which a step is given up, where nobody says otherwise. */
export const defaultStallTimeoutMinutes = 15;

/** A command that takes long, in a pod. One of a name runs at a time in a pod, whoever started it. */
export interface PodJob {
  /** Letters and dashes: its files in `/tmp` are named after it. */
  name: string;
  command: string[];
  /** Command that tells how far it is: a change of what it prints is progress. It may cost a JVM. @default none */
  progress?: string[];
}

/** Runs a command in a pod. @returns its standard output @throws {Error} when it fails, or the pod cannot be reached */
export type RunInPod = (...command: string[]) => Promise<string>;

export interface JobWatch {
  /** Minutes without progress after which it is given up. It goes on by itself. */
  stallTimeoutMinutes: number;
  /** Is given what `progress` prints. */
  report?: (said: string) => Promise<void>;
  /** Milliseconds between two looks, of which each tenth asks how far it is. @default 1000 */
  pause?: number;
}

/** How a job is: `gone` without a result where its container was started anew meanwhile. */
export interface JobState {
  state: "running" | "done" | "failed" | "gone";
  /** What it has printed at last; while it runs, how far it is, if that was asked. */
  said: string;
}

/** The job itself failed. */
export class JobError extends Error {}

/** Its lock is held for as long as it runs, by whatever it starts. A look holds it for a moment as well, which a start waits for. */
const start = `
files=\${TMPDIR:-/tmp}/$0
exec 9>"$files.lock"
flock -w 0.2 9 || exit 0
rm -f "$files.result"
setsid -f sh -c '"$@" >"$0.said" 2>&1; echo $? >"$0.result"' "$files" "$@" </dev/null >/dev/null 2>&1`;

const inspect = `
files=\${TMPDIR:-/tmp}/$0
flock -n "$files.lock" true || { echo running; "$@" || true; exit 0; }
case $(cat "$files.result" 2>/dev/null) in 0) echo done ;; "") echo gone ;; *) echo failed ;; esac
tail -c 2000 "$files.said" 2>/dev/null || true`;

export function parseJob(said: string): JobState {
  const [, state, rest] = /^(running|done|failed|gone)\n([^]*)$/.exec(said) ?? [];
  if (!state) throw new Error(`a job tells no state:\n${said}`);
  return { state: state as JobState["state"], said: rest.trim() };
}

/** How often one is started whose container ends meanwhile. */
const starts = 3;

/**
 * Has a pod do something long by itself, or goes on watching it: neither a connection that breaks off nor an engine that is
 * killed ends it.
 * @returns what it printed at last, up to 2000 characters
 * @throws {JobError} with that, when it failed
 * @throws {Error} when nothing has been heard of it, or it has made no progress, for too long
 */
export async function runJob(run: RunInPod, job: PodJob, watch: JobWatch): Promise<string> {
  const { name, command, progress } = job;
  const begin = () => run("sh", "-c", start, name, ...command);
  await begin();
  let [seen, since, started, why] = ["", Date.now(), 1, "it has made no progress"];
  for (let round = 1; ; round++) {
    await sleep(watch.pause ?? 1000);
    const asks = progress && round % 10 === 0 ? progress : undefined;
    const found = await run("sh", "-c", inspect, name, ...(asks ?? ["true"])).then(parseJob, (error: Error) => {
      if (apiErrorKind(error) === "forbidden") throw error;
      why = error.message;
      return undefined;
    });
    if (found?.state === "done") return found.said;
    if (found?.state === "failed") throw new JobError(found.said);
    if (found?.state === "gone") {
      if (started++ >= starts) throw new JobError(`its container ended ${starts} times before it was done`);
      await begin();
    } else if (found && asks && found.said !== seen) {
      [seen, since] = [found.said, Date.now()];
      await watch.report?.(found.said);
    }
    if (Date.now() - since > watch.stallTimeoutMinutes * 60_000) {
      throw new Error(`${why}, for ${watch.stallTimeoutMinutes} minutes (${propertyName("stallTimeoutMinutes")})`);
    }
  }
}
