import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { withAnswerTimeout, KubernetesClient, errorMessage, isReady } from "../kubernetes/apiClient";
import { ClusterChoice } from "../kubernetes/kubeconfig";
import { shareFirstCall } from "../engine/shareFirstCall";
import { parseVersion } from "../cassandra/nodetool";
import { keepSnapshot, snapshotName } from "./upgradeSnapshot";
import { compare, majorOf, Version, versionOf, Versions, versionsOf, written } from "../cassandra/version";

const oldest: Version = { major: 4, minor: 0 };
const newest: Version = { major: 5, minor: 0 };
/** What images may hold, as messages put it. */
export const allowedVersions = `Cassandra ${written(oldest)} to ${written(newest)}`;

/**
 * Why an image holds a Cassandra that this program does not know; undefined where its tag tells none. From 6 on (5.1 was its name
 * at first), a service keeps the ring's metadata in place of gossip: members of these versions join, leave and are replaced in
 * other ways than the scripts of `pod/` rely on, and what they have written no earlier version reads. Before 4.0, nodetool and
 * cassandra.yaml are other ones than those that the scripts use.
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
 * Why members of these versions cannot go on as one of another; undefined when they can. An older series does not read what a
 * newer one has written; but where some are of the older one still, an upgrade goes back that has not come through. A newer one
 * reads what the major version before it has written, and no more.
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

/** Whether a version that an image may hold could not go on where these have written. */
const mayBeWrong = (running: Version[], open?: Versions) => !open || upgradeProblem(running, open.oldest) !== undefined;

export interface UpgradeArgs {
  /** Name of the ring. */
  name: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Whether members come back to their disks, so that a snapshot there is there afterwards. */
  keepsDisks: boolean;
  /** Minutes after which a snapshot is given up. @default 15 */
  stallTimeoutMinutes?: number;
  /** The cluster that they are in. @default that of the default provider */
  cluster?: ClusterChoice;
}

const imageOf = (inputs: unknown): string =>
  (inputs as { spec: { template: { spec: { containers: { image: string }[] } } } }).spec.template.spec.containers[0]
    .image;

/** A pod, and the image that it was made with. */
interface PodView {
  pod: string;
  image: string;
  ready: boolean;
  /** When its container started last. */
  startedAt?: Date;
}

/**
 * Hook of what makes a ring's pods: another image is refused, in preview as well, where its Cassandra would not read what the
 * members have written; else each member keeps a snapshot of its rows first.
 * @param parent line of `pulumi up` that it writes to
 */
export function snapshotBeforeUpgrade(name: string, args: UpgradeArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const report = (line: string) => pulumi.log.info(`${args.name}: ${line}`, parent);
  const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);

  /** Of an image whose name does not tell, the member is asked. */
  const versionIn = async ({ pod, image }: PodView, namespace: string): Promise<Version | undefined> => {
    const told = versionOf(image);
    if (told || !pod) return told;
    try {
      const connection = await KubernetesClient.connect(args.cluster);
      return parseVersion(await connection.exec({ namespace, pod }, ["nodetool", "version"]));
    } catch (error) {
      const why = `which version of Cassandra ${pod} runs could not be asked: ${errorMessage(error as Error)}`;
      if (!isDryRun) throw new Error(`ring ${args.name}: ${why}. No member was touched`);
      await warn(`${why}. \`pulumi up\` asks again`);
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
    // A member that runs it already tells what its name leaves open.
    const [known] = asked.filter((version, i) => version && running[i].image === wanted);
    const open = known ? { oldest: known, newest: known } : versionsOf(wanted);
    // What not even the newest of them could read, none can.
    const problem = open && upgradeProblem(versions, open.newest);
    if (problem)
      throw new Error(`${propertyName("image")}: "${wanted}" is not allowed for ring ${args.name}: ${problem}`);
    if (versions.length > 0 && mayBeWrong(versions, open)) {
      const now = written([...versions].sort(compare)[0]);
      await warn(
        `image ${wanted} does not tell which version of Cassandra it holds, and its members run ${now}: the two are not compared ` +
          (args.keepsDisks
            ? "before the first member restarts, which does not start with one that cannot read its disk; the others stay as they are then. "
            : "before pods that have it join. ") +
          "A tag such as 5.0.9 is compared now",
      );
    }
    if (!args.keepsDisks) return;
    await report(outlook(was, wanted));
    if (isDryRun) return;
    const connection = await KubernetesClient.connect(args.cluster);
    for (const { pod, image, ready, startedAt } of pods) {
      // It may be the very one that did not come back, and this update the way back.
      if (!ready) await warn(`${pod} does not serve, so that no snapshot is taken of it`);
      // It does not restart, and a snapshot taken now would not be one of before.
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

function outlook(was: string, wanted: string): string {
  const [from, to] = [versionOf(was), versionOf(wanted)];
  const isSeries = from && to && compare(from, to) !== 0;
  return (
    `image ${was} -> ${wanted}: each member keeps a snapshot (${snapshotName(was, wanted, "<time>")}), then they restart one at a time, and ` +
    `where one does not come back the others stay as they are. To go back: image ${was}` +
    (isSeries
      ? `, and the claim and the pod of each member that ${written(to)} has started deleted, one at a time`
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
