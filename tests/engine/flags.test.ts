import * as assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { certify, inSimulatedLab, nameOf, Pod, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const upsert = { "kubernetes:upsertExistingObjects": "true" };

interface Settings extends Record<string, unknown> {
  cockroachdb: Record<string, unknown>;
}

const baseOf = (volumeRetention: string): Settings => ({
  ...smallMembers,
  storage: "gce-pd",
  replicas: 2,
  volumeRetention,
  topologies: ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"],
  cockroachdb: { insecure: true },
  persistent: { tls: "secret" },
});

/** Ends of the URNs of what makes pods, or is one. */
const persistent = "StatefulSet::cassandra";
const cockroach = "StatefulSet::cockroachdb";
const pod = "v1:Pod::cassandra-pod";
const workloads = [
  persistent,
  cockroach,
  "ReplicationController::cassandra-ephemeral",
  "DaemonSet::cassandra-daemon",
  pod,
];

/** What the stack is told. */
interface Edit {
  /** Settings beside those of before. @param n another number each time, so that it is an edit each time */
  settings?: (n: number, before: Settings) => Record<string, unknown>;
  /** What is done to the program from outside, as `transformed/transforms.ts` reads it. */
  transforms?: Record<string, string>;
  /** The same in an update before, which is no part of the edit. */
  transformsBefore?: Record<string, string>;
  /** What somebody does with kubectl before it, and takes back after it. */
  byHand?: string[][];
  takenBack?: string[][];
  /** What flags that name one resource name, in turn. @default the set of the persistent ring */
  at?: string[];
  /** Whether it stays where it was not refused: no volume shrinks. */
  isLasting?: true;
  /** Whether its pods come back in their places, to their volumes. */
  restarts?: true;
  /** Ways in which it is tried. @default all */
  by?: string[];
}

/** Ways in which an edit comes to a resource that differ in which hooks the engine calls. */
const few = ["no flag", "--target", "--exclude the guard", "--continue-on-error", "--refresh", "--plan", "state taint"];

const edits: Record<string, Edit> = {
  // What is done to a workload without an edit is tried on each.
  "nothing else": { at: workloads },
  "a larger volumeSize": {
    settings: (n) => ({ volumeSize: `${n + 2}Gi` }),
    at: [persistent, cockroach],
    isLasting: true,
  },
  "another storageClassName": {
    settings: (n) => ({ storageClassName: `class-${n}` }),
    at: [persistent, cockroach],
    isLasting: true,
  },
  "another name": {
    settings: (_, { cockroachdb }) => ({
      persistent: { tls: "secret", name: "other" },
      cockroachdb: { ...cockroachdb, name: "other-db" },
      ephemeral: { name: "others" },
      daemon: { name: "other-daemon" },
      pod: { name: "other-pod" },
    }),
    at: workloads,
  },
  "another namespace": { settings: () => ({ namespace: "kube-public" }), at: workloads },
  "fewer topologies": { settings: () => ({ topologies: ["daemon"] }), at: [persistent, cockroach, pod] },
  "fewer replicas": {
    settings: (_, { cockroachdb }) => ({
      persistent: { tls: "secret", replicas: 1 },
      cockroachdb: { ...cockroachdb, replicas: 1 },
    }),
    at: [persistent, cockroach],
    by: few,
  },
  "more replicas": {
    settings: (_, { cockroachdb }) => ({
      persistent: { tls: "secret", replicas: 3 },
      cockroachdb: { ...cockroachdb, replicas: 3 },
    }),
    at: [persistent, cockroach],
    takenBack: [
      ["scale", "statefulset", "cassandra", "cockroachdb", "--replicas=2"],
      ["wait", "--for=delete", "pod/cassandra-2", "pod/cockroachdb-2", "--timeout=60s"],
      ["delete", "pvc", "data-cassandra-2", "datadir-cockroachdb-2", "--ignore-not-found"],
    ],
    by: few,
  },
  "another selector": {
    transforms: { SELECTOR: "again" },
    at: [persistent, cockroach, "DaemonSet::cassandra-daemon"],
    by: few,
  },
  "an explicit provider": { transforms: { PROVIDER: "one" }, at: workloads, by: few },
  "another explicit provider": {
    transformsBefore: { PROVIDER: "one" },
    transforms: { PROVIDER: "two" },
    at: workloads,
    by: few,
  },
  "CockroachDB, more memory": {
    settings: (n, { cockroachdb }) => ({ cockroachdb: { ...cockroachdb, memory: `${n + 2}Gi` } }),
    at: [cockroach],
    isLasting: true,
    restarts: true,
    by: few,
  },
  "CockroachDB, more memory once somebody has added a node": {
    settings: (n, { cockroachdb }) => ({ cockroachdb: { ...cockroachdb, memory: `${n + 2}Gi` } }),
    byHand: [
      ["scale", "statefulset", "cockroachdb", "--replicas=3"],
      ["wait", "--for=create", "pod/cockroachdb-2", "--timeout=60s"],
    ],
    takenBack: [
      ["scale", "statefulset", "cockroachdb", "--replicas=2"],
      ["wait", "--for=delete", "pod/cockroachdb-2", "--timeout=60s"],
      ["delete", "pvc", "datadir-cockroachdb-2", "--ignore-not-found"],
    ],
    at: [cockroach],
    by: few,
  },
  "another memory for the pod": { settings: () => ({ pod: { memory: "2Gi" } }), at: [pod], by: few },
  "the pod's image set by hand": {
    byHand: [["set", "image", "pod/cassandra-pod", "cassandra=docker.io/library/cassandra:5.0.8"]],
    takenBack: [["set", "image", "pod/cassandra-pod", "cassandra=docker.io/library/cassandra:5.0.9"]],
    at: [pod],
    by: few,
  },
  // It changes inputs of the component itself. With no flag, the members restart one at a time, as they are to.
  "clientCertificates: required": {
    settings: () => ({ persistent: { tls: "secret", clientCertificates: "required" } }),
    by: ["--replace", "--replace, upsertExistingObjects", "state taint", "state taint, upsertExistingObjects"],
  },
  "another volumeRetention": {
    settings: (_, { volumeRetention }) => ({ volumeRetention: volumeRetention === "retain" ? "delete" : "retain" }),
    at: [persistent, cockroach],
    isLasting: true,
  },
};

/** One resource as the state holds it. */
interface Resource {
  urn: string;
  type: string;
  id?: string;
  parent: string;
}

/** What a way may name. */
interface Subjects {
  /** What makes pods. */
  workload: Resource;
  /** URN of the guard of the stack's rings, and of the cluster that the state remembers. */
  guard: string;
  cluster: string;
  /** URN of the ring that is a single pod, and of the budget that it goes with. */
  pod: string;
  budget: string;
  /** URN of the Service that a set's pods have their names from. */
  service: string;
}

/** What is done before `pulumi up`, and told to it. */
interface Way {
  args?: (subjects: Subjects) => string[];
  before?: (subjects: Subjects) => string[][];
  config?: object;
  /** Whether what is done does not depend on the workload. */
  isForAll?: true;
  /** Whether it keeps to a plan that a preview has saved, where that was not refused. */
  isPlanned?: true;
  /** Whether it is refused nothing. @default what it is refused is as good as what it does not do */
  endsWell?: true;
  /** Edits that it is tried with. @default all */
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

const ways: Record<string, Way> = {
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
  // What is imported is protected unless somebody says otherwise.
  "import under another name": { before: ({ workload }) => [importOf(workload, "twice")], only: ["nothing else"] },
  "import under another name, upsertExistingObjects": {
    before: ({ workload }) => [importOf(workload, "twice")],
    config: upsert,
    only: ["nothing else"],
  },
};

/** One case of each kind; the whole table is for `npm run test:all`. */
const some = [
  ["a larger volumeSize", "--target"],
  ["nothing else", "--target, another ring not in the state"],
  ["fewer topologies", "--exclude the guard"],
  ["fewer replicas", "--target"],
  ["another selector", "no flag"],
  ["an explicit provider", "no flag"],
  ["CockroachDB, more memory once somebody has added a node", "no flag"],
  ["the pod's image set by hand", "--refresh"],
  ["nothing else", "state taint, upsertExistingObjects"],
  ["clientCertificates: required", "--replace, upsertExistingObjects"],
  ["nothing else", "--target-replace the pod's budget"],
];

/** What depends on the retention; all else is tried with one that deletes. */
const ofRetention = [
  "nothing else",
  "a larger volumeSize",
  "another name",
  "fewer replicas",
  "another volumeRetention",
];

for (const [title, officialPlugin, volumeRetention] of [
  ["the stand-in", false, "delete"],
  ["@all the stand-in, and volumes that are kept", false, "retain"],
  ["@all the official plugin, built from its source", true, "delete"],
  ["@all the official plugin, built from its source, and volumes that are kept", true, "retain"],
] as const) {
  describe(`no flag of Pulumi's leads around a guard, with ${title}`, function () {
    this.timeout(20 * minutes);
    let lab: Lab;
    let stack: Stack;
    let n = 0;
    /** What the stack was told last that was not refused. */
    let settled = baseOf(volumeRetention);

    inSimulatedLab(
      "flags",
      async (made) => {
        ({ lab, stack } = made);
        for (const file of ["Pulumi.yaml", "tsconfig.json", "tsconfig.pulumi.json"])
          cpSync(join(repository, file), join(lab.dir, "transformed", file));
        cpSync(join(__dirname, "transformed"), join(lab.dir, "transformed"), { recursive: true });
        const [key, crt] = ["tls.key", "tls.crt"].map((file) => join(lab.dir, file));
        await certify("-subj", "/CN=ring", "-keyout", key, "-out", crt);
        const files = { "tls.key": key, "tls.crt": crt, "ca.crt": crt };
        const data = Object.entries(files).map(([name, file]) => `--from-file=${name}=${file}`);
        await lab.kubectl(["create", "secret", "generic", "cassandra-tls", ...data]);
        stack.configure(settled);
        await stack.up();
      },
      { officialPlugin },
    );

    /** UIDs of all pods that hold rows, and of all claims. @param restarts whether pods are known by their names */
    async function uids(restarts = false): Promise<string[]> {
      const { items } = await stack.get<{ items: (Pod & { kind: string })[] }>("pods,pvc", "-A");
      return items
        .filter((item) => !nameOf(item).includes("-init-"))
        .map(({ kind, metadata: { namespace, name, uid } }) => {
          const isSame = restarts && kind === "Pod";
          return `${kind} ${namespace}/${name}${isSame ? "" : ` ${uid}`}`;
        })
        .sort();
    }

    /** Runs a pulumi command on the stack, by the program of the repository or by the one that transforms it. */
    function pulumi(args: string[], transforms?: Record<string, string>): Promise<string> {
      if (!transforms) return stack.pulumi(...args);
      return stack.pulumiIn(join(lab.dir, "transformed"), transforms, ...args);
    }

    const up = (args: string[], transforms?: Record<string, string>) =>
      pulumi(["up", "--yes", "--skip-preview", ...args], transforms);

    /** Saves the state. @returns what is in it */
    async function saved(file: string): Promise<Resource[]> {
      await stack.pulumi("stack", "export", "--file", file);
      const state = JSON.parse(readFileSync(file, "utf8")) as { deployment: { resources: Resource[] } };
      return state.deployment.resources;
    }

    /** What of pods and claims an edit costs that comes in this way, and what it was refused with. */
    async function outcome(edit: Edit, way: Way, end: string): Promise<{ lost: string[]; refusal?: string }> {
      const { byHand = [], takenBack = [], transforms, transformsBefore } = edit;
      const wanted = { ...settled, ...edit.settings?.(n++, settled) };
      const kept = join(lab.dir, "flags.json");
      const before = await saved(kept);
      let lasts = false;
      try {
        if (transformsBefore) await up([], transformsBefore);
        const resources = transformsBefore ? await saved(join(lab.dir, "flags-before.json")) : before;
        const found = (ending: string) => resources.find(({ urn }) => urn.endsWith(ending))!;
        const subjects = {
          workload: found(end),
          guard: found("DataGuard::cassandra").urn,
          cluster: found("KubernetesCluster::cassandra").urn,
          pod: found("SinglePod::cassandra-pod").urn,
          budget: found("PodDisruptionBudget::cassandra-pod-alone").urn,
          service: found("PersistentCluster$cassandra:index:CassandraService$kubernetes:core/v1:Service::cassandra")
            .urn,
        };
        for (const command of byHand) await lab.kubectl(command);
        const were = await uids(edit.restarts);
        stack.configure({ ...wanted, ...way.config });
        for (const command of way.before?.(subjects) ?? []) await stack.pulumi(...command);
        const plan = join(lab.dir, "flags-plan.json");
        const hasPlan =
          way.isPlanned &&
          (await pulumi(["preview", "--save-plan", plan], transforms).then(
            () => true,
            () => false,
          ));
        const args = [...(way.args?.(subjects) ?? []), ...(hasPlan ? ["--plan", plan] : [])];
        const refusal = await up(args, transforms).then(
          () => undefined,
          (error: Error) => error.message,
        );
        const now = await uids(edit.restarts);
        lasts = refusal === undefined && edit.isLasting === true;
        return { lost: were.filter((one) => !now.includes(one)), refusal };
      } finally {
        if (lasts) settled = wanted;
        // What was refused, or done in part, is taken back.
        for (const command of takenBack) await lab.kubectl(command);
        stack.configure(settled);
        if (!lasts) await stack.pulumi("stack", "import", "--file", kept);
      }
    }

    for (const [editName, edit] of Object.entries(edits)) {
      if (volumeRetention === "retain" && !ofRetention.includes(editName)) continue;
      for (const [wayName, way] of Object.entries(ways)) {
        if (edit.by && !edit.by.includes(wayName)) continue;
        if (way.only && !way.only.includes(editName)) continue;
        const isOne = some.some(([one, by]) => one === editName && by === wayName);
        it(`${isOne ? "" : "@all "}${editName}, ${wayName}: every pod and claim is what it was`, async () => {
          const { at = [persistent] } = edit;
          // Which of several workloads is aimed at matters where nothing else tells the engine what to do.
          const isEach = !way.isForAll && (wayName === "--target" || editName === "nothing else");
          for (const end of isEach ? at : at.slice(0, 1)) {
            const { lost, refusal } = await outcome(edit, way, end);
            if (way.endsWell) assert.equal(refusal, undefined, end);
            assert.deepEqual(lost, [], `${end}: ${refusal ?? "and the update ended well"}`);
          }
        });
      }
    }

    it("ends as one stack, in which nothing is left to do", async () => {
      stack.configure({ ...settled, ...upsert });
      await stack.up("--refresh");
      await stack.up("--expect-no-changes");
    });
  });
}
