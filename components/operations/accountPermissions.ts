import type { V1ResourceRule } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient, withAnswerTimeout } from "../kubernetes/apiClient";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { type Need, type Permission, permissions } from "../kubernetes/permissions";
import type { PodController } from "./foreignPods";

export interface RequiredPermissions {
  /** Whose objects they are, as messages name it: `ring cassandra`. */
  subject: string;
  /** What an update of these objects needs. */
  needs: Need[];
  /** The Kubernetes cluster that they are in. @default that of the default provider */
  cluster?: KubeContext;
}

/** What the controllers of pods need. */
export const needOf = {
  StatefulSet: "statefulSets",
  ReplicationController: "replicationControllers",
  DaemonSet: "daemonSets",
  Pod: "singlePod",
} as const satisfies Record<PodController["kind"], Need>;

/**
 * Hook of a component: asks Kubernetes, before the component is created, whether the account may do what an update needs. Without it, an
 * update would end at the first object that the account may not make, with the others made. An update refuses what the account may not
 * make whole.
 */
export function mayMake(name: string, required: RequiredPermissions): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-may-be-made`,
    ({ newInputs }) => {
      const { namespace } = newInputs as { namespace?: string };
      return judge(required, namespace, ({ need, verbs }) => verbs.includes("create") || isGiven(need));
    },
    { onDryRun: true },
  );
}

/**
 * Hook of a controller of pods: the same before the controller is changed. An update refuses an edit of a controller that the account may
 * not change. Members would leave for it, and the controller would make them again.
 * @param parent the resource that `pulumi up` shows warnings at
 */
export function mayChange(
  name: string,
  required: RequiredPermissions,
  controller: Need,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-may-be-changed`,
    ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace?: string } }).metadata;
      return judge(required, namespace, ({ need, verbs }) => need === controller && verbs.includes("patch"), parent);
    },
    { onDryRun: true },
  );
}

/**
 * Warns of what an account lacks. A preview says nothing to an account that may change nothing at all: such an account reviews, and
 * another one will update. An update warns as well, since not every update does all.
 * @param isRequired whether an update is refused for a lack
 * @throws {Error} in an update, for what is required
 */
async function judge(
  { subject, needs, cluster }: RequiredPermissions,
  namespace: string | undefined,
  isRequired: (lack: Lack) => boolean,
  parent?: pulumi.Resource,
): Promise<void> {
  // The preview of a namespace that is yet to be made does not know it.
  if (!namespace) return;
  const inspect = async () => findLacks(await KubernetesClient.connect(cluster), namespace, needs);
  // Where Kubernetes does not tell, it decides later.
  const found = await withAnswerTimeout(inspect).catch(() => undefined);
  if (!found || found.lacks.length === 0) return;
  const isPreview = pulumi.runtime.isDryRun();
  if (isPreview && !found.mayChange) return;
  const isRefused = found.lacks.some(isRequired);
  const line =
    `${subject}: this account may not do all that an update needs in namespace ${namespace}: it lacks ` +
    `${found.lacks.map(describe).join("; ")} (docs/reference/permissions.md)`;
  if (isRefused && !isPreview) throw new Error(`${line}. Nothing was touched`);
  await pulumi.log.warn(`${line}${isRefused ? ". `pulumi up` by this account is refused" : ""}`, parent);
}

/** Verbs that an account lacks for one kind of objects. */
interface Lack {
  need: Need;
  apiGroup: string;
  resource: string;
  verbs: string[];
}

const describe = ({ apiGroup, resource, verbs }: Lack) =>
  `${verbs.join(", ")} of ${apiGroup === "" ? resource : `${resource}.${apiGroup}`}`;

/** What an account lacks, and whether it may change anything of what is needed. */
async function findLacks(
  client: KubernetesClient,
  namespace: string,
  needs: Need[],
): Promise<{ lacks: Lack[]; mayChange: boolean }> {
  const { status } = await client.authorization.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
  const rules = status?.resourceRules ?? [];
  const isAllowed = async (access: Access) =>
    allows(rules, access) || (status?.incomplete === true && (await mayDo(client, access)));
  let mayChangeAny = false;
  const lacks: Lack[] = [];
  const mayGive = needs.some(isGiven) && (await isAllowed({ ...roles, verb: "escalate", namespace }));
  for (const need of needs) {
    const { apiGroup, resources, update, isClusterWide, isOwnNamespace }: Permission = permissions[need];
    if (isGiven(need) && mayGive) continue;
    const of = { ...(isClusterWide ? {} : { namespace }), ...(isOwnNamespace && { name: namespace }) };
    for (const resource of resources) {
      const answers = await Promise.all(update.map((verb) => isAllowed({ apiGroup, resource, verb, ...of })));
      mayChangeAny ||= update.some((verb, i) => changes.includes(verb) && answers[i]);
      const verbs = update.filter((_, i) => !answers[i]);
      if (verbs.length > 0) lacks.push({ need, apiGroup, resource, verbs });
    }
  }
  return { lacks, mayChange: mayChangeAny };
}

const isGiven = (need: Need) => (permissions[need] as Permission).isGiven === true;
const roles = { apiGroup: "rbac.authorization.k8s.io", resource: "roles" };
const changes = ["create", "patch", "delete"];

interface Access {
  apiGroup: string;
  resource: string;
  verb: string;
  /** @default the objects have none, so that rights in one namespace are not enough */
  namespace?: string;
  /** @default any that the ring's objects may have */
  name?: string;
}

/** Whether rules allow something. Those of some names alone count, since they may be the names of the ring's objects. */
const allows = (rules: V1ResourceRule[], { apiGroup, resource, verb, name }: Access) =>
  rules.some(
    ({ apiGroups = [], resources = [], resourceNames = [], verbs }) =>
      holds(apiGroups, apiGroup) &&
      holds(resources, resource) &&
      holds(verbs, verb) &&
      (name === undefined || resourceNames.length === 0 || resourceNames.includes(name)),
  );

const holds = (list: string[], one: string) => list.includes("*") || list.includes(one);

/** Asks for one permission, where an authorizer (a webhook) does not list its rules. */
async function mayDo({ authorization }: KubernetesClient, access: Access): Promise<boolean> {
  const { apiGroup: group, verb, namespace, name } = access;
  const [resource, subresource] = access.resource.split("/");
  const resourceAttributes = { namespace, group, resource, subresource, verb, name };
  const { status } = await authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
  return status?.allowed ?? false;
}
