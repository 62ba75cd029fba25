import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { withAnswerTimeout, KubernetesClient, errorMessage, isReady } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { shareFirstCall } from "../engine/shareFirstCall";
import { parseVersion } from "../cassandra/nodetool";
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
 */
export function upgradeProblem(running: Version[], wanted: Version): string | undefined {
  const [first] = [...running].sort(compare);
  if (first && compare(wanted, first) < 0) {
    const now = written(first);
    return `its members run ${now}, and ${written(wanted)} does not read what ${now} writes; allowed is ${now} or later`;
  }
  if (first && wanted.major - first.major > 1) {
    const between = wanted.major - 1;
    return (
      `its members run ${written(first)}, whose files ${written(wanted)} does not read; allowed is ${between}.x first, and ` +
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
  /** Whether members come back to their disks, and so to their snapshots. */
  keepsDisks: boolean;
  /** Minutes after which a snapshot is given up. @default 15 */
  stallTimeoutMinutes?: number;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

const imageOf = (inputs: unknown): string =>
  (inputs as { spec: { template: { spec: { containers: { image: string }[] } } } }).spec.template.spec.containers[0]
    .image;

/** A pod, and its image. */
interface PodView {
  pod: string;
  image: string;
  ready: boolean;
  /** When its container started last. */
  startedAt?: Date;
}

/**
 * Hook of a controller, for a change of the image: refuses, in preview as well, a Cassandra that does not read the members' data. If the
 * change is allowed, each member first takes a snapshot of its data.
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

  const prepare = shareFirstCall(async (was: string, wanted: string, namespace: string): Promise<void> => {
    const pods = await withAnswerTimeout(() => podsOf(args, namespace)).catch(
      async (error: Error): Promise<PodView[]> => {
        if (!isDryRun) throw new Error(`ring ${args.name}: its members could not be checked: ${errorMessage(error)}`);
        await warn(`its members could not be checked: ${errorMessage(error)}. \`pulumi up\` checks again`);
        return [{ pod: "", image: was, ready: true }];
      },
    );
    const running = pods.filter(({ ready }) => ready);
    const asked = await Promise.all(running.map((pod) => versionIn(pod, namespace)));
    const versions = asked.flatMap((one) => one ?? []);
    // If the tag leaves the version open, a member that already runs the image knows the version.
    const [known] = asked.filter((version, i) => version && running[i].image === wanted);
    const open = known ? { oldest: known, newest: known } : versionsOf(wanted);
    // If even the newest possible version does not read the data, none does.
    const problem = open && upgradeProblem(versions, open.newest);
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
    await report(describeUpgrade(was, wanted));
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
  });

  return new pulumi.ResourceHook(
    `${name}-snapshot-before-upgrade`,
    async ({ oldInputs, newInputs }) => {
      const [was, wanted] = [imageOf(oldInputs), imageOf(newInputs)];
      const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
      if (was !== wanted) await prepare(was, wanted, namespace);
    },
    { onDryRun: true },
  );
}

function describeUpgrade(was: string, wanted: string): string {
  const [from, to] = [versionOf(was), versionOf(wanted)];
  const isSeries = from && to && compare(from, to) !== 0;
  return (
    `image ${was} -> ${wanted}: each member takes a snapshot (${snapshotName(was, wanted, "<time>")}), then they restart one at a time. ` +
    `If one does not come back, the others stay as they are. To go back: set image ${was}` +
    (isSeries
      ? `, and delete the PersistentVolumeClaim and the pod of each member that ${written(to)} has started, one at a time`
      : "")
  );
}

async function podsOf({ selector, cluster }: UpgradeArgs, namespace: string): Promise<PodView[]> {
  const pods = await (await KubernetesClient.connect(cluster)).pods(namespace, selector);
  return pods.map((pod) => ({
    pod: pod.metadata!.name!,
    image: pod.spec!.containers[0].image!,
    ready: isReady(pod),
    startedAt: pod.status?.containerStatuses?.[0]?.state?.running?.startedAt,
  }));
}
