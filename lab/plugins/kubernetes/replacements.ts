import { Path } from "./diff";
import { KubeObject } from "./objects";

/** What the provider's configuration says about contents that are replaced by default. */
export interface Mutability {
  /** `kubernetes:enableConfigMapMutable`. @default false */
  configMaps: boolean;
  /** `kubernetes:enableSecretMutable`. @default false */
  secrets: boolean;
}

const each = (parent: string, names: string): string[] => names.split(" ").map((name) => `${parent}.${name}`);
const contents = ["data", "binaryData", "stringData"];
const container =
  "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext " +
  "stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir";

/**
 * Fields whose change replaces the object, by `group/kind`; `[]` stands for any item of a list. Some could be changed
 * in place: what counts is what the official plugin does, since a replacement may cost data.
 */
const table: Record<string, string[]> = {
  "apps/DaemonSet": ["spec.selector"],
  "apps/Deployment": ["spec.selector"],
  "apps/StatefulSet": each(
    "spec",
    "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates",
  ),
  "batch/Job": each("spec", "completions parallelism selector template"),
  "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
  "/ResourceQuota": ["spec.scopes"],
  "/Service": ["spec.clusterIP"],
  "/PersistentVolumeClaim": each("spec", "accessModes selector storageClassName volumeName"),
  "/PersistentVolume": each(
    "spec",
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs " +
      "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume",
  ),
  "/Pod": [
    ...each(
      "spec",
      "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork " +
        "hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority " +
        "priorityClassName readinessGates restartPolicy runtimeClassName schedulerName securityContext " +
        "serviceAccount serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds volumes",
    ),
    ...each("spec.containers[]", container),
    ...each("spec.initContainers[]", container),
  ],
};

/** What makes an object another one, whatever its kind. */
export const identityPaths = ["metadata.name", "metadata.namespace"];

/** The paths whose change replaces this object instead of updating it. */
export function replacingPaths(object: KubeObject, mutable: Mutability): string[] {
  const { apiVersion, kind } = object;
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  const paths = [...identityPaths, ...(table[`${group}/${kind}`] ?? [])];
  const immutable = object.immutable === true;
  if (group === "" && kind === "ConfigMap" && (immutable || !mutable.configMaps)) paths.push(...contents);
  if (group === "" && kind === "Secret") paths.push("type", ...(immutable || !mutable.secrets ? contents : []));
  if (apiVersion === "policy/v1beta1" && kind === "PodDisruptionBudget") paths.push("spec");
  return paths;
}

/** True when a change at `changed` touches `rule`: at it, below it, or above it with a value that reaches it. */
export function touches(rule: string, changed: Path, values: unknown[]): boolean {
  const steps = rule.replaceAll("[]", ".[]").split(".");
  const same = (step: string, key: string | number): boolean =>
    step === "[]" ? typeof key === "number" : step === key;
  if (!changed.slice(0, steps.length).every((key, index) => same(steps[index], key))) return false;
  return values.some((value) => reaches(value, steps.slice(changed.length)));
}

function reaches(value: unknown, [step, ...rest]: string[]): boolean {
  if (step === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  if (step === "[]") return Array.isArray(value) && value.some((item) => reaches(item, rest));
  return step in value && reaches((value as Record<string, unknown>)[step], rest);
}
