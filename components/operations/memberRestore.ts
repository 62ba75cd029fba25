import { setTimeout as sleep } from "node:timers/promises";
import type { RingClient } from "../cassandra/ringClient";
import { ProgressReporter } from "../engine/progressReporter";
import { retryWhileUnavailable } from "../kubernetes/apiClient";
import { apiErrorKind, errorMessage } from "../kubernetes/apiErrors";
import { nextConvergenceStep } from "./convergencePlan";
import { ObservedPod, podAtForeignAddress, Survey } from "./ringSurvey";

/**
 * Restores members that have left or are leaving, though the stack asks for them. It runs before an update that waits until all pods
 * serve: such a pod would never serve.
 * @param replicas members that the stack asks for
 */
export async function restoreMembers(
  client: Pick<RingClient, "survey" | "cancelDecommission" | "rejoin" | "replaceAtNewAddress">,
  replicas: number,
  report: ProgressReporter,
  pause = 3000,
): Promise<void> {
  let [waits, known] = [-1, 0];
  const moved: string[] = [];
  for (;;) {
    const seen = await retryWhileUnavailable(() => client.survey(replicas)).catch(async (error: Error) => {
      // The check at the end of the update reports what is missing. The account may not run commands in pods, or no member answers: this
      // update may be the repair.
      if (["absent", "conflict", "silent"].includes(apiErrorKind(error))) throw error;
      if (apiErrorKind(error) !== "forbidden")
        await report(`the members of the ring could not be listed: ${errorMessage(error)}`);
    });
    // A surplus member as well: it must serve before it can be decommissioned.
    const misplaced = seen && podAtForeignAddress(seen, seen.pods);
    if (misplaced) {
      await replaceAtNewAddress(client, misplaced, report);
      moved.push(misplaced.name);
    }
    const expected = seen ? [...new Set([...membersToKeep(seen), ...moved])] : [];
    const pods = seen?.pods.filter(({ name }) => expected.includes(name)) ?? [];
    const step = seen && nextConvergenceStep({ ...seen, asked: expected.length, expected, pods });
    if (step && typeof step === "object" && "cancelDecommission" in step) {
      await report(
        `${step.cancelDecommission} is leaving the ring, though it is to be a member: its decommission is cancelled`,
        true,
      );
      await client.cancelDecommission(step.cancelDecommission);
    } else if (step && typeof step === "object" && "rejoin" in step) {
      await report(`${step.rejoin.name} has left the ring, though it is to be a member: it joins again`, true);
      await client.rejoin(step.rejoin);
    } else if (misplaced) {
      waits = 0;
    } else if (
      waits < 0 ||
      waits++ > mostWaits ||
      (pods.length >= known && pods.every(({ ready, ending }) => ready && !ending))
    ) {
      return;
    } else {
      // No other member may leave before: for a while there could be fewer members than the replication factor.
      await report("waiting for the restored members to serve");
    }
    if (step && typeof step === "object" && ("cancelDecommission" in step || "rejoin" in step)) waits = 0;
    // After a pod was deleted, the next one takes a moment to appear.
    known = Math.max(known, pods.length);
    await sleep(pause);
  }
}

/** Deletes a pod by whose address the ring knows another member, so that the next pod gets another address. */
export async function replaceAtNewAddress(
  client: Pick<RingClient, "replaceAtNewAddress">,
  pod: ObservedPod,
  report: ProgressReporter,
): Promise<void> {
  await report(
    `the ring knows another member by the address of ${pod.name}: the pod is deleted, and the next pod gets another address`,
    true,
  );
  await client.replaceAtNewAddress(pod);
}

/**
 * Pods whose members are restored first. Surplus members are decommissioned afterwards. Which pods without ordinal are surplus is not
 * known yet.
 */
export function membersToKeep({
  expected,
  pods,
  lostMember,
}: Pick<Survey, "expected" | "pods" | "lostMember">): string[] {
  return lostMember ? pods.filter(({ ending }) => !ending).map(({ name }) => name) : expected;
}

/** Surveys within which restored members must serve: fifteen minutes. The check at the end of the update reports what is missing then. */
const mostWaits = 300;
