import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { revisionAnnotation } from "../objects/podMetadata";
import {
  answered,
  Cluster,
  ClusterChoice,
  isReady,
  nothingWhenNotFound,
  patiently,
  refusalOf,
} from "../kubernetes/apiClient";
import { placeOf } from "../objects/racks";
import { Entries, moving, owing } from "../cassandra/record";

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
  /** Names of the sets that make the pods: these come back under their names and to their disks. @default pods hand their rows over */
  sets?: string[];
  /** Minutes for which a pod may not serve before the update gives up, where they are more than what pods need. @default those */
  stallTimeoutMinutes?: number;
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
  /** Whether its container runs now. */
  running: boolean;
}

/** What an update is to bring about, and what it must mind. */
export interface RollingPlan {
  replicas: number;
  revision: string;
  /** Whether a pod comes back under its name and to its disk, so that it has nothing to hand over. @default false */
  comesBack?: boolean;
  /** Pods whose members have taken a lost one's place and owe a repair. @default none */
  owing?: string[];
  /** Pod whose turn it is to move data. @default none */
  moves?: string;
}

/** What an update does next: replace a pod, wait for something, or nothing more. */
export type Step = { replace: string } | { waitFor: string; handOver?: boolean } | "done";

/**
 * One data move at a time: a pod is replaced only while all others serve and none is on its way in or out. One that does not serve
 * itself comes first: the template that it is to have may be what mends it, and nobody else goes while it is away.
 * @param pods in the order in which they are to be replaced
 */
export function nextStep(pods: PodView[], plan: RollingPlan): Step {
  const { replicas, revision, comesBack = false, owing = [], moves } = plan;
  const staying = pods.filter(({ leaving }) => !leaving);
  const outdated = staying.filter((pod) => pod.revision !== revision);
  // A pod of a template that could not run would be waited for in vain, and it has nothing to hand over.
  const stuck = outdated.find(({ started }) => !started);
  if (stuck) return { replace: stuck.name };
  const [leaving] = pods.filter((pod) => pod.leaving);
  if (leaving && comesBack) return { waitFor: `${leaving.name} to end` };
  if (leaving) return { waitFor: `${leaving.name} to hand its rows over`, handOver: true };
  if (staying.length !== replicas) return { waitFor: `${replicas} pods; there are ${staying.length}` };
  const silent = staying.filter(({ ready }) => !ready);
  const broken = comesBack && silent.find((pod) => outdated.includes(pod) && !pod.running);
  if (broken) return { replace: broken.name };
  // It may be moving its share of the rows: that is not cut off.
  const mute = comesBack && silent.length === 1 && outdated.includes(silent[0]) && silent[0].name !== moves;
  if (mute) return { replace: silent[0].name };
  if (silent.length > 0)
    return { waitFor: `${silent[0].name} to ${comesBack ? "serve again" : "join the ring and serve"}` };
  if (outdated.length === 0) return "done";
  if (comesBack && moves) return { waitFor: `${moves} to end its turn at moving data` };
  if (comesBack && owing.length > 0) return { waitFor: `${owing[0]} to be repaired, which took a lost member's place` };
  return { replace: outdated[0].name };
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
    running: containers.some(({ state }) => state?.running),
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
        if (!isDryRun) await roll(args, wanted, tell);
        else {
          const expected = !was && args.sets ? await outlookOnSets(args, wanted) : outlook(args, was, wanted);
          if (expected) await tell(expected);
        }
      },
      { onDryRun: true },
    );
    super(
      "cassandra:index:RollingUpdate",
      name,
      { replicas, revision, namespace: args.namespace },
      // Where there are pods before this resource, they may be of another revision: adopted ones, and those of a ring that an earlier
      // version of this program has made.
      { ...opts, hooks: { beforeUpdate: [update], beforeCreate: args.adopted || args.sets ? [update] : [] } },
    );
    this.registerOutputs({});
  }
}

const restarting = (sets: string[]) => `its members restart one at a time${sets.length > 1 ? ", over all racks" : ""}`;

/** The same where the state knows of no update before: of a ring that is made now, there is nothing to tell. */
async function outlookOnSets(
  { name, selector, cluster, sets = [] }: RollingUpdateArgs,
  { namespace, revision }: { namespace: string; revision: string },
): Promise<string> {
  const pods = await answered(async () => (await Cluster.connect(cluster)).pods(namespace, selector)).catch(() => []);
  return pods.map(viewOf).some((pod) => pod.revision !== revision) ? `ring ${name}: ${restarting(sets)}` : "";
}

