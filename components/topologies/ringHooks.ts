import * as pulumi from "@pulumi/pulumi";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { certificateSecret } from "../objects/certificateCheck";
import { type Identity, selectorLabels } from "../objects/labels";
import { isClaimed, outlivesPod } from "../objects/disk";
import { Privilege, refuseWhereRestricted } from "../objects/podSecurityStandard";
import { setsOf } from "../objects/racks";
import { warnOfClientCertificates } from "../objects/tls";
import { refuseClusterNameInUse, hasVolumes } from "../operations/clusterNames";
import { PodController, refuseForeignPods } from "../operations/foreignPods";
import { refuseForeignRing } from "../operations/foreignRings";
import type { Need } from "../kubernetes/permissions";
import { mayChange, mayMake, needOf, type RequiredPermissions } from "../operations/accountPermissions";
import { warnOfTooFewNodes } from "../operations/nodeRoom";
import { type PodAdmissionArgs, refuseUnadmittedPods } from "../operations/podAdmission";
import { warnOfAnotherOwner } from "../operations/ownerChange";
import { refuseWithoutOperator } from "../operations/prometheusOperator";
import { refuseWithoutSecrets } from "../operations/requiredSecrets";
import { withoutSelfReplacement } from "../operations/selfReplacement";
import { roleSecret } from "../operations/roleSecrets";
import { superuserSecret } from "../operations/superuser";
import type { CassandraRingArgs } from "./ringArgs";
import { type RingLayout, topologyOf } from "./ringLayout";
import { propertyName } from "../engine/propertyNames";

/** Inputs of a ring's component: what its hooks are told. They wait for no other arg, so that a refused ring makes nothing. */
export function hookInputs(args: CassandraRingArgs): pulumi.Inputs {
  const { namespace, clusterName, clientCertificates, podSecurity, superuserSecret, roles, metrics } = args;
  return {
    namespace,
    clusterName,
    ...(clientCertificates === "required" && { clientCertificates }),
    ...(podSecurity === "openshift" && { podSecurity }),
    ...(superuserSecret !== undefined && { superuserSecret }),
    ...(metrics === "podMonitor" && { metrics }),
    ...(roles?.length && { roleSecrets: roles.map(({ name, secretName }) => `${name} ${secretName}`) }),
  };
}

