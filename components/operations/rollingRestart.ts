import type { CoreV1Api } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { OwedStep } from "../engine/owedStep";
import { countOf, TimeLeft } from "../engine/progress";
import { withAnswerTimeout, KubernetesClient, retryWhileUnavailable } from "../kubernetes/apiClient";
import { undefinedWhenNotFound, apiErrorKind } from "../kubernetes/apiErrors";
import { hasEnded } from "../kubernetes/podState";
import { KubeContext } from "../kubernetes/kubeconfig";
import { ringOrdinalOf } from "../objects/racks";
import { nextStep, viewOf } from "./rollingRestartPlan";
import { RecordEntries, topologyChangeIn, membersAwaitingRepair } from "../cassandra/record";

export interface RollingRestartArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Number of pods that the stack asks for. */
  replicas: number;
  /** Revision that all pods are to have. */
  revision: pulumi.Input<string>;
  /** Name of a pod that the controller finds and adopts. @default none */
  adopted?: string;
  /** StatefulSets of the pods, which come back under their names to their disks. @default pods stream their data to the others */
  sets?: string[];
  /** Minutes for which a pod may not serve before the update gives up, if that is more than pods need. @default what pods need */
  stallTimeoutMinutes?: number;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

/** Minutes for which a pod may take to join, before the update gives up. A decommission takes as long as there is data to stream. */
const joinTimeoutMinutes = (replicas: number) => 10 + 5 * replicas;

interface Goal {
  replicas: number;
  revision: string;
  namespace: string;
}

interface Plan {
  was?: Goal;
  wanted: Goal;
}

/**
 * Restarts or replaces the pods of controllers that do not do it themselves, one by one, when their template has changed, and waits
 * until members that leave have streamed their data to the others. The state remembers the revision that all pods have.
 */
export class RollingRestart extends OwedStep<Goal, Plan> {
  private readonly report: (line: string) => Promise<void>;

  constructor(
    name: string,
    private readonly args: RollingRestartArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { replicas, revision, namespace, adopted, sets } = args;
    super(
      "cassandra:index:RollingUpdate",
      name,
      {
        hook: `${name}-rolling-update`,
        goal: { replicas, revision, namespace },
        // Pods that are older than this resource may have another revision: adopted pods, and pods that an earlier version of this program
        // has made.
        dueOnCreate: adopted !== undefined || sets !== undefined,
      },
      opts,
    );
    this.report = (line) => pulumi.log.info(line, opts.parent);
    this.registerOutputs({});
  }

  protected override plan(was: Goal | undefined, wanted: Goal): Plan {
    return { was, wanted };
  }

  protected override async preview({ was, wanted }: Plan): Promise<void> {
    const { args } = this;
    const line = !was && args.sets ? await describeRestartOnCreate(args, wanted) : describeRestart(args, was, wanted);
    if (line) await this.report(line);
  }

  protected override act({ wanted }: Plan): Promise<void> {
    return restartPods(this.args, wanted, this.report);
  }
}

const restarting = (sets: string[]) => `its members restart one at a time${sets.length > 1 ? ", over all racks" : ""}`;

/** The restart in a sentence, if the state holds no revision yet; empty for a new ring. */
async function describeRestartOnCreate(
  { name, selector, cluster, sets = [] }: RollingRestartArgs,
  { namespace, revision }: { namespace: string; revision: string },
): Promise<string> {
  const pods = await withAnswerTimeout(async () =>
    (await KubernetesClient.connect(cluster)).pods(namespace, selector),
  ).catch(() => []);
  return pods.map(viewOf).some((pod) => pod.revision !== revision) ? `ring ${name}: ${restarting(sets)}` : "";
}

