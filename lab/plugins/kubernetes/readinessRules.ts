import { at } from "../values";
import type { Reference } from "./cluster";
import { KubeObject } from "./objects";

/** How far an object is on its way to readiness. */
export interface Progress {
  ready: boolean;
  /** What is awaited, for the status column of `pulumi up`: `[1/3] ready replicas`. */
  status: string;
  /** Set when waiting on is of no use. */
  failed?: string;
}

/** Other objects that a rule must see: one by name, or all that carry the labels. */
export interface Related {
  reference: Reference;
  labels?: Record<string, string>;
}

export interface ReadinessRule {
  /** Time limit where the program sets none. */
  minutes: number;
  related?(object: KubeObject): Related | undefined;
  look(object: KubeObject, related: KubeObject[]): Progress;
}

const number = (object: KubeObject, path: string): number => at(object, path, 0);
const isObserved = (object: KubeObject): boolean =>
  number(object, "status.observedGeneration") >= (object.metadata.generation ?? 0);

type Condition = { type: string; status: string; reason?: string; message?: string };
const condition = (object: KubeObject, type: string): Condition | undefined =>
  at<Condition[]>(object, "status.conditions", []).find((one) => one.type === type);
const holds = (object: KubeObject, type: string): boolean => condition(object, type)?.status === "True";

/** Ready when the controller has seen the last change and every count has reached `wanted`. */
function counted(object: KubeObject, wanted: number, counts: Record<string, number>): Progress {
  if (!isObserved(object)) return { ready: false, status: "waiting for the controller to see the change" };
  const [late] = Object.entries(counts).filter(([, count]) => count !== wanted);
  if (!late) return { ready: true, status: "" };
  return { ready: false, status: `[${late[1]}/${wanted}] ${late[0]}` };
}

function statefulSet(object: KubeObject): Progress {
  const replicas = at(object, "spec.replicas", 1);
  // Pods below the partition stay old on purpose, and with OnDelete all do until they are deleted.
  const isRolling = at(object, "spec.updateStrategy.type", "RollingUpdate") === "RollingUpdate";
  const kept = Math.min(number(object, "spec.updateStrategy.rollingUpdate.partition"), replicas);
  const updated = number(object, "status.updatedReplicas");
  const isUpdated = !isRolling || updated >= replicas - kept;
  return counted(object, replicas, {
    replicas: number(object, "status.replicas"),
    "updated replicas": isUpdated ? replicas : updated,
    "ready replicas": number(object, "status.readyReplicas"),
  });
}

function deployment(object: KubeObject): Progress {
  const progressing = condition(object, "Progressing");
  const failed = isObserved(object) && progressing?.reason === "ProgressDeadlineExceeded" && progressing.message;
  const progress = counted(object, at(object, "spec.replicas", 1), {
    "updated replicas": number(object, "status.updatedReplicas"),
    "replicas, old ones included": number(object, "status.replicas"),
    "available replicas": number(object, "status.availableReplicas"),
  });
  if (at(object, "spec.paused", false)) return { ready: true, status: "" };
  return failed ? { ...progress, failed } : progress;
}

function daemonSet(object: KubeObject): Progress {
  const wanted = number(object, "status.desiredNumberScheduled");
  const isRolling = at(object, "spec.updateStrategy.type", "RollingUpdate") === "RollingUpdate";
  return counted(object, wanted, {
    "updated pods": isRolling ? number(object, "status.updatedNumberScheduled") : wanted,
    "ready pods": number(object, "status.numberReady"),
  });
}

function replicationController(object: KubeObject): Progress {
  const wanted = at(object, "spec.replicas", 1);
  return counted(object, wanted, { "available replicas": number(object, "status.availableReplicas") });
}

function job(object: KubeObject): Progress {
  const status = `[${number(object, "status.succeeded")}/${at(object, "spec.completions", 1)}] completions`;
  const failed = holds(object, "Failed") ? (condition(object, "Failed")?.message ?? "the Job failed") : undefined;
  return { ready: holds(object, "Complete"), status, failed };
}

