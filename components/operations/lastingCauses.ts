import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** Starts of a container after which a program that is not found counts as one that is not in the image. */
const failedStarts = 2;

/** How container runtimes say that an image lacks the program that a container is to run, or has it for other processors. */
const lacksProgram =
  /exec: "[^"]*": .*(no such file or directory|executable file not found|permission denied)|executable file \S+ not found|exec format error/i;

/** Containers whose image has a config key. */
const ownContainers = /^(cassandra|cockroachdb)$/;

/**
 * Why a pod can never run as it is, in a sentence with what to do. Waiting does not help: only another template makes another pod.
 * Anything that may pass while somebody waits is no such cause, as an image that is yet to be pushed.
 * @returns undefined if there is no such cause
 */
export function lastingCauseOf({ metadata, status }: V1Pod): string | undefined {
  if (metadata?.deletionTimestamp !== undefined) return undefined;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of containers) {
    const found = causeIn(container);
    if (found) return `${metadata?.name} can never run as it is: container ${container.name}: ${found}`;
  }
  return undefined;
}

function causeIn({ name, state, lastState, restartCount }: V1ContainerStatus): string | undefined {
  const said = [state?.waiting, state?.terminated, lastState?.terminated].flatMap((one) => one ?? []);
  const firstLine = (message = "") => message.split("\n")[0];
  const key = ownContainers.test(name)
    ? "`image`"
    : "the container's image (`podTemplatePatch`, or what adds the container)";
  const unnamed = said.find(({ reason }) => reason === "InvalidImageName");
  if (unnamed) return `InvalidImageName: ${firstLine(unnamed.message)}; set ${key} to a name that Kubernetes can parse`;
  const lacking = restartCount >= failedStarts && said.find(({ message }) => lacksProgram.test(message ?? ""));
  if (!lacking) return undefined;
  return `${lacking.reason}: ${firstLine(lacking.message)}; set ${key} to one that has the program, for the processors of the nodes`;
}
