import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CassandraPodArgs, cassandraPodSpec, podScripts } from "./cassandraPod";
import { CassandraService } from "./cassandraService";
import { labels, selectorLabels } from "./labels";
import { RingRecord } from "./ringRecord";

/** What becomes of the volumes at `pulumi destroy`. */
export type VolumeRetention = "retain" | "delete";

export interface PersistentClusterArgs extends CassandraPodArgs {
  /** Name of the StatefulSet, its Services and its pods, unique in the namespace. */
  name: string;
  /** Namespace, which must exist. */
  namespace: pulumi.Input<string>;
  /** Members of the ring, at least 1. Known when the program runs: it decides what an edit means for the data. */
  replicas: number;
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each member's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** @default "retain": volumes outlive `pulumi destroy`. */
  volumeRetention?: VolumeRetention;
}

/** A ring whose members keep their rows on a volume each: a StatefulSet, its Services, its record. */
export class PersistentCluster extends pulumi.ComponentResource {
  readonly service: CassandraService;
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** DNS names of the first members, at most three, for a driver to start from. */
  readonly contactPoints: pulumi.Output<string[]>;

  constructor(name: string, args: PersistentClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:PersistentCluster", name, {}, opts);
    const { namespace, volumeRetention = "retain" } = args;
    const identity = { name: args.name, topology: "persistent" };
    const selector = selectorLabels(identity);
    const metadata = { namespace, labels: labels(identity) };

    this.service = new CassandraService(name, { ...identity, namespace }, { parent: this });
    const record = new RingRecord(name, { ...identity, namespace }, { parent: this });
    const scripts = new k8s.core.v1.ConfigMap(`${name}-scripts`, { metadata, data: podScripts() }, { parent: this });

    this.statefulSet = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata, name: args.name },
        spec: {
          replicas: args.replicas,
          serviceName: this.service.discovery.metadata.name,
          selector: { matchLabels: selector },
          // It can never change without replacing the set, and a first ring formed in parallel is ready eight times sooner.
          // Later joins are put in order inside the pods (start.sh).
          podManagementPolicy: "Parallel",
          persistentVolumeClaimRetentionPolicy: {
            whenDeleted: volumeRetention === "retain" ? "Retain" : "Delete",
            // Never by scaling alone: whoever scales by hand would lose the rows of a member that was not asked to leave.
            whenScaled: "Retain",
          },
          template: {
            metadata: { labels: labels(identity) },
            spec: cassandraPodSpec(args, {
              name: args.name,
              service: this.service.discovery.metadata.name,
              claim: "data",
              record: record.configMapName,
              scripts: scripts.metadata.name,
              serviceAccountName: record.serviceAccountName,
              selector,
            }),
          },
          volumeClaimTemplates: [
            {
              metadata: { name: "data", labels: labels(identity) },
              spec: {
                accessModes: ["ReadWriteOnce"],
                storageClassName: args.storageClassName as pulumi.Input<string>,
                resources: { requests: { storage: args.volumeSize } },
              },
            },
          ],
        },
      },
      {
        parent: this,
        dependsOn: record.access,
        hooks: { beforeUpdate: [refuseScaleDown(name, args.name)] },
        customTimeouts: timeouts(args.replicas),
      },
    );

    new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata: { ...metadata, name: args.name }, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } },
      { parent: this },
    );

    this.contactPoints = pulumi
      .all([this.service.discovery.metadata.name, namespace])
      .apply(([service, where]) =>
        Array.from(
          { length: Math.min(args.replicas, 3) },
          (_, i) => `${args.name}-${i}.${service}.${where}.svc.cluster.local`,
        ),
      );
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}

/** Joins run one after another, so the time that `pulumi up` must grant grows with the members. */
function timeouts(replicas: number): pulumi.CustomTimeouts {
  const minutes = `${10 + 5 * replicas}m`;
  return { create: minutes, update: minutes };
}

/**
 * A StatefulSet that is given fewer replicas deletes pods at once, and with them the only copies of rows that no other member
 * holds. Until members are decommissioned first, such an edit is refused, in preview as well.
 */
function refuseScaleDown(name: string, set: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-refuse-scale-down`,
    (args) => {
      const {
        spec: { replicas: was },
      } = args.oldInputs as { spec: { replicas: number } };
      const {
        spec: { replicas: wanted },
      } = args.newInputs as { spec: { replicas: number } };
      if (wanted < was) {
        throw new Error(
          `cassandra:replicas: ${wanted} is below the ${was} members of ring ${set}: ` +
            `rows would be lost with the members that go; allowed is ${was} or more`,
        );
      }
    },
    { onDryRun: true },
  );
}
