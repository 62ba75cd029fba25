import { setTimeout as sleep } from "node:timers/promises";
import { propertyName } from "../engine/propertyNames";
import { apiErrorKind } from "../kubernetes/apiErrors";

/** Default minutes without progress after which a step is given up. */
export const defaultStallTimeoutMinutes = 15;

/** A command that takes long, in a pod. A pod runs one job of a name at a time, whoever started the job. */
export interface PodJob {
  /** Letters and dashes. The files of the job in `/tmp` have this name. */
  name: string;
  command: string[];
  /** Command that prints the progress: other output means progress. It may cost a JVM. @default none */
  progress?: string[];
}

/** Runs a command in a pod. @returns its standard output @throws {Error} if the command fails, or the pod cannot be reached */
export type RunInPod = (...command: string[]) => Promise<string>;

export interface JobWatch {
  /** Minutes without progress after which the watch is given up. The job goes on. */
  stallTimeoutMinutes: number;
  /** Called with the output of `progress`. */
  report?: (said: string) => Promise<void>;
  /** Milliseconds between two checks. Each tenth check reads the progress. @default 1000 */
  pause?: number;
}

/** State of a job: `gone` without a result if its container restarted meanwhile. */
export interface JobState {
  state: "running" | "done" | "failed" | "gone";
  /** The end of its output; while the job runs, its progress, if that was read. */
  said: string;
}

/** The job itself failed. */
export class JobError extends Error {}

/** The processes of the job hold the lock. `inspect` holds it for a moment as well, for which `start` waits. */
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
  if (!state) throw new Error(`a job shows no state:\n${said}`);
  return { state: state as JobState["state"], said: rest.trim() };
}

/** How often a job is started whose container ends meanwhile. */
const starts = 3;

/**
 * Starts a job in a pod and watches it, or watches the job of that name that already runs. The job survives a lost connection and a killed
 * `pulumi up`.
 * @returns the end of its output, up to 2000 characters
 * @throws {JobError} with the end of the output, if the job failed
 * @throws {Error} if the pod has not answered, or the job has made no progress, for too long
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
