import * as pulumi from "@pulumi/pulumi";
import { answered, Cluster, ClusterChoice, explain, isReady } from "./cluster";
import { once } from "./once";
import { defaultStallTimeoutMinutes, runJob } from "./podJob";

/** A version of Cassandra: 5.0.9. */
export interface Version {
  major: number;
  minor: number;
}

/** Version that the tag of an image begins with: `5.0.9-jammy`; undefined when it has none, or a digest alone. */
export function versionOf(image: string): Version | undefined {
  const [, major, minor] = /:(\d+)\.(\d+)[^/@]*(?:@.*)?$/.exec(image) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

const written = ({ major, minor }: Version) => `${major}.${minor}`;
/** Below zero for an older one first, as `sort` takes it. */
const compare = (a: Version, b: Version) => a.major - b.major || a.minor - b.minor;

/**
 * Why members of these versions cannot go on as one of another; undefined when they can. An older series does not read what a
 * newer one has written; but where some are of the older one still, an upgrade goes back that has not come through. A newer one
 * reads what the major version before it has written, and no more.
 */
export function upgradeProblem(running: Version[], wanted: Version): string | undefined {
  const [oldest] = [...running].sort(compare);
  if (oldest && compare(wanted, oldest) < 0) {
    const now = written(oldest);
    return `its members run ${now}, and ${written(wanted)} does not read what ${now} writes; allowed is ${now} or later`;
  }
  if (oldest && wanted.major - oldest.major > 1) {
    const between = wanted.major - 1;
    return (
      `its members run ${written(oldest)}, whose files ${written(wanted)} does not read; allowed is ${between}.x first, and ` +
      "`nodetool upgradesstables` on each member"
    );
  }
  return undefined;
}

/** What the snapshot that is taken before an update is named after. */
export function snapshotName(image: string): string {
  const [, tag, digest] = /(?::([\w.-]+))?(?:@sha256:([0-9a-f]{12})[0-9a-f]*)?$/.exec(image) ?? [];
  return `before-${tag ?? digest}`;
}

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
}

/** For how long Cassandra keeps the snapshots, from the version on that lets them go by itself. */
const keptFor = "14d";
const firstWithTtl: Version = { major: 4, minor: 1 };

/**
 * Hook of what makes a ring's pods: another image is refused, in preview as well, where its Cassandra would not read what the
 * members have written; else each member keeps a snapshot of its rows first.
 * @param parent line of `pulumi up` that it writes to
 */
export function snapshotBeforeUpgrade(name: string, args: UpgradeArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const tell = (line: string) => pulumi.log.info(`${args.name}: ${line}`, parent);
  const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);

  const prepare = once(async (was: string, wanted: string, namespace: string): Promise<void> => {
    const pods = await answered(() => podsOf(args, namespace)).catch(async (error: Error) => {
      if (!isDryRun) throw new Error(`ring ${args.name}: its members could not be looked at: ${explain(error)}`);
      await warn(`its members could not be looked at: ${explain(error)}. \`pulumi up\` looks again`);
      return [{ pod: "", image: was, ready: true }];
    });
    const running = pods.filter(({ ready }) => ready);
    const version = versionOf(wanted);
    if (!version) await warn(`which version of Cassandra image ${wanted} holds, its name does not tell`);
    const problem =
      version &&
      upgradeProblem(
        running.flatMap(({ image }) => versionOf(image) ?? []),
        version,
      );
    if (problem) throw new Error(`cassandra:image: "${wanted}" is not allowed for ring ${args.name}: ${problem}`);
    if (!args.keepsDisks) return;
    await tell(outlook(was, wanted));
    if (!isDryRun) await snapshot(args, namespace, { pods, wanted }, { tell, warn });
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
    `image ${was} -> ${wanted}: each member keeps a snapshot (${snapshotName(wanted)}), then they restart one at a time, and ` +
    `where one does not come back the others stay as they are. To go back: image ${was}` +
    (isSeries
      ? `, and the claim and the pod of each member that ${written(to)} has started deleted, one at a time`
      : "")
  );
}

async function podsOf({ selector, cluster }: UpgradeArgs, namespace: string): Promise<PodView[]> {
  const pods = await (await Cluster.connect(cluster)).pods(namespace, selector);
  return pods.map((pod) => ({
    pod: pod.metadata!.name!,
    image: pod.spec!.containers[0].image!,
    ready: isReady(pod),
  }));
}

async function snapshot(
  { cluster, stallTimeoutMinutes = defaultStallTimeoutMinutes }: UpgradeArgs,
  namespace: string,
  { pods, wanted }: { pods: PodView[]; wanted: string },
  { tell, warn }: Record<"tell" | "warn", (line: string) => Promise<void>>,
): Promise<void> {
  const connection = await Cluster.connect(cluster);
  const name = snapshotName(wanted);
  for (const { pod, image, ready } of pods) {
    if (!ready) {
      // It may be the very one that did not come back, and this update the way back.
      await warn(`${pod} does not serve, and keeps no snapshot`);
      continue;
    }
    const version = versionOf(image);
    const ttl = version && compare(version, firstWithTtl) < 0 ? [] : ["--ttl", keptFor];
    const command = ["nodetool", "snapshot", "--tag", name, ...ttl];
    const run = (...command: string[]) => connection.exec({ namespace, pod }, command);
    const said = await runJob(run, { name: "snapshot", command }, { stallTimeoutMinutes }).catch((error: Error) => {
      // The one from before an update that was cut off is the right one.
      if (/already exists/.test(error.message)) return "";
      throw new Error(`${pod}: ${command.join(" ")}: ${error.message}\nNo pod was restarted`);
    });
    await tell(
      said ? `${pod} keeps a snapshot of its rows (${name})` : `${pod} has kept a snapshot of its rows (${name})`,
    );
  }
}
