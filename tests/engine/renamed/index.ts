import * as pulumi from "@pulumi/pulumi";
import {
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  PersistentCluster,
  SinglePod,
} from "../../../components/index";
import { aloneArgs } from "../aloneArgs";

const config = new pulumi.Config();
/** What is added to the name of each. */
const suffix = config.get("suffix") ?? "";
const others = {
  namespace: config.get("namespace") ?? "default",
  acceptDataLoss: config.getBoolean("acceptDataLoss") ?? false,
};
const ofRing = (name: string) => ({
  ...aloneArgs,
  ...others,
  name: `${name}${suffix}`,
  clusterName: name,
  auth: "none" as const,
});
const volumes = { replicas: 2, volumeSize: "1Gi", volumeRetention: "delete" as const };

new PersistentCluster("one", { ...ofRing("one"), ...volumes, racks: config.getObject<string[]>("racks") });
new EphemeralCluster("two", { ...ofRing("two"), replicas: 1 });
new DaemonCluster("three", ofRing("three"));
new SinglePod("four", ofRing("four"));
const { image, memory, cpu } = aloneArgs;
new CockroachCluster("five", { ...others, image, memory, cpu, ...volumes, name: `five${suffix}` });
