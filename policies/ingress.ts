import { KubeObject } from "./objects";

/** Whom a network policy lets in. */
export interface Sources {
  /** Why it is everybody; undefined where it is not. */
  everybody?: string;
  networks: string[];
}

const withoutFrom = "one of its rules has no `from`";

/** Of the policies of Kubernetes, of Cilium and of Calico; undefined for other objects. */
export function sourcesOf({ apiVersion, kind, spec, specs = [] }: KubeObject): Sources | undefined {
  const ingress = [spec, ...specs].flatMap((one) => (one?.ingress as unknown[] | undefined) ?? []);
  if (/^Cilium(Clusterwide)?NetworkPolicy$/.test(kind)) return ofCilium(ingress as CiliumRule[]);
  if (!/^(Global|StagedGlobal|Staged)?NetworkPolicy$/.test(kind)) return undefined;
  return /projectcalico\.org\//.test(apiVersion)
    ? ofCalico(ingress as CalicoRule[])
    : ofKubernetes(ingress as PlainRule[]);
}

interface PlainRule {
  from?: { ipBlock?: { cidr: string } }[];
}

function ofKubernetes(ingress: PlainRule[]): Sources {
  return {
    ...(ingress.some(({ from }) => !from?.length) && { everybody: withoutFrom }),
    networks: ingress.flatMap(({ from = [] }) => from.flatMap(({ ipBlock }) => ipBlock?.cidr ?? [])),
  };
}

/** A list that is there and empty lets nobody in. */
interface CiliumRule {
  fromEntities?: string[];
  fromCIDR?: string[];
  fromCIDRSet?: { cidr?: string }[];
  toPorts?: unknown[];
  icmps?: unknown[];
}

function ofCilium(ingress: CiliumRule[]): Sources {
  // A rule with nothing in it denies.
  const isOpen = (rule: CiliumRule) =>
    !!(rule.toPorts ?? rule.icmps) && !Object.keys(rule).some((field) => field.startsWith("from"));
  const world = ingress
    .flatMap(({ fromEntities = [] }) => fromEntities)
    .find((entity) => /^(all|world(-ipv[46])?)$/i.test(entity));
  const everybody = world === undefined ? withoutFrom : `one of its rules is for the entity ${world}`;
  return {
    ...((world !== undefined || ingress.some(isOpen)) && { everybody }),
    networks: ingress.flatMap(({ fromCIDR = [], fromCIDRSet = [] }) => [
      ...fromCIDR,
      ...fromCIDRSet.flatMap(({ cidr }) => cidr ?? []),
    ]),
  };
}

interface CalicoRule {
  action?: string;
  source?: Record<string, unknown> & { nets?: string[] };
}

function ofCalico(ingress: CalicoRule[]): Sources {
  const allowed = ingress.filter(({ action }) => action === "Allow");
  // What a source is not, and its ports, leave all others in.
  const isNamed = ({ source = {} }: CalicoRule) =>
    ["nets", "selector", "namespaceSelector", "serviceAccounts", "services"].some(
      (field) => source[field] !== undefined,
    );
  return {
    ...(!allowed.every(isNamed) && { everybody: "one of its rules has no source" }),
    networks: allowed.flatMap(({ source }) => source?.nets ?? []),
  };
}
