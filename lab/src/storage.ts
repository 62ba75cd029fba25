/** Dynamic volumes: the provisioner's process, and the default class that minikube has too. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { apiServer } from "./controlPlane";
import { Instance } from "./instance";
import { Network } from "./network";
import { grant } from "./objects";
import { kubeconfig } from "./pki";
import { startProcess } from "./processes";

/** Name under which minikube's provisioner, and so this one, serves claims. */
export const hostpathProvisioner = "k8s.io/minikube-hostpath";
const user = "lab:provisioner";

/** @param everyClass serve the claims of other provisioners too, as simulated nodes want no real disk */
export async function startProvisioner(instance: Instance, network: Network, everyClass: boolean): Promise<void> {
  const client = await kubeconfig(instance, "provisioner-client.json", apiServer(network), { name: user });
  mkdirSync(instance.path("volumes"), { recursive: true });
  const script = [process.execPath, "--disable-warning=ExperimentalWarning", "-r", "ts-node/register"];
  const args = [client, instance.path("volumes"), ...(everyClass ? ["every-class"] : [])];
  await startProcess(instance, "provisioner", [...script, join(__dirname, "provisioner.ts"), ...args]);
}

/** The default class, and what the provisioner may do. */
export function storageObjects(): KubernetesObject[] {
  const rule = (apiGroup: string, resource: string, ...verbs: string[]) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs,
  });
  const objects = [
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: hostpathProvisioner,
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    },
    ...grant(user, [
      rule("", "persistentvolumes", "list", "watch", "create", "patch", "delete"),
      rule("", "persistentvolumeclaims", "list", "watch"),
      rule("", "persistentvolumeclaims/status", "patch"),
      rule("storage.k8s.io", "storageclasses", "list", "watch"),
    ]),
  ];
  return objects;
}
