import { setTimeout as sleep } from "node:timers/promises";
import { scriptsFolder } from "../objects/podVolumes";
import { retryWhileUnavailable } from "../kubernetes/apiClient";
import { apiErrorKind } from "../kubernetes/apiErrors";
import { formatBytes } from "../kubernetes/quantity";
import { parseStreams, Streams } from "../cassandra/nodetool";
import { TimeLeft } from "../engine/progress";
import { ProgressReporter } from "../engine/progressReporter";
import { propertyName } from "../engine/propertyNames";

/** The state of a member that is to be decommissioned. */
export interface LeavingState {
  /** Whether decommission.sh, or the script in its place, runs in the pod. */
  busy: boolean;
  /** Why the last attempt failed, as the pod says; empty if none failed. */
  failure: string;
  /** What `nodetool netstats` says; undefined while Cassandra does not answer. */
  streams?: Streams;
}

/** What follows from the state: wait, `start` the script in the pod, since it does not run, or why an attempt has failed. */
export type LeavingStep = { waitFor: string } | { start: true } | { failed: string };

/** Cassandra's own state decides: the exit code of `nodetool decommission` says nothing. */
export function nextLeavingStep({ busy, failure, streams }: LeavingState): LeavingStep {
  const mode = streams?.mode;
  switch (mode) {
    case "LEAVING":
      // Cassandra 3.11 still says LEAVING after a decommission has failed.
      if (!busy) return failure ? { failed: failure } : { start: true };
      return { waitFor: streams!.total === 0 ? "waiting until all members know that it leaves" : sentOf(streams!) };
    case "DECOMMISSIONED":
      return busy ? { waitFor: "it has left; its pod updates the ring record" } : { start: true };
    case "NORMAL":
      if (busy) return { waitFor: "getting ready" };
      return failure ? { failed: failure } : { start: true };
    case "DECOMMISSION_FAILED":
      if (busy) return { waitFor: "trying again after a failure" };
      return { failed: failure || "Cassandra says DECOMMISSION_FAILED; its log says why" };
    default:
      return { waitFor: mode ? `Cassandra says ${mode}` : "waiting for Cassandra to answer" };
  }
}

const sentOf = ({ sent, total }: Streams) => `${formatBytes(sent)} of ${formatBytes(total)} sent`;

/** Bytes a second that a member streams at the least. Cassandra's own limit is 24 MiB for each member. */
export const slowestStreamBytesPerSecond = 10 * 2 ** 20;

/**
 * Minutes without progress after which a stream has stalled. Cassandra counts a file that it streams as a whole once the file is
 * complete. At Cassandra's own limit, a file of 100 GiB takes an hour.
 */
export function stallLimitMinutes(stallTimeoutMinutes: number, remaining = 0): number {
  return Math.max(stallTimeoutMinutes, remaining / slowestStreamBytesPerSecond / 60);
}

export function parseLeaving(said: string): LeavingState {
  const [, first, failure = ""] = /^(busy|idle)\n([^]*?)(?=^Mode: |(?![^]))/m.exec(said) ?? [];
  if (!first) throw new Error(`a member that is to leave shows no state:\n${said}`);
  const streams = /^Mode: /m.test(said) ? parseStreams(said) : undefined;
  return { busy: first === "busy", failure: failure.trim(), ...(streams && { streams }) };
}

/** What a decommission needs of the member's pod, and of the ring record. */
export interface LeavingMember {
  namespace: string;
  pod: string;
  /** Runs a command in its pod. */
  run: (...command: string[]) => Promise<string>;
  /** Whether the ring record says that the member has left. */
  hasLeft: () => Promise<boolean>;
  /** Writes into the ring record what the pod does not write itself. */
  recordTutorialPods: () => Promise<void>;
}

/** Attempts before `pulumi up` gives a decommission up. Each goes on from what the one before has streamed. */
const attempts = 3;

/**
 * Decommissions a member, or watches a decommission that is already in progress. The pod does the work: it goes on even if `pulumi up`
 * is killed.
 * @throws {Error} if the decommission failed, or has stalled; the member is then still a member
 */