/** What the update means for the data, in a sentence for the preview; empty if other hooks report it. */
function describeRestart(
  { name, adopted, sets }: RollingRestartArgs,
  was: { replicas: number; revision: string } | undefined,
  wanted: { replicas: number; revision: string },
): string {
  if (!was)
    return `ring ${name}: pod ${adopted} stays, with its data; Pulumi forgets the pod, and the controller adopts it`;
  const how = sets ? restarting(sets) : "its pods are replaced one by one, each streams its data to the others first";
  const replaced = wanted.revision === was.revision ? [] : [how];
  // Hooks of the StatefulSets report how many members come and go.
  const leaving = sets ? 0 : was.replicas - wanted.replicas;
  const scaled =
    leaving > 0
      ? [
          `replicas ${was.replicas} -> ${wanted.replicas}: ${leaving} of its pods stream their data to the others and leave`,
        ]
      : leaving < 0
        ? [`replicas ${was.replicas} -> ${wanted.replicas}: new members stream their share, one at a time`]
        : [];
  const all = [...scaled, ...replaced];
  return all.length > 0 ? `ring ${name}: ${all.join("; ")}` : "";
}

async function restartPods(
  { name, selector, cluster, sets, stallTimeoutMinutes = 0 }: RollingRestartArgs,
  wanted: { replicas: number; revision: string; namespace: string },
  report: (line: string) => Promise<void>,
): Promise<void> {
  const { namespace, replicas } = wanted;
  const connection = await KubernetesClient.connect(cluster);
  const limit = Math.max(joinTimeoutMinutes(replicas), stallTimeoutMinutes);
  const timeLeft = new TimeLeft();
  let said = "";
  let since = Date.now();
  for (let round = 0; ; round++) {
    const pods = (await retryWhileUnavailable(() => connection.pods(namespace, selector)))
      .filter((pod) => !hasEnded(pod))
      .map(viewOf);
    // The last pod first, as Kubernetes does it with one StatefulSet.
    if (sets?.length === 1) pods.sort((a, b) => ringOrdinalOf(sets, b.name) - ringOrdinalOf(sets, a.name));
    const record = sets ? await retryWhileUnavailable(() => recordOf(connection.core, namespace, name)) : {};
    const observed = {
      comesBack: sets !== undefined,
      membersAwaitingRepair: membersAwaitingRepair(record),
      lockHolder: topologyChangeIn(record)?.pod,
    };
    const step = nextStep(pods, { ...wanted, ...observed });
    if (step === "done") return;
    // Pods of an earlier template are replaced, whatever holds them.
    const stuck = pods.find(
      ({ revision, ready, lastingCause }) => revision === wanted.revision && !ready && lastingCause,
    );
    if ("waitFor" in step && stuck)
      throw new Error(
        `ring ${name}: ${stuck.lastingCause}. Run \`pulumi up\` again after the edit: it goes on where it stopped`,
      );
    // Other members take a while to see a member that serves again. With replication factor 3, QUORUM fails if two of the three are not
    // seen. So no pod restarts for ten seconds.
    if ("waitFor" in step) round = 0;
    else if (sets && round < 5) {
      await sleep(2000);
      continue;
    }
    const line = "replace" in step ? `replacing ${step.replace}` : `waiting for ${step.waitFor}`;
    if (line !== said) {
      const done = pods.filter((pod) => pod.revision === wanted.revision && pod.ready && !pod.leaving).length;
      await report(`${line}${countOf(done, replicas, "restarted")}${timeLeft.describe(done, replicas)}`);
      [said, since] = [line, Date.now()];
    }
    if ("replace" in step) await deletePod(connection.core, namespace, step.replace);
    else if (!step.isDecommissioning && Date.now() - since > limit * 60_000) {
      throw new Error(
        `ring ${name}: for ${limit} minutes ${line}; look at \`kubectl get pods -n ${namespace}\` and ` +
          `\`kubectl logs -n ${namespace} POD\`, fix what they report and run \`pulumi up\` again: it goes on where it stopped`,
      );
    }
    await sleep(2000);
  }
}

async function recordOf(core: CoreV1Api, namespace: string, ring: string): Promise<RecordEntries> {
  const map = await core.readNamespacedConfigMap({ name: `${ring}-ring`, namespace }).catch(undefinedWhenNotFound);
  return map?.data ?? {};
}

async function deletePod(core: CoreV1Api, namespace: string, name: string): Promise<void> {
  await core.deleteNamespacedPod({ namespace, name }).catch((error: Error) => {
    // Somebody else has deleted the pod.
    if (apiErrorKind(error) !== "absent") throw error;
  });
}
