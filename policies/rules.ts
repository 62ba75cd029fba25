import { quantity } from "../components/kubernetes/quantity";
import { shapes } from "../components/args/shapes";
import { tooWide } from "./networks";
import { containersOf, envOf, imagesOf, KubeObject, podSpecOf, titleOf } from "./objects";

/** What must hold of an object; each message says what to do. */
export interface Rule {
  name: string;
  description: string;
  enforcementLevel: "advisory" | "mandatory";
  /** @param live the object that is there, where there is one and `needsLive` asks for it */
  check: (object: KubeObject, live?: KubeObject) => string[];
  /** Kinds whose live object it compares with. @default none */
  needsLive?: string[];
  /** Whether objects of this program's own component, which sees to it by itself, are left out. @default false */
  exceptRings?: boolean;
}

const pinnedImages: Rule = {
  name: "pinned-images",
  description: "Images have a tag other than latest, or a digest.",
  enforcementLevel: "mandatory",
  check: (object) =>
    imagesOf(object)
      .filter(({ image }) => (image !== undefined || !object.isPart) && !shapes.image.is(image))
      .map(
        ({ name, image }) =>
          `${titleOf(object)}, container ${name}: image "${image}" can change without an edit; give it a tag other than latest, or a digest`,
      ),
};

const memoryLimits: Rule = {
  name: "memory-limits",
  description: "Containers have a memory limit.",
  enforcementLevel: "mandatory",
  check: (object) =>
    containersOf(object)
      .filter(({ resources }) => !object.isPart && !resources?.limits?.memory)
      .map(
        ({ name }) =>
          `${titleOf(object)}, container ${name}: without a memory limit it may use all memory of its node; set resources.limits.memory`,
      ),
};

/** With one of these, a cloud's load balancer has an address inside its network alone. */
const internal: Record<string, string> = {
  "networking.gke.io/load-balancer-type": "Internal",
  "cloud.google.com/load-balancer-type": "Internal",
  "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
  "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
  "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
};

interface IngressRule {
  from?: { ipBlock?: { cidr: string } }[];
}

