import { CassandraPodArgs, CassandraRingArgs } from "../../components/index";
import { RingBinding } from "../../components/objects/podArgs";

/** How a member runs in the tests of components, where nothing else matters. */
export const podArgs: CassandraPodArgs = {
  image: "cassandra:5.0.9",
  memory: "1Gi",
  cpu: "500m",
  maxHeapMiB: 512,
  clusterName: "K8Demo",
  datacenter: "DC1-K8Demo",
  rack: "rack1",
};

export const ringArgs: CassandraRingArgs = { ...podArgs, name: "cassandra", namespace: "db" };

/** What ties a pod to a ring on volumes, where nothing else matters. */
export const ringBinding: RingBinding = {
  name: "cassandra",
  service: "cassandra",
  disk: { kind: "persistentVolumeClaim", template: "data" },
  record: "cassandra-ring",
  scripts: "scripts-1",
  serviceAccountName: "account-1",
  selector: { app: "x", ring: "y" },
};
