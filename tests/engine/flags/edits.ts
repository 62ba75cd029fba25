/** Edits of a stack of all topologies that must not cost a pod or a PersistentVolumeClaim, however the edit comes to a resource. */
import { smallMembers } from "../../support/stack";

export interface Settings extends Record<string, unknown> {
  cockroachdb: Record<string, unknown>;
}

/** Settings that every edit starts from. */
export const baseOf = (volumeRetention: string): Settings => ({
  ...smallMembers,
  storage: "gce-pd",
  replicas: 2,
  volumeRetention,
  topologies: ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"],
  cockroachdb: { insecure: true },
  persistent: { tls: "secret" },
});

/** Ends of the URNs of workloads: resources that make pods, or are a pod. */
export const persistent = "StatefulSet::cassandra";
const cockroach = "StatefulSet::cockroachdb";
const pod = "v1:Pod::cassandra-pod";
const workloads = [
  persistent,
  cockroach,
  "ReplicationController::cassandra-ephemeral",
  "DaemonSet::cassandra-daemon",
  pod,
];

/** An edit of a stack, and what belongs to it. */
export interface Edit {
  /** Settings that differ from those before. @param n another number each time, so that each call is an edit */
  settings?: (n: number, before: Settings) => Record<string, unknown>;
  /** Transforms of the program, as `transformed/transforms.ts` reads them from the environment. */
  transforms?: Record<string, string>;
  /** Transforms of an update that comes before the edit. */
  transformsBefore?: Record<string, string>;
  /** kubectl commands before the edit, and those that undo them afterwards. */
  byHand?: string[][];
  takenBack?: string[][];
  /** Resources that flags name, in turn. @default the StatefulSet of the persistent ring */
  at?: string[];
  /** Whether the edit stays once it was made: no volume shrinks. */
  isLasting?: true;
  /** Whether the edit restarts pods, which then have the same names and volumes. */
  restarts?: true;
  /** Ways in which the edit is tried. @default all */
  by?: string[];
}

/** Ways in which an edit comes to a resource that differ in which hooks the engine calls. */
const few = ["no flag", "--target", "--exclude the guard", "--continue-on-error", "--refresh", "--plan", "state taint"];

export const edits: Record<string, Edit> = {
  // Without an edit, every workload is tried.
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
  "a nodeSelector that picks no node": {
    settings: () => ({ daemon: { nodeSelector: { disk: "none" } } }),
    at: ["DaemonSet::cassandra-daemon"],
    by: few,
  },
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
  // This edit changes inputs of the component itself. Without a flag, the members restart one at a time, as they should.
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

/** Edits whose outcome depends on volumeRetention. All other edits are tried with `delete` alone. */
export const dependOnRetention = [
  "nothing else",
  "a larger volumeSize",
  "another name",
  "fewer replicas",
  "another volumeRetention",
];