/** What leads requests from outside to a Service: names of groups, and of kinds in them. */
const entrances: [RegExp, RegExp][] = [
  [/^(networking\.k8s\.io|extensions)\//, /^Ingress$/],
  [/^route\.openshift\.io\//, /^Route$/],
  [/^gateway\.networking\.(x-)?k8s\.io\//, /^(Gateway|X?ListenerSet|\w+Route)$/],
  [/^networking\.istio\.io\//, /^Gateway$/],
  [/^traefik\.(io|containo\.us)\//, /^IngressRoute/],
  [/^projectcontour\.io\//, /^HTTPProxy$/],
];

const isEntrance = ({ apiVersion, kind }: KubeObject) =>
  entrances.some(([group, kinds]) => group.test(apiVersion) && kinds.test(kind));

interface ServiceSpec {
  type?: string;
  externalIPs?: string[];
  loadBalancerSourceRanges?: string[];
  ports?: { nodePort?: number }[];
}

/** Whether a Service takes requests from outside; of a part of one, whether that part would let one do so. */
function isPublic({ spec = {}, metadata, isPart }: KubeObject): boolean {
  const { type, externalIPs, loadBalancerSourceRanges: ranges, ports } = spec as ServiceSpec;
  if (type === "NodePort" || externalIPs?.length) return true;
  const annotations = Object.entries(metadata?.annotations ?? {});
  const isInternal = annotations.some(([key, value]) => internal[key] === value);
  if (type === "LoadBalancer") return !isInternal && (!ranges?.length || tooWide(ranges) !== undefined);
  if (!isPart || type !== undefined) return false;
  // Without a type it is the one that is there that decides: of the other fields, none may open it.
  const opens = annotations.some(([key, value]) => key in internal && internal[key] !== value);
  const isOpened = ranges !== undefined && (ranges.length === 0 || tooWide(ranges) !== undefined);
  return opens || (isOpened && !isInternal) || !!ports?.some(({ nodePort }) => nodePort);
}

const privateServices: Rule = {
  name: "private-services",
  description: "Nothing is open to the world: no Service, Ingress, Route, Gateway, port of a node, or policy.",
  enforcementLevel: "mandatory",
  check: (object) => {
    if (isEntrance(object))
      return [
        `${titleOf(object)} is open to everybody who reaches its controller, and a database is for its own clients; remove it`,
      ];
    const onNodes = containersOf(object).filter(({ ports }) => ports?.some(({ hostPort }) => hostPort));
    if (onNodes.length > 0 || podSpecOf(object)?.hostNetwork)
      return [`${titleOf(object)} listens at the addresses of nodes; remove hostPort and hostNetwork`];
    if (object.kind === "NetworkPolicy") {
      const { ingress = [] } = (object.spec ?? {}) as { ingress?: IngressRule[] };
      if (ingress.some(({ from }) => !from?.length))
        return [
          `${titleOf(object)} lets everybody in: one of its rules has no \`from\`; name the pods or networks of clients`,
        ];
      const wide = tooWide(ingress.flatMap(({ from = [] }) => from.flatMap(({ ipBlock }) => ipBlock?.cidr ?? [])));
      return wide === undefined ? [] : [`${titleOf(object)} lets ${wide} in; name the networks of clients`];
    }
    if (object.kind !== "Service" || !isPublic(object)) return [];
    return [
      `${titleOf(object)} is open to everybody who reaches its address; make it a ClusterIP, or a load balancer with your cloud's annotation ` +
        "for an internal one, or with loadBalancerSourceRanges",
    ];
  },
};

const clientsLogIn: Rule = {
  name: "clients-log-in",
  description: "Clients of a Cassandra ring log in.",
  enforcementLevel: "mandatory",
  check: (object) => {
    const { RING_NAME: ring, RING_SUPERUSER: superuser } = envOf(object);
    if (!ring || superuser) return [];
    return [`ring ${ring}: everybody who reaches CQL may do everything; take \`auth: none\` out of its config`];
  },
};

/** With fewer members, a QUORUM of three copies does not outlive the loss of one. */
const fewest = 3;

const enoughMembers: Rule = {
  name: "enough-members",
  description: "A Cassandra ring has as many members as the replication factor.",
  enforcementLevel: "advisory",
  check: (object) => {
    const { replicas } = (object.spec ?? {}) as { replicas?: number };
    const isCassandra = containersOf(object).some(({ image = "" }) => /(^|\/)cassandra[:@]/.test(image));
    if (!isCassandra || replicas === undefined) return [];
    const { RING_SETS: sets = "" } = envOf(object);
    const members = replicas * Math.max(1, sets.split(" ").length);
    if (members >= fewest) return [];
    return [
      `${titleOf(object)}: ${members} members are too few for replication factor ${fewest}, so QUORUM fails when one of them is lost; ` +
        `use ${fewest} members or more`,
    ];
  },
};

const images = (object: KubeObject) => containersOf(object).map(({ image }) => image);
const replicasOf = ({ spec }: KubeObject) => (spec as { replicas?: number } | undefined)?.replicas;

const oneChangeAtATime: Rule = {
  name: "one-change-at-a-time",
  description: "One update does not both remove members and change the image.",
  enforcementLevel: "mandatory",
  needsLive: ["StatefulSet", "ReplicationController"],
  check: (object, live) => {
    const [was, wanted] = [live && replicasOf(live), replicasOf(object)];
    if (was === undefined || wanted === undefined || wanted >= was) return [];
    if (JSON.stringify(images(live!)) === JSON.stringify(images(object))) return [];
    return [
      `${titleOf(object)}: ${was} -> ${wanted} replicas and another image at once, so that data streams between versions; edit one of them now, ` +
        "and the other in the next update",
    ];
  },
};

interface Claim {
  metadata: { name: string };
  spec: { storageClassName?: string; resources: { requests: { storage: string } } };
}
const claimsOf = ({ spec }: KubeObject) =>
  (spec as { volumeClaimTemplates?: Claim[] } | undefined)?.volumeClaimTemplates ?? [];

const storageStays: Rule = {
  name: "storage-stays",
  description: "No edit of volumeClaimTemplates deletes a StatefulSet and creates it again.",
  enforcementLevel: "mandatory",
  needsLive: ["StatefulSet"],
  exceptRings: true,
  check: (object, live) => {
    if (!live) return [];
    const describe = (claims: Claim[]) =>
      claims
        .map(({ metadata, spec }) => {
          const { storage } = spec.resources.requests;
          return `${metadata.name} (${quantity(storage) ?? storage} bytes of class ${spec.storageClassName ?? "by default"})`;
        })
        .join(", ");
    const wanted = claimsOf(object);
    // A class that is not named is the cluster's own choice, which the live set tells.
    const there = claimsOf(live).map((claim, i) => ({
      ...claim,
      spec: { ...claim.spec, ...(wanted[i] && !wanted[i].spec.storageClassName && { storageClassName: undefined }) },
    }));
    if (describe(wanted) === describe(there)) return [];
    return [
      `${titleOf(object)}: other volumeClaimTemplates delete the StatefulSet with all of its pods, and create it again: ${describe(there)} -> ` +
        `${describe(wanted)}; expand the PersistentVolumeClaims by hand (\`kubectl patch pvc\`), or \`kubectl delete statefulset --cascade=orphan\` first`,
    ];
  },
};

const seenObjects: Rule = {
  name: "seen-objects",
  description: "No Helm release makes objects that no policy sees.",
  enforcementLevel: "mandatory",
  check: (object) =>
    object.kind === "Release"
      ? [
          `${titleOf(object)}: no policy sees the objects of a Helm release; use a Chart (kubernetes:helm.sh/v4), whose objects are resources of Pulumi`,
        ]
      : [],
};

export const rules: Rule[] = [
  seenObjects,
  pinnedImages,
  memoryLimits,
  privateServices,
  clientsLogIn,
  enoughMembers,
  oneChangeAtATime,
  storageStays,
];

/** Says which objects the rules with `needsLive` could not compare; policies/index.ts makes the check. */
export const clusterSeen: Omit<Rule, "check"> = {
  name: "cluster-seen",
  description: "The rules that compare with live objects could read them.",
  enforcementLevel: "advisory",
};
