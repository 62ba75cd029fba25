/** Ways in which an edit comes to a resource: flags of `pulumi up`, commands that change the state before it, config of the provider. */

export const upsert = { "kubernetes:upsertExistingObjects": "true" };

/** One resource as the state holds it. */
export interface Resource {
  urn: string;
  type: string;
  id?: string;
  parent: string;
}

/** Resources that a way may name. */
export interface Subjects {
  /** The resource that makes pods. */
  workload: Resource;
  /** URN of the guard of the stack's rings, and of the cluster that the state remembers. */
  guard: string;
  cluster: string;
  /** URN of the ring that is a single pod, and of the budget that it goes with. */
  pod: string;
  budget: string;
  /** URN of the headless Service of the StatefulSet. */
  service: string;
}

/** Commands before `pulumi up`, and its arguments. */
export interface Way {
  args?: (subjects: Subjects) => string[];
  before?: (subjects: Subjects) => string[][];
  config?: object;
  /** Whether the commands are the same for every workload. */
  isForAll?: true;
  /** Whether the update follows the plan of a preview, unless the preview was refused. */
  isPlanned?: true;
  /** Whether the update must succeed. @default it may also be refused */
  endsWell?: true;
  /** Edits that are tried in this way. @default all */
  only?: string[];
}

const taint = ({ workload }: Subjects) => [["state", "taint", workload.urn, "--yes"]];
const forget = (urn: string) => ["state", "delete", urn, "--target-dependents", "--yes"];
/** @param options of `pulumi import` */
const importOf = ({ type, id }: Resource, name: string, ...options: string[]) => [
  "import",
  type,
  name,
  id!,
  "--yes",
  "--skip-preview",
  "--generate-code=false",
  ...options,
];

export const ways: Record<string, Way> = {
  "no flag": { isForAll: true },
  "--target": { args: ({ workload }) => ["--target", workload.urn] },
  "--target --target-dependents": { args: ({ workload }) => ["--target", workload.urn, "--target-dependents"] },
  "--target, another ring not in the state": {
    before: ({ pod }) => [forget(pod)],
    args: ({ workload }) => ["--target", workload.urn],
    isForAll: true,
    only: ["nothing else"],
    endsWell: true,
  },
  "--exclude the guard": { args: ({ guard }) => ["--exclude", guard], isForAll: true },
  "--replace": { args: ({ workload }) => ["--replace", workload.urn] },
  "--replace, upsertExistingObjects": { args: ({ workload }) => ["--replace", workload.urn], config: upsert },
  "--target-replace": { args: ({ workload }) => ["--target-replace", workload.urn] },
  "--target-replace the pod's budget": {
    args: ({ budget }) => ["--target-replace", budget],
    isForAll: true,
    only: ["nothing else"],
  },
  "state taint of the pod's budget": {
    before: ({ budget }) => [["state", "taint", budget, "--yes"]],
    isForAll: true,
    only: ["nothing else"],
  },
  "--continue-on-error": { args: () => ["--continue-on-error"], isForAll: true },
  "--refresh": { args: () => ["--refresh"], isForAll: true },
  "--parallel 1": { args: () => ["--parallel", "1"], isForAll: true },
  "--plan": { isPlanned: true, isForAll: true },
  "state taint": { before: taint },
  "state taint, upsertExistingObjects": { before: taint, config: upsert },
  "state delete": { before: ({ workload }) => [forget(workload.urn)] },
  "state delete, upsertExistingObjects": { before: ({ workload }) => [forget(workload.urn)], config: upsert },
  "state delete of the guard": { before: ({ guard }) => [forget(guard)], isForAll: true },
  "state delete of the cluster": { before: ({ cluster }) => [forget(cluster)], isForAll: true },
  "state delete of the Service": { before: ({ service }) => [forget(service)], isForAll: true },
  "state delete, import": {
    before: ({ workload }) => {
      const name = workload.urn.split("::").at(-1)!;
      const parent = `parent=${workload.parent}`;
      return [forget(workload.urn), importOf(workload, name, "--parent", parent, "--protect=false")];
    },
  },
  // An imported resource is protected unless a flag says otherwise.
  "import under another name": { before: ({ workload }) => [importOf(workload, "twice")], only: ["nothing else"] },
  "import under another name, upsertExistingObjects": {
    before: ({ workload }) => [importOf(workload, "twice")],
    config: upsert,
    only: ["nothing else"],
  },
};
