/** A member as the programs of one's own have it, which are copied into the lab and run there. */
export const aloneArgs = {
  name: "alone",
  namespace: "default",
  image: "docker.io/library/cassandra:5.0.9",
  memory: "1Gi",
  cpu: "100m",
  maxHeapMiB: 512,
  clusterName: "alone",
  datacenter: "dc1",
  rack: "rack1",
};
