import { PersistentCluster } from "../../../components/index";

const ring = new PersistentCluster("alone", {
  name: "alone",
  namespace: "default",
  replicas: 3,
  image: "docker.io/library/cassandra:5.0.9",
  memory: "1Gi",
  cpu: "100m",
  maxHeapMiB: 512,
  clusterName: "alone",
  datacenter: "dc1",
  rack: "rack1",
  volumeSize: "1Gi",
  volumeRetention: "delete",
});

export const contactPoints = ring.contactPoints;