/** What the update means for the rows, in a sentence for whoever reads the preview; empty where others tell it. */
function outlook(
  { name, adopted, sets }: RollingUpdateArgs,
  was: { replicas: number; revision: string } | undefined,
  wanted: { replicas: number; revision: string },
): string {
  if (!was) return `ring ${name}: pod ${adopted} stays, with its rows; Pulumi forgets it, and the controller adopts it`;
  const how = sets
    ? restarting(sets)
    : "its pods are replaced one by one, each handing its rows over to the others before it goes";
  const replaced = wanted.revision === was.revision ? [] : [how];
  // Members of sets come and go with these.
  const leaving = sets ? 0 : was.replicas - wanted.replicas;
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
  { name, selector, cluster, sets, stallTimeoutMinutes = 0 }: RollingUpdateArgs,
  wanted: { replicas: number; revision: string; namespace: string },
  tell: (line: string) => Promise<void>,
): Promise<void> {
  const { namespace, replicas } = wanted;
  const connection = await Cluster.connect(cluster);
  const limit = Math.max(patience(replicas), stallTimeoutMinutes);
  let said = "";
  let since = Date.now();
  for (let looks = 0; ; looks++) {
    const pods = (await patiently(() => connection.pods(namespace, selector)))
      .filter(({ status }) => !["Failed", "Succeeded"].includes(status?.phase ?? ""))
      .map(viewOf);
    // As Kubernetes does it with one set: the last one first.
    if (sets?.length === 1) pods.sort((a, b) => placeOf(sets, b.name) - placeOf(sets, a.name));
    const record = sets ? await patiently(() => recordOf(connection.core, namespace, name)) : {};
    const minded = { comesBack: sets !== undefined, owing: owing(record), moves: moving(record)?.pod };
    const step = nextStep(pods, { ...wanted, ...minded });
    if (step === "done") return;
    // A member that serves again is not seen by all others at once, and with three copies a QUORUM request fails where two of
    // them are not: for ten seconds, nobody goes.
    if ("waitFor" in step) looks = 0;
    else if (sets && looks < 5) {
      await sleep(2000);
      continue;
    }
    const line = "replace" in step ? `replacing ${step.replace}` : `waiting for ${step.waitFor}`;
    if (line !== said) {
      await tell(line);
      [said, since] = [line, Date.now()];
    }
    if ("replace" in step) await deletePod(connection.core, namespace, step.replace);
    else if (!step.handOver && Date.now() - since > limit * 60_000) {
      throw new Error(
        `ring ${name}: for ${limit} minutes ${line}; look at \`kubectl get pods -n ${namespace}\` and ` +
          "`kubectl logs`, mend what they name and run `pulumi up` again: it goes on where it stopped",
      );
    }
    await sleep(2000);
  }
}

async function recordOf(core: CoreV1Api, namespace: string, ring: string): Promise<Entries> {
  const map = await core.readNamespacedConfigMap({ name: `${ring}-ring`, namespace }).catch(nothingWhenNotFound);
  return map?.data ?? {};
}

async function deletePod(core: CoreV1Api, namespace: string, name: string): Promise<void> {
  await core.deleteNamespacedPod({ namespace, name }).catch((error: Error) => {
    // Whoever deleted it first did what was wanted.
    if (refusalOf(error) !== "absent") throw error;
  });
}

/**
 * Hook of a StatefulSet whose pods this program restarts itself (`updateStrategy: OnDelete`). A set that has rolled by itself until
 * now keeps the settings for that, which the API server has filled in: nobody owns them, so that no apply takes them out, and
 * beside another strategy the API server refuses them.
 */
export function restartsOnDelete(name: string, cluster: ClusterChoice | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-restarts-on-delete`, async ({ newInputs }) => {
    const { metadata } = newInputs as { metadata: { name: string; namespace: string } };
    const set = { name: metadata.name, namespace: metadata.namespace };
    const { apps } = await Cluster.connect(cluster);
    const live = await patiently(() => apps.readNamespacedStatefulSet(set).catch(nothingWhenNotFound));
    if (!live?.spec?.updateStrategy?.rollingUpdate) return;
    const body = [{ op: "replace", path: "/spec/updateStrategy", value: { type: "OnDelete" } }];
    await apps.patchNamespacedStatefulSet({ ...set, body });
  });
}
