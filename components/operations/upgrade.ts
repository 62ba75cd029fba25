import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { withAnswerTimeout, KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { shareFirstCall } from "../engine/shareFirstCall";
import { parseVersion } from "../cassandra/nodetool";
import type { RingClient } from "../cassandra/ringClient";
import { isOtherSeries, podView, PodView, versionsLastRun } from "./upgradeEvidence";
import { keepSnapshot, snapshotName } from "./upgradeSnapshot";
import { compare, majorOf, Version, versionOf, Versions, versionsOf, written } from "../cassandra/version";

const oldest: Version = { major: 4, minor: 0 };
const newest: Version = { major: 5, minor: 0 };
/** The versions that images may hold, as messages name them. */
export const allowedVersions = `Cassandra ${written(oldest)} to ${written(newest)}`;

/**
 * Why this program does not support the Cassandra of an image; undefined if it does, or if the tag names no version. Since Cassandra 6
 * (first named 5.1), a service keeps the ring's metadata in place of gossip. Its members join, leave and are replaced in other ways than
 * the scripts of `pod/` rely on, and no earlier version reads their data. Before 4.0, nodetool and cassandra.yaml differ from those that
 * the scripts use.
 */
export function unknownVersion(image: string): string | undefined {
  const version = versionsOf(image)?.newest;
  if (!version) return undefined;
  const told = majorOf(image) ?? written(version);
  if (compare(version, oldest) < 0) return `Cassandra ${told} is too old for the scripts of this program`;
  if (version.major < newest.major || compare(version, newest) === 0) return undefined;
  return `the cluster metadata service of Cassandra ${told} is not known to this program`;
}

/** The first version with which clients log in, and members encrypt what they send. */
const protectable: Version = { major: 4, minor: 1 };

/** Whether no version that an image may hold has login and encryption. */
export function lacksProtection(image: string): boolean {
  const version = versionsOf(image)?.newest;
  return version !== undefined && compare(version, protectable) < 0;
}

/**
 * Why members of these versions cannot run another version; undefined if they can. An older series does not read the data of a newer one.
 * But if some members still run the older series, an unfinished upgrade may go back. A newer series reads the data of the major version
 * before it, and of no earlier one.
 * @param idle whether no member serves, so that the versions are those that the members ran last, as far as is known
 */
export function upgradeProblem(running: Version[], wanted: Version, idle = false): string | undefined {
  const [first] = [...running].sort(compare);
  if (!first) return undefined;
  const now = idle
    ? `none of its members serves, and they ran ${written(first)} last`
    : `its members run ${written(first)}`;
  if (compare(wanted, first) < 0) {
    const after = idle
      ? `, and an image by its digest alone (name@sha256:...), which each pod compares with its own disk before Cassandra starts`
      : "";
    return (
      `${now}, and ${written(wanted)} does not read what ${written(first)} writes; allowed is ${written(first)} or later` +
      after
    );
  }
  if (wanted.major - first.major > 1) {
    const between = wanted.major - 1;
    return (
      `${now}, whose files ${written(wanted)} does not read; allowed is ${between}.x first, and ` +
      "`nodetool upgradesstables` on each member"
    );
  }
  return undefined;
}

/** Whether an image may hold a version that does not read the data of these versions. */
const mayNotRead = (running: Version[], open?: Versions) => !open || upgradeProblem(running, open.oldest) !== undefined;

export interface UpgradeArgs {
  /** Name of the ring. */
  name: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Names of its StatefulSets, each with as many pods. @default one controller */
  sets?: string[];
  /** Whether its pods may not keep the ring record. @default false */
  isAdopted?: boolean;
  /** Whether members come back to their disks, and so to their snapshots. */
  keepsDisks: boolean;
  /** Client of the ring in a namespace. */
  client: (namespace: string) => Pick<RingClient, "images" | "isUnformed">;
  /** Minutes after which a snapshot is given up. @default 15 */
  stallTimeoutMinutes?: number;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

interface ControllerInputs {
  metadata: { namespace: string };
  spec: { replicas?: number; template: { spec: { containers: { image: string }[] } } };
}

const imageOf = (inputs: unknown): string => (inputs as ControllerInputs).spec.template.spec.containers[0].image;

/**
 * Hook of a controller, for a change of the image: refuses, in preview as well, a Cassandra that does not read the members' data. If the
 * change is allowed, each member first takes a snapshot of its data. The live image counts as well: any edit takes one back that somebody
 * has set by hand.
 * @param parent line of `pulumi up` that the hook writes to
 */
export function snapshotBeforeUpgrade(name: string, args: UpgradeArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const report = (line: string) => pulumi.log.info(`${args.name}: ${line}`, parent);
  const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);

  /** The version that a pod runs: by the tag of its image, else by `nodetool version`. */
  const versionIn = async ({ pod, image }: PodView, namespace: string): Promise<Version | undefined> => {
    const told = versionOf(image);
    if (told || !pod) return told;
    try {
      const connection = await KubernetesClient.connect(args.cluster);
      return parseVersion(await connection.exec({ namespace, pod }, ["nodetool", "version"]));
    } catch (error) {
      const why = `the Cassandra version of ${pod} could not be read: ${errorMessage(error as Error)}`;
      if (!isDryRun) throw new Error(`ring ${args.name}: ${why}. No member was touched`);
      await warn(`${why}. \`pulumi up\` checks again`);
      return undefined;
    }
  };

  /** The pods, and the images in the templates of their controllers. Without an answer, a preview goes by the state. */
  const look = (was: string, wanted: string, namespace: string): Promise<{ pods: PodView[]; images: string[] }> =>
    withAnswerTimeout(async () => {
      const connection = await KubernetesClient.connect(args.cluster);
      const [pods, images] = await Promise.all([
        connection.pods(namespace, args.selector),
        args.client(namespace).images(),
      ]);
      return { pods: pods.map(podView), images };
    }).catch(async (error: Error) => {
      if (!isDryRun) throw new Error(`ring ${args.name}: its members could not be checked: ${errorMessage(error)}`);
      if (was !== wanted)
        await warn(`its members could not be checked: ${errorMessage(error)}. \`pulumi up\` checks again`);
      return { pods: [{ pod: "", image: was, ready: true }], images: [] };
    });

  /** Versions that the members ran last, where none serves. Before the first ring has begun to form, nothing is written. */
  const lastRun = async (pods: PodView[], templates: string[], namespace: string): Promise<Version[]> => {
    const versions = versionsLastRun(pods, args.keepsDisks ? templates : []);
    if (versions.length === 0 || args.isAdopted) return versions;
    // An account that may not read the ring record is refused what may be wrong.
    const isUnformed = await args
      .client(namespace)
      .isUnformed()
      .catch(() => false);
    return isUnformed ? [] : versions;
  };

  const prepare = shareFirstCall(
    async (state: string, wanted: string, namespace: string, members: number | undefined): Promise<void> => {
      const { pods, images } = await look(state, wanted, namespace);
      const was = state !== wanted ? state : images.find((image) => isOtherSeries(image, wanted));
      if (was === undefined) return;
      const running = pods.filter(({ ready }) => ready);
      const isIdle = running.length === 0;
      const asked = await Promise.all(running.map((pod) => versionIn(pod, namespace)));
      const versions = isIdle ? await lastRun(pods, [...images, was], namespace) : asked.flatMap((one) => one ?? []);
      // If the tag leaves the version open, a member that already runs the image knows the version.
      const [known] = asked.filter((version, i) => version && running[i].image === wanted);
      const open = known ? { oldest: known, newest: known } : versionsOf(wanted);
      // If even the newest possible version does not read the data, none does.
      const problem = open && upgradeProblem(versions, open.newest, isIdle);
      if (problem)
        throw new Error(`${propertyName("image")}: "${wanted}" is not allowed for ring ${args.name}: ${problem}`);
      if (versions.length > 0 && mayNotRead(versions, open)) {
        const now = written([...versions].sort(compare)[0]);
        await warn(
          `image ${wanted} does not name its Cassandra version, and the members run ${now}: the versions are compared only when ` +
            (args.keepsDisks
              ? "the first member restarts. If the image cannot read its disk, this member does not start, and the others stay as they are. "
              : "pods with this image join. ") +
            "With a tag such as 5.0.9, they are compared now",
        );
      }
      if (!args.keepsDisks) return;
      // Only then does another member have the rows of one whose disk is given up.
      const allServe =
        running.length === pods.length && running.length >= Math.max(2, (members ?? 0) * (args.sets?.length ?? 1));
      await report(describeUpgrade(was, wanted, { isIdle, allServe }));
      if (isDryRun) return;
      const connection = await KubernetesClient.connect(args.cluster);
      for (const { pod, image, ready, startedAt } of pods) {
        // This update may be the repair of this pod.
        if (!ready) await warn(`${pod} does not serve, so no snapshot of it is taken`);
        // The pod does not restart, and a snapshot would no longer be one from before the upgrade.
        else if (image === wanted) await report(`${pod} runs ${wanted} already`);
        else
          await report(
            await keepSnapshot(
              connection,
              { namespace, pod },
              { image, wanted, startedAt, stallTimeoutMinutes: args.stallTimeoutMinutes },
            ),
          );
      }
    },
  );

  return new pulumi.ResourceHook(
    `${name}-snapshot-before-upgrade`,
    async ({ oldInputs, newInputs }) => {
      const { namespace } = (newInputs as ControllerInputs).metadata;
      const { replicas } = (oldInputs as ControllerInputs).spec;
      await prepare(imageOf(oldInputs), imageOf(newInputs), namespace, replicas);
    },
    { onDryRun: true },
  );
}

/**
 * @param isIdle whether no member serves
 * @param allServe whether all members serve, and there are several
 */
function describeUpgrade(was: string, wanted: string, { isIdle, allServe }: Record<"isIdle" | "allServe", boolean>) {
  const [from, to] = [versionOf(was), versionOf(wanted)];
  const how = isIdle
    ? "no member serves, so none takes a snapshot before it starts with the new image. "
    : `each member takes a snapshot (${snapshotName(was, wanted, "<time>")}), then they restart one at a time. ` +
      "If one does not come back, the others stay as they are. ";
  return `image ${was} -> ${wanted}: ${how}To go back: set image ${was}${from && to && compare(from, to) < 0 ? wayBack(to, allServe) : ""}`;
}

/** What else it takes to go back from a series that the earlier one does not read. */
function wayBack(from: Version, allServe: boolean): string {
  if (allServe)
    return (
      `, and delete the PersistentVolumeClaim and the pod of each member that ${written(from)} has started, one at a time, and only while ` +
      "all other members serve"
    );
  return (
    `. A member that ${written(from)} has started does not start with it any more. Keep its PersistentVolumeClaim: without other members ` +
    "that all serve, it may hold the only replica of some rows"
  );
}
