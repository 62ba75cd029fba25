import { setTimeout as sleep } from "node:timers/promises";
import { scriptsFolder } from "../objects/podVolumes";
import { apiErrorKind, retryWhileUnavailable } from "../kubernetes/apiClient";
import { parseStreams, Streams } from "../cassandra/nodetool";
import { ProgressReporter } from "../engine/progressReporter";
import { propertyName } from "../engine/propertyNames";
import { size } from "./decommissionPlan";

/** What can be seen of a member that is to leave. */
export interface LeavingState {
  /** Whether decommission.sh, or what stands in for it, runs in its pod. */
  busy: boolean;
  /** Why the last attempt failed, as the pod tells; empty when none did. */
  failure: string;
  /** What `nodetool netstats` tells; undefined while Cassandra does not answer. */
  streams?: Streams;
}

/** What follows from a look: `start` what runs in the pod, since nothing does; or one attempt has failed, and why. */
export type LeavingStep = { waitFor: string } | { start: true } | { failed: string };

/** Cassandra's own word for its state decides, and no exit code: that of `nodetool decommission` says nothing. */
export function nextLeavingStep({ busy, failure, streams }: LeavingState): LeavingStep {
  const mode = streams?.mode;
  switch (mode) {
    case "LEAVING":
      // A failed one that goes on being LEAVING is one of Cassandra 3.11, which has no other word for it.
      if (!busy) return failure ? { failed: failure } : { start: true };
      return { waitFor: streams!.total === 0 ? "waiting for all members to know" : sentOf(streams!) };
    case "DECOMMISSIONED":
      return busy ? { waitFor: "it has left; that is being noted" } : { start: true };
    case "NORMAL":
      if (busy) return { waitFor: "getting ready" };
      return failure ? { failed: failure } : { start: true };
    case "DECOMMISSION_FAILED":
      if (busy) return { waitFor: "going on after a failure" };
      return { failed: failure || "Cassandra says DECOMMISSION_FAILED; its log tells why" };
    default:
      return { waitFor: mode ? `Cassandra says ${mode}` : "waiting for Cassandra to answer" };
  }
}

const sentOf = ({ sent, total }: Streams) => `${size(sent)} of ${size(total)} sent`;

/** Bytes a second at which rows move at the least. Cassandra's own limit is 24 MiB for each member. */
export const slowestStreamBytesPerSecond = 10 * 2 ** 20;

/**
 * Minutes for which no byte need have moved. A file that goes as a whole is counted once all of it has gone, which takes an
 * hour for one of 100 GiB at Cassandra's own limit.
 */
export function stallLimitMinutes(stallTimeoutMinutes: number, remaining = 0): number {
  return Math.max(stallTimeoutMinutes, remaining / slowestStreamBytesPerSecond / 60);
}

export function parseLeaving(said: string): LeavingState {
  const [, first, failure = ""] = /^(busy|idle)\n([^]*?)(?=^Mode: |(?![^]))/m.exec(said) ?? [];
  if (!first) throw new Error(`a member that is to leave tells no state:\n${said}`);
  const streams = /^Mode: /m.test(said) ? parseStreams(said) : undefined;
  return { busy: first === "busy", failure: failure.trim(), ...(streams && { streams }) };
}

/** What is asked of the pod of a member that leaves, and of the record. */
export interface LeavingMember {
  namespace: string;
  pod: string;
  /** Runs a command in its pod. */
  run: (...command: string[]) => Promise<string>;
  /** Whether the record has it as one that has left. */
  hasLeft: () => Promise<boolean>;
  /** Puts on record what its pod does not write itself. */
  recordTutorialPods: () => Promise<void>;
}

/** How often one is started that fails. It goes on from what the one before has moved. */
const attempts = 3;

/**
 * Has a member move its rows to the others and leave the ring, or goes on watching it when it does so already. The pod does
 * it by itself: whoever called it may be killed.
 * @throws {Error} when it failed, or nothing has moved for too long; the member is then a member still
 */
