import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { revisionAnnotation } from "./cassandraPod";
import { Cluster, ClusterChoice, isReady } from "./cluster";

export interface RollingUpdateArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** How many pods there are to be. */
  replicas: number;
  /** Revision that all of them are to have. */
  revision: pulumi.Input<string>;
  /** Name of a pod that the controller finds and adopts. @default none */
  adopted?: string;
  /** Whether a pod comes back under its name and to its disk, so that it has nothing to hand over. @default false */
  comesBack?: boolean;
  /** The cluster that they are in. @default that of the default provider */
  cluster?: ClusterChoice;
}

/** What can be seen of one pod. */
export interface PodView {
  name: string;
  revision?: string;
  ready: boolean;
  /** Whether it is being deleted: it hands its rows over, and then ends. */
  leaving: boolean;
  /** Whether its container ever ran. One that never did holds no row. */
  started: boolean;
}

/** What an update does next: replace a pod, wait for something, or nothing more. */
export type Step = { replace: string } | { waitFor: string; handOver?: boolean } | "done";

/** One data move at a time: a pod is replaced only while all others serve and none is on its way in or out. */
export function nextStep(
  pods: PodView[],
  { replicas, revision, comesBack = false }: { replicas: number; revision: string; comesBack?: boolean },
): Step {
  const staying = pods.filter(({ leaving }) => !leaving);
  const outdated = staying.filter((pod) => pod.revision !== revision);
  // A pod of a template that could not run would be waited for in vain, and it has nothing to hand over.
  const stuck = outdated.find(({ started }) => !started);
  if (stuck) return { replace: stuck.name };
  const [leaving] = pods.filter((pod) => pod.leaving);
  if (leaving && comesBack) return { waitFor: `${leaving.name} to end` };
  if (leaving) return { waitFor: `${leaving.name} to hand its rows over`, handOver: true };
  if (staying.length !== replicas) return { waitFor: `${replicas} pods; there are ${staying.length}` };
  const silent = staying.find(({ ready }) => !ready);
  if (silent) return { waitFor: `${silent.name} to ${comesBack ? "serve again" : "join the ring and serve"}` };
  return outdated.length > 0 ? { replace: outdated[0].name } : "done";
}

function viewOf(pod: V1Pod): PodView {
  const { metadata, status } = pod;
  const containers = status?.containerStatuses ?? [];
  return {
    name: metadata!.name!,
    revision: metadata!.annotations?.[revisionAnnotation],
    ready: isReady(pod),
    leaving: metadata!.deletionTimestamp !== undefined,
    started: containers.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated),
  };
}

/** Minutes for which a pod may take to join, before the update gives up. Handing over takes as long as there are rows. */
const patience = (replicas: number) => 10 + 5 * replicas;

/**
 * Replaces the pods of controllers that do not do it themselves, one by one, when their template has changed, and waits until
 * those that leave have handed their rows over. It is a resource of Pulumi's state alone: what it holds is what has come about,
 * so that an update that failed goes on where it stopped the next time.
 */
export class RollingUpdate extends pulumi.ComponentResource {
  constructor(name: string, args: RollingUpdateArgs, opts: pulumi.ComponentResourceOptions) {
    const { replicas, revision } = args;
    const isDryRun = pulumi.runtime.isDryRun();
    const update = new pulumi.ResourceHook(
      `${name}-rolling-update`,
      async ({ oldInputs, newInputs }) => {
        const was = oldInputs as { replicas: number; revision: string } | undefined;
        const wanted = newInputs as { replicas: number; revision: string; namespace: string };
        // The line of this resource itself cannot be written to before its update has ended.
        const tell = (line: string) => pulumi.log.info(line, opts.parent);
        const expected = outlook(args, was, wanted);
        if (isDryRun && expected) await tell(expected);
        if (!isDryRun) await roll(args, wanted, tell);
      },
      { onDryRun: true },
    );
    super(
      "cassandra:index:RollingUpdate",
      name,
      { replicas, revision, namespace: args.namespace },
      // Where there are pods before the controller, they may be of another revision.
      { ...opts, hooks: { beforeUpdate: [update], beforeCreate: args.adopted ? [update] : [] } },
    );
    this.registerOutputs({});
  }
}

/** What the update means for the rows, in a sentence for whoever reads the preview; empty where others tell it. */
function outlook(
  { name, adopted, comesBack }: RollingUpdateArgs,
  was: { replicas: number; revision: string } | undefined,
  wanted: { replicas: number; revision: string },
): string {
  if (!was) return `ring ${name}: pod ${adopted} stays, with its rows; Pulumi forgets it, and the controller adopts it`;
  const how = comesBack
    ? "its members restart one at a time, over all racks"
    : "its pods are replaced one by one, each handing its rows over to the others before it goes";
  const replaced = wanted.revision === was.revision ? [] : [how];
  // Members of sets come and go with these.
  const leaving = comesBack ? 0 : was.replicas - wanted.replicas;
  const scaled =
    leaving > 0
      ? [`replicas ${was.replicas} -> ${wanted.replicas}: ${leaving} of its pods hand their rows over and leave`]
      : leaving < 0
        ? [`replicas ${was.replicas} -> ${wanted.replicas}: new members stream their share, one at a time`]
        : [];
  const all = [...scaled, ...replaced];
  return all.length > 0 ? `ring ${name}: ${all.join("; ")}` : "";
}

async function roll(
  { name, selector, cluster, comesBack }: RollingUpdateArgs,
  wanted: { replicas: number; revision: string; namespace: string },
  tell: (line: string) => Promise<void>,
): Promise<void> {
  const { namespace, replicas } = wanted;
  const connection = await Cluster.connect(cluster);
  let said = "";
  let since = Date.now();
  for (let looks = 0; ; looks++) {
    const pods = await connection.pods(namespace, selector);
    const step = nextStep(
      pods.filter(({ status }) => !["Failed", "Succeeded"].includes(status?.phase ?? "")).map(viewOf),
      { ...wanted, comesBack },
    );
    if (step === "done") return;
    // A member that serves again is not seen by all others at once, and with three copies a QUORUM request fails where two of
    // them are not: for ten seconds, nobody goes.
    if ("waitFor" in step) looks = 0;
    else if (comesBack && looks < 5) {
      await sleep(2000);
      continue;
    }
    const line = "replace" in step ? `replacing ${step.replace}` : `waiting for ${step.waitFor}`;
    if (line !== said) {
      await tell(line);
      [said, since] = [line, Date.now()];
    }
    if ("replace" in step) await deletePod(connection.core, namespace, step.replace);
    else if (!step.handOver && Date.now() - since > patience(replicas) * 60_000) {
      throw new Error(
        `ring ${name}: for ${patience(replicas)} minutes ${line}; look at \`kubectl get pods -n ${namespace}\` and ` +
          "`kubectl logs`, mend what they name and run `pulumi up` again: it goes on where it stopped",
      );
    }
    await sleep(2000);
  }
}

async function deletePod(core: CoreV1Api, namespace: string, name: string): Promise<void> {
  const { ApiException } = await import("@kubernetes/client-node");
  try {
    await core.deleteNamespacedPod({ namespace, name });
  } catch (error) {
    // Whoever deleted it first did what was wanted.
    if (!(error instanceof ApiException && error.code === 404)) throw error;
  }
}
