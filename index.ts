import * as k8s from "./components/kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import {
  CassandraStorage,
  CockroachCluster,
  DaemonCluster,
  DataGuard,
  endWithEngine,
  enforceLabel,
  EphemeralCluster,
  ringChangeValidator,
  KubernetesCluster,
  PersistentCluster,
  refuseOtherStandard,
  SinglePod,
  usePropertyNames,
} from "./components/index";
import { readConfig } from "./config";
import { configKeys } from "./config/propertyNames";

endWithEngine();
usePropertyNames(configKeys);
const settings = readConfig();
const { persistent, ephemeral, daemon, pod, cockroachdb, takesOver, acceptDataLoss } = settings;

// Everything else depends on these two, so that a refused edit changes nothing.
const cluster = new KubernetesCluster("cassandra", { cluster: settings.cluster });
const judge = ringChangeValidator(cluster.kubeContext);
const guard = new DataGuard("cassandra", settings.facts, judge, acceptDataLoss, { dependsOn: cluster.passed });
const opts = { dependsOn: guard.passed };

const isNoOthers = refuseOtherStandard("cassandra", cluster.kubeContext);
// `pulumi destroy` keeps the namespace: to delete it would delete its PersistentVolumeClaims, and with them the data. It is a patch, so
// that the next `up` takes over the namespace that exists.
const namespace = settings.createNamespace
  ? new k8s.core.v1.NamespacePatch(
      "cassandra",
      { metadata: { name: settings.namespace, labels: { [enforceLabel]: settings.enforcedStandard } } },
      {
        ...opts,
        retainOnDelete: true,
        hooks: { beforeCreate: [isNoOthers], beforeUpdate: [isNoOthers] },
      },
    ).id
  : pulumi.output(settings.namespace);

const storageClassName =
  persistent || cockroachdb
    ? new CassandraStorage(
        "cassandra",
        {
          name: "cassandra",
          topology: "persistent",
          storage: settings.storage,
          storageClassName: settings.storageClassName,
          takesOver,
          cluster: cluster.kubeContext,
        },
        opts,
      ).storageClassName
    : undefined;

const common = { namespace, cluster: cluster.kubeContext, takesOver, acceptDataLoss };
const rings = {
  persistent:
    persistent && new PersistentCluster(persistent.name, { ...persistent, ...common, storageClassName }, opts),
  ephemeral: ephemeral && new EphemeralCluster(ephemeral.name, { ...ephemeral, ...common }, opts),
  daemon: daemon && new DaemonCluster(daemon.name, { ...daemon, ...common }, opts),
  pod: pod && new SinglePod(pod.name, { ...pod, ...common }, opts),
  cockroachdb:
    cockroachdb && new CockroachCluster(cockroachdb.name, { ...cockroachdb, ...common, storageClassName }, opts),
};

const superusers = Object.entries(rings).flatMap(([topology, ring]) =>
  ring && "superuser" in ring && ring.superuser ? [[topology, ring.superuser] as const] : [],
);

export { namespace };
/** For each topology, the role that may do everything, and its password, which is a secret. */
export const superuser = Object.fromEntries(
  superusers.map(([topology, { username, password }]) => [topology, { username, password }]),
);
/** For each topology, what a person uses next: contact points, Services, command lines. */
export const usage = Object.fromEntries(
  Object.entries(rings).flatMap(([topology, ring]) => (ring ? [[topology, ring.usage]] : [])),
);
