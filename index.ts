import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CassandraStorage, PersistentCluster } from "./components";
import { readSettings } from "./settings";

const settings = readSettings();
const identity = { name: "cassandra", topology: "persistent" };

// Kept by `pulumi destroy`: deleting a namespace deletes the claims in it, and with them the rows. A patch, so that the next
// `up` takes it over instead of failing on what it finds.
const namespace = settings.createNamespace
  ? new k8s.core.v1.NamespacePatch("cassandra", { metadata: { name: settings.namespace } }, { retainOnDelete: true }).id
  : pulumi.output(settings.namespace);

const storage = new CassandraStorage("cassandra", { ...settings, ...identity });

const cluster = new PersistentCluster("cassandra", {
  ...settings,
  name: identity.name,
  namespace,
  rack: "rack1",
  storageClassName: storage.storageClassName,
});

export { namespace };
export const contactPoints = cluster.contactPoints;
export const discoveryService = cluster.service.discovery.metadata.name;
export const clientService = cluster.service.client.metadata.name;
export const cqlsh = pulumi.interpolate`kubectl exec -it -n ${namespace} cassandra-0 -- cqlsh`;
export const nodetool = pulumi.interpolate`kubectl exec -n ${namespace} cassandra-0 -- nodetool status`;
