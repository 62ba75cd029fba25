import { quantity, wholeBytes } from "../components/kubernetes/quantity";
import { shapes } from "../components/args/shapes";
import { containersOf, envOf, imagesOf, KubeObject, titleOf } from "./objects";
import { privateServices } from "./privateServices";
import { seenObjects } from "./seenObjects";

/** What must hold of an object; each message says what to do. */
export interface Rule {
  name: string;
  description: string;
  enforcementLevel: "advisory" | "mandatory";
  /** @param live the object that is there, where there is one and `needsLive` asks for it */
  check: (object: KubeObject, live?: KubeObject) => string[];
  /** Kinds whose live object it compares with. @default none */
  needsLive?: string[];
  /** Whether sets of this program's own components are left out, whose volumes grow by themselves. @default false */
  exceptGrowing?: boolean;
}

const pinnedImages: Rule = {
  name: "pinned-images",
  description: "Images have a tag other than latest, or a digest.",
  enforcementLevel: "mandatory",
  check: (object) =>
    imagesOf(object)
      .filter(({ image }) => (image !== undefined || !object.isPart) && !shapes.image.is(image))
      .map(
        ({ where, image }) =>
          `${titleOf(object)}, ${where}: image "${image}" can change without an edit; give it a tag other than latest, or a digest`,
      ),
};

/** Whether it limits anything: Kubernetes takes a limit of zero for none. */
const isLimit = (memory: string | number = 0) => (quantity(`${memory}`) ?? 0) > 0;

const memoryLimits: Rule = {
  name: "memory-limits",
  description: "Containers have a memory limit.",
  enforcementLevel: "mandatory",
  check: (object) =>
    containersOf(object)
      .filter(({ resources }) => !isLimit(resources?.limits?.memory))
      // What a part does not say may be there.
      .filter(({ resources }) => !object.isPart || resources?.limits?.memory !== undefined)
      .map(
        ({ name }) =>
          `${titleOf(object)}, container ${name}: without a memory limit it may use all memory of its node; set resources.limits.memory`,
      ),
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
  exceptGrowing: true,
  check: (object, live) => {
    if (!live) return [];
    const describe = (claims: Claim[]) =>
      claims
        .map(({ metadata, spec }) => {
          const { storage } = spec.resources.requests;
          return `${metadata.name} (${wholeBytes(storage) ?? storage} bytes of class ${spec.storageClassName ?? "by default"})`;
        })
        .join(", ");
    const wanted = claimsOf(object);
    // A class that is not named is the cluster's own choice, which the live set tells.
    const there = claimsOf(live).map((claim, i) => ({
      ...claim,
      spec: { ...claim.spec, ...(wanted[i] && !wanted[i].spec.storageClassName && { storageClassName: undefined }) },
    }));
    if (describe(wanted) === describe(there)) return [];
    const bytes = ({ spec }: Claim) => wholeBytes(spec.resources.requests.storage) ?? NaN;
    const ofNoSize = (claims: Claim[]) =>
      JSON.stringify(claims.map(({ metadata, spec }) => [metadata.name, spec.storageClassName]));
    // A new set takes the pods and claims of the one before over, but no claim shrinks or changes its class.
    const isLarger =
      ofNoSize(wanted) === ofNoSize(there) && wanted.every((claim, i) => bytes(claim) >= bytes(there[i]));
    const advice = isLarger
      ? "expand the PersistentVolumeClaims by hand (`kubectl patch pvc`), and `kubectl delete statefulset --cascade=orphan` before this edit"
      : "undo the edit, and move the data to a StatefulSet of another name";
    return [
      `${titleOf(object)}: other volumeClaimTemplates delete the StatefulSet with all of its pods, and create it again: ${describe(there)} -> ` +
        `${describe(wanted)}; ${advice}`,
    ];
  },
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
