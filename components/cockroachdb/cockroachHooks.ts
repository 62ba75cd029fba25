import * as pulumi from "@pulumi/pulumi";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { cockroachSecret } from "../objects/certificateCheck";
import { type Identity, selectorLabels } from "../objects/labels";
import { mayMake, type RequiredPermissions } from "../operations/accountPermissions";
import { refuseForeignPods } from "../operations/foreignPods";
import type { OwnObjects } from "../operations/foreignRings";
import { warnOfAnotherOwner } from "../operations/ownerChange";
import { refuseWithoutSecrets } from "../operations/requiredSecrets";
import { withoutSelfReplacement } from "../operations/selfReplacement";
import type { CockroachClusterArgs } from "./cockroachCluster";

export const identityOf = ({ name }: CockroachClusterArgs): Identity => ({
  name,
  topology: "persistent",
  application: "cockroachdb",
});

export const subjectOf = ({ name }: CockroachClusterArgs) => `CockroachDB cluster ${name}`;

/** What an account needs to make a cluster and to change it. */
export function requiredPermissions(args: CockroachClusterArgs, cluster: KubeContext): RequiredPermissions {
  const base = [
    "objects",
    "endpoints",
    "pods",
    "claims",
    "statefulSets",
    "networkPolicies",
    "disruptionBudgets",
    "jobs",
  ] as const;
  const further = [
    ...(args.sqlClient ? ["singlePod" as const] : []),
    ...(args.loadGenerator ? (["deployments", "replicaSets"] as const) : []),
  ];
  return { subject: subjectOf(args), needs: [...base, ...further], cluster };
}

export const ownObjects = (identity: Identity): OwnObjects => ({
  topology: "cockroachdb",
  identity,
  services: [identity.name, `${identity.name}-public`],
  maker: { kind: "StatefulSet", names: [identity.name] },
});

/** Options of the component: those of the caller, and hooks: a StatefulSet of this name that is not in the state is refused. */
export function withHooks(
  name: string,
  args: CockroachClusterArgs,
  cluster: KubeContext,
  opts?: pulumi.ComponentResourceOptions,
): pulumi.ComponentResourceOptions {
  const { maker } = ownObjects(identityOf(args));
  const isNoStrangers = refuseForeignPods(name, maker, cluster, selectorLabels(identityOf(args)));
  const beforeCreate = [
    ...(opts?.hooks?.beforeCreate ?? []),
    ...(args.takesOver ? [] : [isNoStrangers]),
    mayMake(name, requiredPermissions(args, cluster)),
  ];
  const beforeUpdate = [...(opts?.hooks?.beforeUpdate ?? []), warnOfAnotherOwner(name, subjectOf(args))];
  return withoutSelfReplacement(name, cluster, { ...opts, hooks: { ...opts?.hooks, beforeCreate, beforeUpdate } });
}

/** Hooks that refuse nodes whose certificates are missing or wrong. */
export function certificateHooks(
  name: string,
  { certificates }: CockroachClusterArgs,
  cluster: KubeContext,
): pulumi.ResourceHook[] {
  if (!certificates) return [];
  const { node, client } = certificates;
  return [refuseWithoutSecrets(name, cluster, [cockroachSecret("node", node), cockroachSecret("client", client)])];
}
