import * as pulumi from "@pulumi/pulumi";
import { writeFileSync } from "node:fs";
import { PersistentCluster } from "../../../components/index";

for (let i = 0; i < new pulumi.Config().requireNumber("rings"); i++) {
  new PersistentCluster(`ring-${i}`, {
    name: `ring-${i}`,
    namespace: "default",
    replicas: 1,
    image: "docker.io/library/cassandra:5.0.9",
    memory: "512Mi",
    cpu: "1m",
    maxHeapMiB: 256,
    clusterName: `ring-${i}`,
    datacenter: "dc1",
    rack: "rack1",
    auth: "none",
    storageClassName: "fast",
    volumeSize: "1Gi",
    volumeRetention: "delete",
  });
}

const file = process.env.BENCH_MEMORY;
// In KiB, as the kernel counts it.
if (file) process.on("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
