import type { CoreV1Api } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { OwedStep } from "../engine/owedStep";
import {
  withAnswerTimeout,
  KubernetesClient,
  undefinedWhenNotFound,
  retryWhileUnavailable,
  apiErrorKind,
} from "../kubernetes/apiClient";
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
  /** How many pods there are to be. */
  replicas: number;
  /** Revision that all of them are to have. */
  revision: pulumi.Input<string>;
  /** Name of a pod that the controller finds and adopts. @default none */
  adopted?: string;
  /** Names of the sets that make the pods: these come back under their names and to their disks. @default pods hand their rows over */
  sets?: string[];
  /** Minutes for which a pod may not serve before the update gives up, where they are more than what pods need. @default those */
  stallTimeoutMinutes?: number;
  /** The cluster that they are in. @default that of the default provider */
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
        // Pods that were there before this resource may be of another revision: adopted ones, and those of a ring that an earlier version of
        // this program has made.
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
    return roll(this.args, wanted, this.report);
  }
}

const restarting = (sets: string[]) => `its members restart one at a time${sets.length > 1 ? ", over all racks" : ""}`;

/** The same where the state knows of no update before: of a ring that is made now, there is nothing to tell. */
async function describeRestartOnCreate(
  { name, selector, cluster, sets = [] }: RollingRestartArgs,
  { namespace, revision }: { namespace: string; revision: string },
): Promise<string> {
  const pods = await withAnswerTimeout(async () =>
    (await KubernetesClient.connect(cluster)).pods(namespace, selector),
  ).catch(() => []);
  return pods.map(viewOf).some((pod) => pod.revision !== revision) ? `ring ${name}: ${restarting(sets)}` : "";
}

/** What the update means for the rows, in a sentence for whoever reads the preview; empty where others tell it. */
function describeRestart(
  { name, adopted, sets }: RollingRestartArgs,
  was: { replicas: number; revision: string } | undefined,
  wanted: { replicas: number; revision: string },
): string {
  if (!was) return `ring ${name}: pod ${adopted} stays, with its rows; Pulumi forgets it, and the controller adopts it`;
  const how = sets
    ? restarting(sets)
    : "its pods are replaced one by one, each streams its data to the others before it goes";
  const replaced = wanted.revision === was.revision ? [] : [how];
  // Members of sets come and go with these.
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

async function roll(
  { name, selector, cluster, sets, stallTimeoutMinutes = 0 }: RollingRestartArgs,
  wanted: { replicas: number; revision: string; namespace: string },
  report: (line: string) => Promise<void>,
): Promise<void> {
  const { namespace, replicas } = wanted;
  const connection = await KubernetesClient.connect(cluster);
  const limit = Math.max(joinTimeoutMinutes(replicas), stallTimeoutMinutes);
  let said = "";
  let since = Date.now();
  for (let round = 0; ; round++) {
    const pods = (await retryWhileUnavailable(() => connection.pods(namespace, selector)))
      .filter(({ status }) => !["Failed", "Succeeded"].includes(status?.phase ?? ""))
      .map(viewOf);
    // As Kubernetes does it with one set: the last one first.
    if (sets?.length === 1) pods.sort((a, b) => ringOrdinalOf(sets, b.name) - ringOrdinalOf(sets, a.name));
    const record = sets ? await retryWhileUnavailable(() => recordOf(connection.core, namespace, name)) : {};
    const minded = {
      comesBack: sets !== undefined,
      membersAwaitingRepair: membersAwaitingRepair(record),
      lockHolder: topologyChangeIn(record)?.pod,
    };
    const step = nextStep(pods, { ...wanted, ...minded });
    if (step === "done") return;
    // A member that serves again is not seen by all others at once, and with three copies a QUORUM request fails where two of
    // them are not: for ten seconds, nobody goes.
    if ("waitFor" in step) round = 0;
    else if (sets && round < 5) {
      await sleep(2000);
      continue;
    }
    const line = "replace" in step ? `replacing ${step.replace}` : `waiting for ${step.waitFor}`;
    if (line !== said) {
      await report(line);
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
    // Whoever deleted it first did what was wanted.
    if (apiErrorKind(error) !== "absent") throw error;
  });
}
