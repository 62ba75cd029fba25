import * as pulumi from "@pulumi/pulumi";
import { clearOf, Cluster, ClusterChoice, explain, nothingWhenNotFound } from "./cluster";
import { defaultStallTimeoutMinutes } from "./podJob";
import { quantity } from "./quantity";
import { RingClient } from "./ringClient";
import { RingReference } from "./ringPods";

export interface VolumeGrowthArgs extends Omit<RingReference, "namespace"> {
  namespace: pulumi.Input<string>;
  /** Members of the ring. */
  replicas: number;
  /** Size of each member's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  storageClassName?: pulumi.Input<string | undefined>;
  /** The cluster that they are in. @default that of the default provider */
  cluster?: ClusterChoice;
}

interface State {
  volumeSize: string;
  storageClassName?: string;
  namespace: string;
}

const nameOf = ({ storageClassName }: State) => storageClassName ?? "(the cluster's default)";

interface Found {
  cluster: Cluster;
  /** Claims that are to grow. */
  claims: string[];
  refusal?: string;
}

/**
 * A StatefulSet cannot change its claim template, so Pulumi replaces it when volumes are to be larger, or of another class.
 * Before that, this grows the claims that there are and takes the set away from around its pods, which go on and belong to the
 * new set: none restarts. No claim can change its class: that is for members to come. It is a resource of Pulumi's state alone.
 */
export class VolumeGrowth extends pulumi.ComponentResource {
  /** Whether the set is replaced by this update for the sake of its volumes. Known once this resource has been updated. */
  isReplacing = false;

  constructor(
    name: string,
    private readonly args: VolumeGrowthArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const isDryRun = pulumi.runtime.isDryRun();
    const hook = new pulumi.ResourceHook(
      `${name}-volume-growth`,
      async ({ oldInputs, newInputs }) => {
        const [was, wanted] = [oldInputs as State, newInputs as State];
        const larger = was.volumeSize !== wanted.volumeSize;
        const changes = [
          ...(larger
            ? [`volumeSize ${was.volumeSize} -> ${wanted.volumeSize}: the volumes grow while their members serve`]
            : []),
          ...(was.storageClassName !== wanted.storageClassName
            ? [
                `the volumes that there are stay of class ${nameOf(was)}, those of members to come are of class ${nameOf(wanted)}`,
              ]
            : []),
        ];
        if (changes.length === 0) return;
        this.refuseShrinking(was, wanted);
        this.isReplacing = true;
        const tell = (line: string) => pulumi.log.info(`${args.name}: ${line}`, opts.parent);
        const found = await this.look(wanted, larger).catch(async (error: Error) => {
          const why = `${args.name}: its volumes could not be looked at: ${explain(error)}`;
          if (!isDryRun) throw new Error(`${why}. Nothing was touched`);
          await pulumi.log.warn(why, opts.parent);
        });
        if (found?.refusal) throw new Error(found.refusal);
        if (isDryRun)
          await tell(`${[...changes, "the set is replaced around its pods, none of which restarts"].join("; ")}`);
        else if (found) await this.grow(wanted, found, tell);
      },
      { onDryRun: true },
    );
    const { volumeSize, storageClassName, namespace } = args;
    super(
      "cassandra:index:VolumeGrowth",
      name,
      { volumeSize, storageClassName, namespace },
      { ...opts, hooks: { beforeUpdate: [hook] } },
    );
    this.registerOutputs({});
  }

  private get stallTimeoutMinutes(): number {
    return this.args.stallTimeoutMinutes ?? defaultStallTimeoutMinutes;
  }

  private refuseShrinking(was: State, wanted: State): void {
    const { name } = this.args;
    if (quantity(wanted.volumeSize)! < quantity(was.volumeSize)!) {
      throw new Error(
        `cassandra:volumeSize: "${wanted.volumeSize}" is not allowed for ring ${name}: its volumes are of ${was.volumeSize}, and no ` +
          `volume can shrink; allowed is ${was.volumeSize} or more`,
      );
    }
  }

  /** What there is to grow, and why it may not. */
  private async look({ namespace }: State, larger: boolean): Promise<Found> {
    const { name, replicas } = this.args;
    const cluster = await Cluster.connect(this.args.cluster);
    const client = new RingClient(this.args.cluster, { ...this.args, namespace });
    const [live = replicas, own] = await Promise.all([client.replicas(), client.claims()]);
    const claims = own.map(({ metadata }) => metadata!.name!);
    if (live !== replicas) {
      const refusal =
        `cassandra:replicas: ${replicas} is not allowed together with other volumes: ring ${name} has ${live} members; ` +
        `allowed is ${live}, and the other count in a later edit`;
      return { cluster, claims, refusal };
    }
    if (!larger) return { cluster, claims: [] };
    for (const className of new Set(own.map(({ spec }) => spec?.storageClassName ?? ""))) {
      if (className && (await cluster.storage.readStorageClass({ name: className })).allowVolumeExpansion) continue;
      const refusal =
        `cassandra:volumeSize: no other size is allowed for ring ${name}: class "${className}" of its volumes does not let them ` +
        "grow (allowVolumeExpansion)";
      return { cluster, claims, refusal };
    }
    return { cluster, claims };
  }

  private async grow(
    { namespace, volumeSize }: State,
    { cluster, claims }: Found,
    tell: (line: string) => Promise<void>,
  ): Promise<void> {
    const body = [{ op: "replace", path: "/spec/resources/requests/storage", value: volumeSize }];
    for (const name of claims) await cluster.core.patchNamespacedPersistentVolumeClaim({ name, namespace, body });
    for (const name of claims) {
      await this.grown(cluster, namespace, name, volumeSize);
      await tell(`${name} has ${volumeSize}`);
    }
    for (const name of this.args.sets) {
      const set = { name, namespace };
      await cluster.apps
        .deleteNamespacedStatefulSet({ ...set, propagationPolicy: "Orphan" })
        .catch(nothingWhenNotFound);
      const isThere = async () => {
        const found = await cluster.apps.readNamespacedStatefulSet(set).catch(nothingWhenNotFound);
        return found && `its finalizers are ${found.metadata?.finalizers?.join(", ") || "none"}`;
      };
      await clearOf(isThere, this.stallTimeoutMinutes, 500).catch((error: Error) => {
        throw new Error(
          `StatefulSet ${name} is not gone from around its pods, which serve on, ${explain(error)}; \`pulumi up\` again once it is`,
        );
      });
    }
  }

  private async grown(cluster: Cluster, namespace: string, name: string, volumeSize: string): Promise<void> {
    const lacks = async (): Promise<string | undefined> => {
      const { status } = await cluster.core.readNamespacedPersistentVolumeClaim({ name, namespace });
      const capacity = status?.capacity?.storage ?? "0";
      if (quantity(capacity)! >= quantity(volumeSize)!) return undefined;
      // Some drivers grow the file system only when the pod starts the next time: all that can be done now has been.
      if (status?.conditions?.some(({ type }) => type === "FileSystemResizePending")) return undefined;
      return `it has ${capacity} of ${volumeSize}`;
    };
    await clearOf(lacks, this.stallTimeoutMinutes).catch((error: Error) => {
      throw new Error(
        `${name} has not grown ${explain(error)}: \`kubectl describe pvc -n ${namespace} ${name}\` tells why; run \`pulumi up\` ` +
          "again once it has",
      );
    });
  }
}
