/** What `pulumi preview` and `pulumi up` say of the steps of a convergence. */
import { Streams } from "../cassandra/nodetool";
import { formatBytes } from "../kubernetes/quantity";
import { ConvergenceStep } from "./convergencePlan";
import { podNameOf, Survey } from "./ringSurvey";

/** The repair in a sentence, for the preview; empty if there is nothing to repair. */
export function describeStep(step: ConvergenceStep, { expected }: Survey): string {
  if (step === "converged") return "";
  const replicas = `though replicas is ${expected.length}`;
  if ("cancelDecommission" in step)
    return `${step.cancelDecommission} is leaving the ring, ${replicas}: \`pulumi up\` cancels the decommission`;
  if ("recreatePod" in step)
    return (
      `${step.recreatePod} is a member, ${replicas}, and has no pod: \`pulumi up\` recreates its pod, so that it can stream its data ` +
      "to the others"
    );
  if ("scale" in step) {
    const leaving = step.from > step.scale ? ", and the surplus members leave the ring" : "";
    return `the controllers ask for ${step.from} pods, ${replicas}: \`pulumi up\` scales them${leaving}`;
  }
  if ("replaceAtNewAddress" in step)
    return (
      `${podNameOf(step.replaceAtNewAddress)} waits, since the ring knows another member by its address: \`pulumi up\` deletes the pod, and ` +
      "the next pod gets another address"
    );
  if ("rejoin" in step) return `${step.rejoin.name} has left the ring, ${replicas}: \`pulumi up\` makes it join again`;
  if (step.updateRecord) return "";
  if (step.isInVain) return `the ring is not complete: ${step.advice}`;
  return `the ring is not complete: \`pulumi up\` waits for ${step.waitFor}${step.advice ? `; ${step.advice}` : ""}`;
}

/**
 * What stays in the output of `pulumi up` of a step that it takes; empty where the line of its progress says enough.
 * @param replicas members that the stack asks for
 */
export function announceStep(step: Exclude<ConvergenceStep, "converged">, replicas: number): string {
  if ("rejoin" in step) return `${step.rejoin.name} has left the ring, though replicas is ${replicas}: it joins again`;
  if ("recreatePod" in step)
    return `${step.recreatePod} is a member and has no pod: its pod is recreated, so that it can stream its data to the others`;
  return "";
}

/**
 * The line of `pulumi up` for a step.
 * @param share bytes of a member that joins, once they are known
 */
export function describeProgress(
  step: Exclude<ConvergenceStep, "converged">,
  share?: Pick<Streams, "received" | "toReceive">,
): string {
  if ("cancelDecommission" in step) return `cancelling the decommission of ${step.cancelDecommission}`;
  if ("recreatePod" in step) return `recreating ${step.recreatePod}, whose data must be streamed to the others`;
  if ("scale" in step) return `scaling the controllers from ${step.from} pods to ${step.scale}`;
  if ("replaceAtNewAddress" in step)
    return `deleting the pod of ${step.replaceAtNewAddress.name}, to get another address: the ring knows another member by this one`;
  if ("rejoin" in step) return `making ${step.rejoin.name} join again`;
  const line = `waiting for ${step.waitFor}`;
  return share ? `${line}: ${formatBytes(share.received)} of ${formatBytes(share.toReceive)} received` : line;
}