export async function decommission(
  { namespace, pod, run, hasLeft, recordTutorialPods }: LeavingMember,
  { report, stallTimeoutMinutes }: { report: ProgressReporter; stallTimeoutMinutes: number },
): Promise<void> {
  let [seen, since, failures] = ["", Date.now(), 0];
  const timeLeft = new TimeLeft();
  const start = () => run("sh", "-c", startDecommission, plainDecommission);
  await start();
  for (let second = 0; ; second++, await sleep(1000)) {
    if (await retryWhileUnavailable(hasLeft)) {
      await report(`${pod} has left the ring: the other members hold its data`, true);
      return;
    }
    // To read the progress costs a JVM beside the one that streams. To read whether the member has left costs nothing.
    if (second % 5 !== 2) continue;
    let why = "";
    const state = await run("sh", "-c", leavingStateScript).then(parseLeaving, (error: Error) => {
      if (apiErrorKind(error) === "forbidden") throw error;
      // The container may be restarting.
      why = ` (${error.message})`;
      return undefined;
    });
    const step = state ? nextLeavingStep(state) : { waitFor: "waiting for its container" };
    if (state?.streams?.mode === "DECOMMISSIONED") await recordTutorialPods();
    if ("failed" in step && ++failures >= attempts) {
      throw new Error(
        `${pod} could not leave the ring: ${step.failed}\nAfter ${attempts} attempts it is still a member. The data that it has streamed ` +
          "is kept. The next `pulumi up` tries again; to keep the member, set `replicas` back",
      );
    }
    if ("failed" in step) await report(`${pod} failed to leave, and tries again: ${step.failed}`, true);
    if ("failed" in step || "start" in step) await start();
    else {
      const { sent, total } = state?.streams ?? { sent: 0, total: 0 };
      await report(`${pod} leaves the ring: ${step.waitFor}${timeLeft.describe(sent, total)}`);
    }
    const now = JSON.stringify([state?.streams, failures]);
    if (now !== seen) [seen, since] = [now, Date.now()];
    const remaining = state?.streams ? state.streams.total - state.streams.sent : 0;
    const minutes = stallLimitMinutes(stallTimeoutMinutes, remaining);
    if (Date.now() - since > minutes * 60_000) {
      const what = "waitFor" in step ? step.waitFor : "though its decommission was started again";
      throw new Error(
        `${pod} has streamed nothing for ${Math.round(minutes)} minutes (${propertyName("stallTimeoutMinutes")}), ${what}${why}; look at ` +
          `\`kubectl logs -n ${namespace} ${pod}\`. The decommission goes on by itself, and the next \`pulumi up\` watches it again`,
      );
    }
  }
}

/** decommission.sh holds the lock for as long as it runs. */
export const leavingStateScript = `
run=\${TMPDIR:-/tmp}/decommission
flock -n "$run.lock" echo idle || echo busy
cat "$run.failed" 2>/dev/null
nodetool netstats 2>/dev/null || true`;

/**
 * Script for pods of the tutorials' template, which have no decommission.sh. Cassandra skips ranges that an earlier attempt has sent,
 * however long ago, and rows written since would be lost. So a new decommission first deletes the list of these ranges. The older table
 * goes first: Cassandra copies that table into the newer one at a start that finds the newer one empty. Then the script repeats
 * `nodetool decommission` while Cassandra says LEAVING: Cassandra 3.11 still says so after a failure, and the command does nothing
 * while the member leaves. The oldest images do not know --force, and do not need it.
 */
export const plainDecommission = `
run=\${TMPDIR:-/tmp}/decommission
exec 9>"$run.lock"
flock -n 9 || exit 0
rm -f "$run.failed"
mode() { nodetool netstats 2>/dev/null | sed -n "s/^Mode: //p"; }
fail() { echo "$1" >"$run.failed"; exit 1; }
forget() {
  stats=$(nodetool tablestats "system.$1" 2>/dev/null) || return 0
  echo "$stats" | grep -q "SSTable count:" || return 0
  if echo "$stats" | grep -q "SSTable count: 0$" && echo "$stats" | grep -q "Memtable cell count: 0$"; then return 0; fi
  rows=$(cqlsh -e "SELECT DISTINCT operation, keyspace_name FROM system.$1" 2>&1) ||
    fail "the ranges that an earlier decommission has sent could not be read: $rows"
  names=$(echo "$rows" | sed -n "s/^ *Unbootstrap *| *\\([^ ]*\\) *$/'\\1'/p" | paste -sd, -)
  [ -z "$names" ] && return 0
  said=$(cqlsh -e "DELETE FROM system.$1 WHERE operation = 'Unbootstrap' AND keyspace_name IN ($names)" 2>&1) ||
    fail "the ranges that an earlier decommission has sent could not be deleted: $said"
}
if [ "$(mode)" = NORMAL ]; then
  for table in transferred_ranges transferred_ranges_v2; do forget $table; done
fi
force=--force
nodetool help decommission | grep -q -e --force || force=
failures=0
while said=$(nodetool decommission $force 2>&1); [ "$(mode)" = LEAVING ]; do
  case $said in *"still decommissioning"*) ;; *) failures=$((failures + 1)) ;; esac
  [ $failures -lt 5 ] || break
  sleep "\${RING_PAUSE:-5}"
done
[ "$(mode)" = DECOMMISSIONED ] || fail "$said"`;

/** Does nothing while a decommission runs. Deletes the failure of an earlier one. */
const startDecommission = `
run=\${TMPDIR:-/tmp}/decommission
flock -n "$run.lock" rm -f "$run.failed" || true
[ ! -x ${scriptsFolder}/decommission.sh ] || exec setsid -f ${scriptsFolder}/decommission.sh
exec setsid -f sh -c "$0" </dev/null >/dev/null 2>&1`;
