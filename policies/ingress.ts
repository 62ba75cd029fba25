import { KubeObject } from "./objects";

/** Whom a network policy lets in. */
export interface Sources {
  /** Why it is everybody; undefined where it is not. */
  everybody?: string;
  networks: string[];
}

const withoutFrom = "one of its rules has no `from`";
const allPods = "one of its rules is for all pods of all namespaces";

/** Of the policies of Kubernetes, of Cilium and of Calico; undefined for other objects. */
export function sourcesOf({ apiVersion, kind, spec, specs = [] }: KubeObject): Sources | undefined {
  const ingress = [spec, ...specs].flatMap((one) => (one?.ingress as unknown[] | undefined) ?? []);
  if (/^Cilium(Clusterwide)?NetworkPolicy$/.test(kind))
    return ofCilium(ingress as CiliumRule[], kind === "CiliumClusterwideNetworkPolicy");
  if (/^policy\.networking\.k8s\.io\//.test(apiVersion)) return ofAdmins(ingress as AdminRule[]);
  if (!/^(Global|StagedGlobal|Staged)?NetworkPolicy$/.test(kind)) return undefined;
  return /projectcalico\.org\//.test(apiVersion)
    ? ofCalico(ingress as CalicoRule[])
    : ofKubernetes(ingress as PlainRule[]);
}

/** Networks under a name, which the policies of Cilium and of Calico let in by it; undefined for other objects. */
export function namedNetworks({ apiVersion, kind, spec = {} }: KubeObject): string[] | undefined {
  const { externalCIDRs, nets } = spec as { externalCIDRs?: string[]; nets?: string[] };
  if (/^cilium\.io\//.test(apiVersion) && kind === "CiliumCIDRGroup") return externalCIDRs ?? [];
  const isSet = /projectcalico\.org\//.test(apiVersion) && /^(Global)?NetworkSet$/.test(kind);
  return isSet ? (nets ?? []) : undefined;
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string }[];
}

/** Labels that every namespace has, and by which Cilium knows the namespace of every pod. */
const everyNamespace =
  /^((k8s|any)[:.])?(io\.cilium\.k8s\.namespace\.labels\.)?(kubernetes\.io\/metadata\.name|io\.kubernetes\.pod\.namespace)$/;

/** Whether a selector leaves nothing out. */
const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: Selector) =>
  Object.keys(matchLabels).length === 0 &&
  matchExpressions.every(({ key, operator }) => operator === "Exists" && everyNamespace.test(key));

interface PlainRule {
  from?: { ipBlock?: { cidr: string }; namespaceSelector?: Selector; podSelector?: Selector }[];
}

function ofKubernetes(ingress: PlainRule[]): Sources {
  const peers = ingress.flatMap(({ from = [] }) => from);
  const isAll = peers.some(
    ({ ipBlock, namespaceSelector, podSelector = {} }) =>
      !ipBlock && namespaceSelector && isEmpty(namespaceSelector) && isEmpty(podSelector),
  );
  const isUnnamed = ingress.some(
    ({ from }) => !from?.length || from.some((peer) => Object.values(peer).every((value) => value === undefined)),
  );
  return {
    ...(isAll && { everybody: allPods }),
    ...(isUnnamed && { everybody: withoutFrom }),
    networks: ingress.flatMap(({ from = [] }) => from.flatMap(({ ipBlock }) => ipBlock?.cidr ?? [])),
  };
}

interface AdminRule {
  action?: string;
  from?: { namespaces?: Selector; pods?: { namespaceSelector?: Selector; podSelector?: Selector } }[];
}

/** Of the policies of administrators, which let pods in alone. */
function ofAdmins(ingress: AdminRule[]): Sources {
  const peers = ingress.filter(({ action }) => /^(Allow|Accept)$/.test(action ?? "")).flatMap(({ from = [] }) => from);
  const isAll = peers.some(({ namespaces, pods: { namespaceSelector, podSelector = {} } = {} }) =>
    namespaces ? isEmpty(namespaces) : namespaceSelector && isEmpty(namespaceSelector) && isEmpty(podSelector),
  );
  return { ...(isAll && { everybody: allPods }), networks: [] };
}

/** A list that is there and empty lets nobody in. */
interface CiliumRule {
  fromEndpoints?: Selector[];
  fromEntities?: string[];
  fromCIDR?: string[];
  fromCIDRSet?: { cidr?: string }[];
  toPorts?: unknown[];
  icmps?: unknown[];
}

/** @param isOfCluster whether a selector without a namespace is for pods of all of them, and not of the policy's own */
function ofCilium(ingress: CiliumRule[], isOfCluster: boolean): Sources {
  // A rule with nothing in it denies.
  const isOpen = (rule: CiliumRule) =>
    !!(rule.toPorts ?? rule.icmps) && !Object.keys(rule).some((field) => field.startsWith("from"));
  const entity = ingress
    .flatMap(({ fromEntities = [] }) => fromEntities)
    .find((one) => /^(all|cluster|world(-ipv[46])?)$/i.test(one));
  const isAll = ingress
    .flatMap(({ fromEndpoints = [] }) => fromEndpoints)
    .some((selector) => isEmpty(selector) && (isOfCluster || !!selector.matchExpressions?.length));
  return {
    ...(isAll && { everybody: allPods }),
    ...(ingress.some(isOpen) && { everybody: withoutFrom }),
    ...(entity !== undefined && { everybody: `one of its rules is for the entity ${entity}` }),
    networks: ingress.flatMap(({ fromCIDR = [], fromCIDRSet = [] }) => [
      ...fromCIDR,
      ...fromCIDRSet.flatMap(({ cidr }) => cidr ?? []),
    ]),
  };
}

interface CalicoRule {
  action?: string;
  source?: Record<string, unknown> & { nets?: string[]; selector?: string; namespaceSelector?: string };
}

/** Words of Calico for a selector that leaves nothing out. */
const isAllOfCalico = (selector = "all()") => /^\s*(all\(\))?\s*$/.test(selector);

function ofCalico(ingress: CalicoRule[]): Sources {
  const allowed = ingress.filter(({ action }) => action === "Allow");
  // What a source is not, and its ports, leave all others in.
  const isNamed = ({ source = {} }: CalicoRule) =>
    ["nets", "selector", "namespaceSelector", "serviceAccounts", "services"].some(
      (field) => source[field] !== undefined,
    );
  const isAll = allowed.some(
    ({ source: { namespaceSelector, selector, nets, services, serviceAccounts } = {} }) =>
      namespaceSelector !== undefined &&
      [namespaceSelector, selector].every(isAllOfCalico) &&
      [nets, services, serviceAccounts].every((field) => field === undefined),
  );
  return {
    ...(isAll && { everybody: allPods }),
    ...(!allowed.every(isNamed) && { everybody: "one of its rules has no source" }),
    networks: allowed.flatMap(({ source }) => source?.nets ?? []),
  };
}