export async function decommission(
  { namespace, pod, run, hasLeft, recordTutorialPods }: LeavingMember,
  { report, stallTimeoutMinutes }: { report: ProgressReporter; stallTimeoutMinutes: number },
): Promise<void> {
  let [seen, since, failures] = ["", Date.now(), 0];
  const start = () => run("sh", "-c", startDecommission, plainDecommission);
  await start();
  for (let second = 0; ; second++, await sleep(1000)) {
    if (await retryWhileUnavailable(hasLeft)) {
      await report(`${pod} has left the ring: the others hold its rows`, true);
      return;
    }
    // To ask how far it is costs a JVM beside those that move the rows; to ask whether it has ended costs nothing.
    if (second % 5 !== 2) continue;
    let why = "";
    const state = await run("sh", "-c", leavingStateScript).then(parseLeaving, (error: Error) => {
      if (apiErrorKind(error) === "forbidden") throw error;
      // Its container may be starting anew.
      why = ` (${error.message})`;
      return undefined;
    });
    const step = state ? nextLeavingStep(state) : { waitFor: "waiting for its container" };
    if (state?.streams?.mode === "DECOMMISSIONED") await recordTutorialPods();
    if ("failed" in step && ++failures >= attempts) {
      throw new Error(
        `${pod} could not leave the ring: ${step.failed}\nIt was tried ${attempts} times. It is a member still, and what it has moved ` +
          "is kept: the next `pulumi up` tries again, or has it stay where `replicas` is what it was",
      );
    }
    if ("failed" in step) await report(`${pod} failed to leave, and tries again: ${step.failed}`, true);
    if ("failed" in step || "start" in step) await start();
    else await report(`${pod} leaves the ring: ${step.waitFor}`);
    const now = JSON.stringify([state?.streams, failures]);
    if (now !== seen) [seen, since] = [now, Date.now()];
    const remaining = state?.streams ? state.streams.total - state.streams.sent : 0;
    const minutes = stallLimitMinutes(stallTimeoutMinutes, remaining);
    if (Date.now() - since > minutes * 60_000) {
      const what = "waitFor" in step ? step.waitFor : "being started again and again";
      throw new Error(
        `${pod} has moved nothing for ${Math.round(minutes)} minutes (${propertyName("stallTimeoutMinutes")}), ${what}${why}; look at ` +
          `\`kubectl logs -n ${namespace} ${pod}\`. It goes on by itself, and the next \`pulumi up\` goes on from where it is`,
      );
    }
  }
}

/** Its lock is held for as long as decommission.sh runs. */
export const leavingStateScript = `
run=\${TMPDIR:-/tmp}/decommission
flock -n "$run.lock" echo idle || echo busy
cat "$run.failed" 2>/dev/null
nodetool netstats 2>/dev/null || true`;

/**
 * What a pod of the tutorials' template does in place of decommission.sh. Ranges that an earlier attempt has sent Cassandra skips,
 * whenever that was: rows that came since would be lost, and so they are forgotten where a new one begins. The older table goes first,
 * which Cassandra copies into the newer one at a start that finds that empty. Then it is told to leave
 * for as long as it is LEAVING, which is what Cassandra 3.11 goes on to say after a failure, and which does nothing while it leaves.
 * The oldest images know no --force, nor need it.
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
    fail "what an earlier decommission has sent could not be checked: $rows"
  names=$(echo "$rows" | sed -n "s/^ *Unbootstrap *| *\\([^ ]*\\) *$/'\\1'/p" | paste -sd, -)
  [ -z "$names" ] && return 0
  said=$(cqlsh -e "DELETE FROM system.$1 WHERE operation = 'Unbootstrap' AND keyspace_name IN ($names)" 2>&1) ||
    fail "what an earlier decommission has sent could not be forgotten: $said"
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

/** Nothing happens where one runs. Why an earlier one failed is no news. */
const startDecommission = `
run=\${TMPDIR:-/tmp}/decommission
flock -n "$run.lock" rm -f "$run.failed" || true
[ ! -x ${scriptsFolder}/decommission.sh ] || exec setsid -f ${scriptsFolder}/decommission.sh
exec setsid -f sh -c "$0" </dev/null >/dev/null 2>&1`;
