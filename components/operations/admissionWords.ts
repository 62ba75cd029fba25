import { propertyName } from "../engine/propertyNames";
import { formatBytes } from "../kubernetes/quantity";
import { lacksAccount } from "./admissionTrials";
import type { Shortage } from "./quotaRoom";

/** What is to be admitted. */
export interface Applicant {
  /** Whose pods they are, as messages name it: `ring cassandra`. */
  subject: string;
  namespace: string;
  /** Values of the properties that count; undefined where one is not set. */
  settings: Settings;
}

/** Properties that a namespace may not admit. `replicas` is left out where there is no such property, or where no pod is added. */
export type Settings = Partial<
  Record<"memory" | "cpu" | "cpuLimit" | "volumeSize" | "priorityClassName", string> & Record<"replicas", number>
>;

/** What the API server means where it does not admit an object that it was asked to try. */
export type Verdict =
  /** Kubernetes itself admits no such object. */
  | "refused"
  /** A ResourceQuota has no room for one more. */
  | "no room"
  /** Rules that somebody has added, which may judge who asks: it is a controller that makes the pods. */
  | "doubtful"
  /** The account may not ask, or the object could not be tried as it will be. */
  | "unknown";

/** Sources: the admission plugins LimitRanger, ResourceQuota, PodSecurity and Priority of the API server. */
const refusals =
  /(maximum|minimum) \S+ usage per|max limit to request ratio|must specify|violates PodSecurity|no PriorityClass with name/;

/** @param code status code of the answer @param words its message */
export function verdictOf(code: unknown, words: string): Verdict {
  // An account that may only read may try nothing.
  if (code !== 403 || /cannot create resource/.test(words) || lacksAccount(words)) return "unknown";
  if (/exceeded quota/.test(words)) return "no room";
  return refusals.test(words) ? "refused" : "doubtful";
}

/** Which properties the words of the API server are about. */
const subjects: [RegExp, keyof Settings][] = [
  [/memory/, "memory"],
  [/maximum cpu|cpu max limit|limits\.cpu/, "cpuLimit"],
  [/minimum cpu|cpu max limit|requests\.cpu/, "cpu"],
  [/PersistentVolumeClaim/, "volumeSize"],
  [/PriorityClass/, "priorityClassName"],
];

/** Why an update is refused of whose pods, or PersistentVolumeClaims, none is admitted. @param limitRanges names of those of the namespace */
export function refusalOf(words: string, applicant: Applicant, limitRanges: string[]): string {
  const isFull = /exceeded quota/.test(words);
  const keys = [
    ...subjects.filter(([about]) => about.test(words)).map(([, key]) => key),
    ...(isFull ? (["replicas"] as const) : []),
  ];
  const range = limitRanges.length > 0 ? `LimitRange ${limitRanges.join(", ")}` : "the LimitRange of the namespace";
  const ways: [boolean, string][] = [
    [isFull, theRest],
    [
      /must specify/.test(words),
      "a value for all that the ResourceQuota counts, or a LimitRange that gives each container a default",
    ],
    [
      /violates PodSecurity/.test(words),
      "a namespace whose Pod Security Standard admits what the message names (docs/concepts/security.md)",
    ],
    [/PriorityClass/.test(words), "the name of a PriorityClass of the cluster"],
    [true, `what ${range} admits, or have it changed`],
  ];
  const [, allowed] = ways.find(([isRight]) => isRight)!;
  return `${isNotAllowed(keys, applicant)}: ${words}; allowed is ${allowed}`;
}

const theRest = "what the ResourceQuota leaves, or have it raised";

/** Which properties decide how much of a resource of a ResourceQuota is needed. */
const ofResources: [RegExp, keyof Settings][] = [
  [/memory/, "memory"],
  [/^limits\.cpu$/, "cpuLimit"],
  [/^(requests\.)?cpu$/, "cpu"],
  [/requests\.storage$/, "volumeSize"],
];

/** Why an update is refused that needs more than these quotas leave. */
export function shortageRefusal(shortages: Shortage[], applicant: Applicant): string {
  const keys = ofResources
    .filter(([about]) => shortages.some(({ resource }) => about.test(resource)))
    .map(([, key]) => key);
  const lacks = shortages.map(({ quota, resource, hard, left, needed }) => {
    const [has, of, needs] = [left, hard, needed].map((amount) => amountOf(resource, amount));
    return `ResourceQuota ${quota} leaves ${has} of its ${of} ${resource}, and this update needs ${needs}`;
  });
  return `${isNotAllowed([...keys, "replicas"], applicant)}: ${lacks.join("; ")}; allowed is ${theRest}`;
}

/** The properties with their values; the ring itself where it is none of them. */
function isNotAllowed(keys: (keyof Settings)[], { subject, namespace, settings }: Applicant): string {
  const known = keys.filter((key) => key !== "replicas" || settings.replicas !== undefined);
  const values = known.map((key) => `${propertyName(key)}: ${JSON.stringify(settings[key]) ?? "none"}`);
  return values.length > 0
    ? `${values.join(", ")} is not allowed for ${subject} in namespace ${namespace}`
    : `${subject} is not allowed in namespace ${namespace}`;
}

function amountOf(resource: string, amount: number): string {
  return /memory|storage$|hugepages/.test(resource) ? formatBytes(amount) : `${Number(amount.toFixed(3))}`;
}
