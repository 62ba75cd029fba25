import * as pulumi from "@pulumi/pulumi";
import { KubeContext } from "../kubernetes/kubeconfig";
import { KubernetesClient } from "../kubernetes/apiClient";
import { isOfAnotherRing } from "../objects/labels";
import { setsOf } from "../objects/racks";
import { tutorials } from "./adoption";
import { hasVolumes } from "./clusterNames";
import { DataGuard, RingChangeValidator } from "./dataGuard";
import { existingControllers, PodController } from "./foreignPods";
import { validateRingChanges } from "./ringChanges";
import { RingArgs, RingSnapshot, ringSnapshotOf, RingSnapshots, RingTopology } from "./ringSnapshots";

const makers: Record<RingTopology, PodController["kind"]> = {
  persistent: "StatefulSet",
  ephemeral: "ReplicationController",
  daemon: "DaemonSet",
  pod: "Pod",
  cockroachdb: "StatefulSet",
};

/** Whether labels are those of a ring of another application, for which a ring of this topology was refused its name. */
const isAnothers = (labels: Record<string, string> | undefined, topology: RingTopology) =>
  isOfAnotherRing(labels, { "app.kubernetes.io/name": topology === "cockroachdb" ? topology : "cassandra" });

/**
 * Whether nothing exists of a ring in the state, such as a ring that was refused before anything was created. Such a ring refuses no edit.
 * A ring that could not be checked counts as existing, and so does a ring on folders of nodes.
 */
async function isGone(
  topology: RingTopology,
  { name, namespace, racks, disk, adopt }: RingSnapshot,
  kubeContext: KubeContext | undefined,
): Promise<boolean> {
  if (disk === "nodes") return false;
  const names = setsOf(name, racks?.split(", "));
  const claim = topology === "cockroachdb" ? "datadir" : adopt ? tutorials.claim : "data";
  const inspect = async () => {
    const members = await existingControllers({ kind: makers[topology], names }, namespace, kubeContext);
    if (members.some(({ labels }) => !isAnothers(labels, topology))) return true;
    return (
      disk === "volumes" && (await hasVolumes(claim, names)(await KubernetesClient.connect(kubeContext), namespace))
    );
  };
  return inspect().then(
    (isThere) => !isThere,
    () => false,
  );
}

/** Checks an edit against the rings that exist. */
export function ringChangeValidator(cluster: KubeContext | undefined): RingChangeValidator<RingSnapshots> {
  return async (was, wanted) => {
    const there: RingSnapshots = {};
    for (const [topology, ring] of Object.entries(was) as [RingTopology, RingSnapshot][]) {
      const { losses, refusals } = validateRingChanges({ [topology]: ring }, wanted);
      if (losses.length + refusals.length > 0 && !(await isGone(topology, ring, cluster))) there[topology] = ring;
    }
    return validateRingChanges(there, wanted);
  };
}

/** The guard of one ring, within its component: the only guard in programs of users. */
export function ringGuard(
  name: string,
  topology: RingTopology,
  args: RingArgs & { acceptDataLoss?: boolean },
  cluster: KubeContext | undefined,
  opts: pulumi.ComponentResourceOptions,
): DataGuard<RingSnapshots> {
  const facts = pulumi.output(ringSnapshotOf(topology, args)) as pulumi.Output<RingSnapshot>;
  return new DataGuard<RingSnapshots>(
    `${name}-ring`,
    { [topology]: facts },
    ringChangeValidator(cluster),
    args.acceptDataLoss ?? false,
    opts,
  );
}