/** Options of a ring's component: those of the caller, and the hooks that check before anything is made. */
export function withHooks(
  name: string,
  args: CassandraRingArgs,
  cluster: KubeContext,
  layout: RingLayout,
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ComponentResourceOptions {
  const { hooks } = opts;
  const given = [
    ...(args.superuserSecret === undefined ? [] : [superuserSecret(args.superuserSecret)]),
    ...(args.roles ?? []).map(roleSecret),
  ];
  const ofPassword = given.length > 0 ? [refuseWithoutSecrets(`${name}-superuser`, cluster, given)] : [];
  const ofMetrics = args.metrics === "podMonitor" ? [refuseWithoutOperator(name, cluster)] : [];
  const beforeCreate = [
    ...(hooks?.beforeCreate ?? []),
    ...ofPassword,
    ...ofMetrics,
    ...newRingHooks(name, args.name, cluster, layout),
    mayMake(name, requiredPermissions(args, cluster, layout)),
  ];
  const { disk, adopted } = layout;
  // Pods of the tutorials that are kept stay as they are. Without a volume, the files are new ones.
  const hasFiles = isClaimed(disk) && !adopted?.areKept;
  const beforeUpdate = [
    ...(hooks?.beforeUpdate ?? []),
    ...ofPassword,
    ...ofMetrics,
    warnOfClientCertificates(name, args),
    ...(hasFiles ? [warnOfAnotherOwner(name, `ring ${args.name}`)] : []),
  ];
  return withoutSelfReplacement(name, cluster, { ...opts, hooks: { ...hooks, beforeCreate, beforeUpdate } });
}

/** What an account needs to make a ring and to change it. */
export function requiredPermissions(
  args: CassandraRingArgs,
  cluster: KubeContext,
  layout: RingLayout,
): RequiredPermissions {
  const { maker, disk, adopted } = layout;
  const further: [Need, boolean][] = [
    ["secrets", args.auth !== "none" && args.superuserSecret === undefined],
    ["claims", isClaimed(disk)],
    // Whoever reaches adopted pods that are kept still does.
    ["networkPolicies", !adopted?.areKept],
    // Evictions of pods of a DaemonSet are not counted.
    ["disruptionBudgets", maker !== "DaemonSet"],
    ["ownNamespace", maker !== "StatefulSet"],
    ["clusterRoles", disk.kind === "hostPath"],
    ["nodeLabels", disk.kind === "hostPath"],
    ["certificates", args.certManager !== undefined],
    ["monitors", args.metrics === "podMonitor"],
  ];
  const needs = further.flatMap(([need, isNeeded]) => (isNeeded ? [need] : []));
  return {
    subject: `ring ${args.name}`,
    needs: ["objects", "endpoints", "pods", "roles", needOf[maker], ...needs],
    cluster,
  };
}

/**
 * Hooks before a ring's component is created, where the ring is not in the state yet: refuse pods that others have made under its name,
 * and a Cassandra cluster name that another ring has.
 */
function newRingHooks(
  name: string,
  ring: string,
  cluster: KubeContext,
  { disk, maker: kind, racks = [], adopted, topology, takesOver = false }: RingLayout,
): pulumi.ResourceHook[] {
  if (adopted || takesOver) return [];
  const maker: PodController = { kind, names: setsOf(ring, racks) };
  // Whether folders of nodes hold data of this ring cannot be seen from here.
  const comesBack = isClaimed(disk) ? hasVolumes(disk.template, maker.names) : () => Promise.resolve(outlivesPod(disk));
  const selector = selectorLabels({ name: ring, topology });
  return [
    refuseForeignPods(name, maker, cluster, selector),
    refuseClusterNameInUse(name, { ring, cluster, comesBack }),
  ];
}

/** Hooks before the first Service of a ring is created, which refuse objects of another ring. Those of an adopted ring are the tutorials'. */
export function newServiceHooks(
  name: string,
  identity: Identity,
  cluster: KubeContext,
  { maker: kind, racks = [], adopted, topology: component }: RingLayout,
): pulumi.ResourceHook[] {
  if (adopted) return [];
  const maker: PodController = { kind, names: setsOf(identity.name, racks) };
  const [topology, services] = [topologyOf[kind], [identity.name, `${identity.name}-client`]];
  const adoptsPod = component === "pod" && kind !== "Pod";
  return [refuseForeignRing(name, { topology, identity, services, maker, adoptsPod }, cluster)];
}

/** A ring whose pods a controller is about to make. */
export interface RingOfPods extends Omit<PodAdmissionArgs, "subject" | "acceptDataLoss"> {
  cluster: KubeContext;
  /** What the account needs. */
  permissions: RequiredPermissions;
  /** Kind of the controller. */
  maker: PodController["kind"];
  /** The resource that `pulumi up` shows warnings at. */
  parent: pulumi.Resource;
}

/**
 * Hooks before the controller of a ring's pods is created or updated: refuse what would let none of its pods start, or not all of them,
 * and what the account may not do.
 * @param more privileges of the pods of this topology
 */
export function podHooks(
  name: string,
  { name: ring, lockMemory, tlsSecret, certManager, acceptDataLoss }: CassandraRingArgs,
  { parent, permissions, maker, ...pods }: RingOfPods,
  ...more: Privilege[]
): { beforeCreate: pulumi.ResourceHook[]; beforeUpdate: pulumi.ResourceHook[] } {
  const { cluster } = pods;
  const subject = `ring ${ring}`;
  const lock = { setting: `${propertyName("lockMemory")}: "true"`, need: "the capability IPC_LOCK" };
  // Pods wait for a Secret that cert-manager has not written yet.
  const secrets = tlsSecret === undefined || certManager ? [] : [certificateSecret(tlsSecret)];
  const beforeCreate = [
    ...refuseWhereRestricted(name, cluster, [...(lockMemory ? [lock] : []), ...more]),
    ...(secrets.length > 0 ? [refuseWithoutSecrets(name, cluster, secrets)] : []),
    refuseUnadmittedPods(name, { ...pods, subject, acceptDataLoss }, parent),
    warnOfTooFewNodes(name, { selector: pods.selector, cluster, subject }, parent),
  ];
  return { beforeCreate, beforeUpdate: [mayChange(name, permissions, needOf[maker], parent), ...beforeCreate] };
}

/**
 * A provider does not reveal which Kubernetes cluster it uses, and updates must look at the pods there.
 * @throws {pulumi.ResourceError} if a ring has an explicit provider, and its `cluster` does not say which cluster that provider uses
 */
export function refuseUnknownCluster(ring: pulumi.ComponentResource, { name, cluster }: CassandraRingArgs): void {
  if (!ring.getProvider("kubernetes:core/v1:Pod") || cluster) return;
  throw new pulumi.ResourceError(
    `${name}: cluster: must be given with an explicit kubernetes provider; allowed is {kubeconfig, context} of that provider. ` +
      "An update that moves data must see the pods, and a provider does not tell which Kubernetes cluster it uses",
    ring,
  );
}
