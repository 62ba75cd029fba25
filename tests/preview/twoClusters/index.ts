import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SinglePod } from "../../../components/index";

const config = new pulumi.Config();
const provider = new k8s.Provider("theirs", { kubeconfig: config.require("theirs") });

export const { contactPoints } = new SinglePod(
  "alone",
  {
    name: "alone",
    namespace: "default",
    cluster: { kubeconfig: config.require("guarded") },
    image: "docker.io/library/cassandra:5.0.9",
    memory: "1Gi",
    cpu: "100m",
    maxHeapMiB: 512,
    clusterName: "alone",
    datacenter: "dc1",
    rack: "rack1",
    auth: "none",
  },
  { provider },
);