function pod(object: KubeObject): Progress {
  const phase = at<string>(object, "status.phase", "Pending");
  const failed = phase === "Failed" ? at(object, "status.message", "the Pod failed") : undefined;
  return { ready: holds(object, "Ready") || phase === "Succeeded", status: `Pod is ${phase}, not yet Ready`, failed };
}

function persistentVolume(object: KubeObject): Progress {
  const phase = at<string>(object, "status.phase", "Pending");
  const failed = phase === "Failed" ? at(object, "status.message", "the volume failed") : undefined;
  return { ready: phase === "Available" || phase === "Bound", status: `PersistentVolume is ${phase}`, failed };
}

function persistentVolumeClaim(object: KubeObject, [storageClass]: KubeObject[]): Progress {
  const phase = at<string>(object, "status.phase", "Pending");
  const waitsForPod = storageClass?.volumeBindingMode === "WaitForFirstConsumer";
  const ready = phase === "Bound" || (phase === "Pending" && waitsForPod);
  return { ready, status: `PersistentVolumeClaim is ${phase}` };
}

/** There is nothing to wait for without a selector, or without a cluster IP that needs something behind it. */
function hasEndpoints(object: KubeObject): boolean {
  const isHeadless = at(object, "spec.clusterIP", "None") === "None";
  return Object.keys(at(object, "spec.selector", {})).length > 0 && !isHeadless;
}

type Endpoint = { conditions?: { ready?: boolean } };
function service(object: KubeObject, slices: KubeObject[]): Progress {
  const isBalanced = at<string>(object, "spec.type", "ClusterIP") === "LoadBalancer";
  if (isBalanced && at<unknown[]>(object, "status.loadBalancer.ingress", []).length === 0) {
    return { ready: false, status: "waiting for the address of the load balancer" };
  }
  if (!hasEndpoints(object)) return { ready: true, status: "" };
  const endpoints = slices.flatMap((slice) => at<Endpoint[]>(slice, "endpoints", []));
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  const isReady = ready > 0 && ready === endpoints.length;
  return { ready: isReady, status: `[${ready}/${Math.max(endpoints.length, 1)}] ready endpoints` };
}

/** The kinds that are waited for, by `group/kind`; others are ready as soon as the API server has them. */
const table: Record<string, ReadinessRule> = {
  "apps/StatefulSet": { minutes: 10, look: statefulSet },
  "apps/Deployment": { minutes: 10, look: deployment },
  "apps/DaemonSet": { minutes: 10, look: daemonSet },
  "batch/Job": { minutes: 10, look: job },
  "/Pod": { minutes: 10, look: pod },
  "/ReplicationController": { minutes: 10, look: replicationController },
  "/PersistentVolume": { minutes: 5, look: persistentVolume },
  "/PersistentVolumeClaim": {
    minutes: 5,
    look: persistentVolumeClaim,
    related: (claim) => {
      const name = at(claim, "spec.storageClassName", "");
      const reference = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name } };
      return name ? { reference } : undefined;
    },
  },
  "/Service": {
    minutes: 10,
    look: service,
    related: ({ metadata: { name, namespace } }) => ({
      reference: { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { namespace } },
      labels: { "kubernetes.io/service-name": name! },
    }),
  },
  // Without it, objects of the new kind in the same program would be refused.
  "apiextensions.k8s.io/CustomResourceDefinition": {
    minutes: 1,
    look: (object) => ({ ready: holds(object, "Established"), status: "waiting for the kind to be served" }),
  },
};

/** How to wait for an object; nothing when it is ready as soon as it exists. */
export function readinessRuleOf({
  apiVersion,
  kind,
}: Pick<KubeObject, "apiVersion" | "kind">): ReadinessRule | undefined {
  return table[`${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}`];
}
