import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SinglePod } from "../../../components/index";
import { aloneArgs } from "../aloneArgs";

const config = new pulumi.Config();
const provider = new k8s.Provider("theirs", { kubeconfig: config.require("theirs") });

export const { contactPoints } = new SinglePod(
  "alone",
  { ...aloneArgs, auth: "none", cluster: { kubeconfig: config.require("guarded") } },
  { provider },
);
