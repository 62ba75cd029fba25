import * as pulumi from "@pulumi/pulumi";
import { Key } from "./keys";
import { fullKey } from "./rawConfig";
import { commonKeys, objectKeys } from "./schema";

const known: Record<string, Key> = { ...commonKeys, ...objectKeys };

/** Namespaces of config keys that are those of Pulumi and of its providers, whatever their keys are. */
const providers = new Set(
  (
    "pulumi kubernetes kubernetes-cert-manager random tls time command docker docker-build aws aws-native awsx eks azure azure-native " +
    "azuread gcp google-native alicloud civo cloudflare consul datadog digitalocean exoscale github gitlab grafana hcloud ibm linode " +
    "mysql newrelic nomad oci openstack ovh postgresql rancher2 scaleway vault vsphere vultr"
  ).split(" "),
);

/** Keys of this table that the config of any other package may have as well. */
const ofMany = new Set([
  "replicas",
  "storage",
  "storageClassName",
  "volumeSize",
  "image",
  "imageRegistry",
  "imagePullSecrets",
  "memory",
  "cpu",
  "cpuLimit",
  "nodeSelector",
  "tolerations",
  "affinity",
  "priorityClassName",
  "createNamespace",
  "service",
  "auth",
  "tls",
  "tlsSecret",
  "clientCertificates",
  "clusterName",
  "datacenter",
  "daemon",
  "pod",
]);

/**
 * After the project was renamed, Pulumi no longer reads the keys of its stack files: each key would take its default, and rings would
 * change. Keys that only this program has tell that; words that any package may use do where the stack sets nothing for this project,
 * since then the file was written for another name.
 */
export function refuseKeysOfAnotherProject(): void {
  const project = pulumi.getProject();
  const keys = Object.keys(pulumi.runtime.allConfig());
  for (const former of new Set(keys.map((key) => key.split(":")[0]))) {
    if (former === project || providers.has(former)) continue;
    const names = keys.filter((key) => key.startsWith(`${former}:`)).map((key) => key.slice(former.length + 1));
    // Every provider may have a namespace of its own.
    const ours = names.filter((name) => (name in known && name !== "namespace") || former === "cassandra");
    const isSure = former === "cassandra" || ours.some((name) => !ofMany.has(name));
    if (ours.length === 0 || (!isSure && setsOwnKeys())) continue;
    const unread = ours.map((name) => `${former}:${name}`).join(", ");
    throw new pulumi.RunError(
      `Pulumi.yaml: name: invalid value "${project}" with ${unread} in the stack's config: must be ${former}, or the key must be ` +
        `${ours.map(fullKey).join(", ")}; Pulumi reads only keys that begin with the project's name` +
        (isSure
          ? ""
          : `. If another package reads ${unread}, set a key of this project as well: \`pulumi config set replicas 3\``),
    );
  }
}

/** Whether the stack sets a key of this project. Pulumi passes defaults as if the stack had set them. */
function setsOwnKeys(): boolean {
  const given = pulumi.runtime.allConfig();
  return Object.entries(known).some(([name, key]) => {
    const value = given[fullKey(name)] as string | undefined;
    return (
      value !== undefined && value !== (typeof key.default === "string" ? key.default : JSON.stringify(key.default))
    );
  });
}
