/** What a ring is now, as Kubernetes and its members say. */
import type { V1Pod } from "@kubernetes/client-node";
import { X509Certificate } from "node:crypto";
import { jsonRows } from "../components/cassandra/cqlSession";
import { type DiskSpace, parseDiskSpace } from "../components/cassandra/diskSpace";
import { parseGossip, parseStatus, type RingMember } from "../components/cassandra/nodetool";
import { memberOf } from "../components/operations/ringSurvey";
import type { RecordEntries } from "../components/cassandra/record";
import { KubernetesClient } from "../components/kubernetes/apiClient";
import { errorMessage, undefinedWhenNotFound } from "../components/kubernetes/apiErrors";
import { hasEnded, isReady, takesRequests } from "../components/kubernetes/podState";
import { recordVariable, repairIntervalVariable } from "../components/objects/podEnvironment";
import { revisionAnnotation } from "../components/objects/podMetadata";
import { dataFolder } from "../components/objects/podVolumes";
import { tlsFolder } from "../components/objects/tls";
import type { StackRing } from "./stackRings";

/** A pod of a ring, and its member. */
export interface PodStatus {
  name: string;
  node?: string;
  isReady: boolean;
  isEnding: boolean;
  /** Kubernetes' reason why its container does not run. */
  trouble?: string;
  restarts: number;
  created: Date;
  revision?: string;
  /** The member as the ring lists it; undefined if the ring does not list it, or no member was asked. */
  member?: RingMember;
  version?: string;
  /** Bytes of its disk, and those that are free; undefined where nobody could ask the pod. */
  disk?: DiskSpace;
  /** When the certificate ends that it has. */
  certificateEnds?: Date;
}

/** A repair that has ended well. */
export interface LastRepair {
  keyspace: string;
  ended: Date;
}

export interface RingStatus {
  ring: StackRing;
  pods: PodStatus[];
  /** Pods that the live controllers ask for; undefined for a DaemonSet. */
  asked?: number;
  /** Members that the ring lists and that belong to no pod. */
  strangers: RingMember[];
  /** Whether a member has listed the ring. */
  isListed: boolean;
  record: RecordEntries;
  /** The last repair of each keyspace that has one. */
  repairs: LastRepair[];
  /** Seconds between two scheduled repairs of a member; undefined if the pods repair nothing on schedule. */
  repairInterval?: number;
  /** What could not be looked at, and why. */
  unseen: string[];
}

/** Looks at a ring: two commands of nodetool in one pod, and one without a JVM in each. */
export async function inspectRing(client: KubernetesClient, ring: StackRing): Promise<RingStatus> {
  const unseen: string[] = [];
  const orUnseen = <T>(what: string, read: Promise<T>): Promise<T | undefined> =>
    read.catch((error: Error) => {
      unseen.push(`${what}: ${errorMessage(error)}`);
      return undefined;
    });
  const { namespace, selector } = ring;
  const found = (await client.pods(namespace, selector)).filter((pod) => !hasEnded(pod));
  const asker = found.find(takesRequests);
  const ask = async (...command: string[]) =>
    asker ? client.exec({ namespace, pod: asker.metadata!.name! }, command) : undefined;
  const [asked, record, listed, gossip, repairs, disks] = await Promise.all([
    orUnseen("its controllers", askedOf(client, ring)),
    orUnseen("its record", recordOf(client, ring, found)),
    orUnseen(
      "its members",
      ask("nodetool", "status").then((said) => said && parseStatus(said)),
    ),
    orUnseen(
      "their versions",
      ask("nodetool", "gossipinfo").then((said) => said && parseGossip(said)),
    ),
    orUnseen(
      "its repairs",
      ask("sh", "-c", selectRepairs).then((said) => parseRepairs(said ?? "")),
    ),
    Promise.all(found.map((pod) => orUnseen(`the disk of ${pod.metadata!.name}`, filesOf(client, pod)))),
  ]);
  const members = listed || [];
  const pods = found
    .map((pod, i) => {
      const view = viewOf(pod);
      const { status, spec } = pod;
      const member = memberOf(members, record?.[view.name] ?? record?.[spec?.nodeName ?? ""], status?.podIP);
      const version = member && (gossip || []).find(({ hostId }) => hostId === member.hostId)?.version;
      return { ...view, ...disks[i], ...(member && { member }), ...(version && { version }) };
    })
    .sort((a, b) => new Intl.Collator("en", { numeric: true }).compare(a.name, b.name));
  const repairInterval = Number(variableOf(found, repairIntervalVariable));
  const strangers = members.filter(({ hostId }) => !pods.some(({ member }) => member?.hostId === hostId));
  return {
    ring,
    pods,
    ...(asked !== undefined && { asked }),
    strangers,
    isListed: members.length > 0,
    record: record ?? {},
    repairs: repairs ?? [],
    ...(repairInterval > 0 && { repairInterval }),
    unseen,
  };
}

function viewOf(pod: V1Pod): PodStatus {
  const { metadata, spec, status } = pod;
  const containers = status?.containerStatuses ?? [];
  const trouble = containers.flatMap(({ state }) => state?.waiting?.reason ?? [])[0] ?? unscheduled(pod);
  const revision = metadata!.annotations?.[revisionAnnotation];
  return {
    name: metadata!.name!,
    ...(spec?.nodeName && { node: spec.nodeName }),
    isReady: isReady(pod),
    isEnding: metadata!.deletionTimestamp !== undefined,
    ...(trouble && { trouble }),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    created: new Date(metadata!.creationTimestamp ?? 0),
    ...(revision && { revision }),
  };
}

const unscheduled = ({ status }: V1Pod) =>
  status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False")?.reason;

async function askedOf({ apps, core }: KubernetesClient, { namespace, controllers }: StackRing) {
  const counts = await Promise.all(
    controllers.map(async ({ kind, name }) => {
      const of = { name, namespace };
      switch (kind) {
        case "StatefulSet":
          return (await apps.readNamespacedStatefulSet(of).catch(undefinedWhenNotFound))?.spec?.replicas ?? 0;
        case "ReplicationController":
          return (await core.readNamespacedReplicationController(of).catch(undefinedWhenNotFound))?.spec?.replicas ?? 0;
        case "DaemonSet":
          return (
            (await apps.readNamespacedDaemonSet(of).catch(undefinedWhenNotFound))?.status?.desiredNumberScheduled ?? 0
          );
        case "Pod":
          return 1;
      }
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What the first pod that has it gives an environment variable. */
const variableOf = (pods: V1Pod[], variable: string): string | undefined =>
  pods.flatMap(({ spec }) => spec!.containers[0].env?.find(({ name }) => name === variable)?.value ?? [])[0];

/** Where the data goes with the pods, Pulumi has made the name of the record, which the pods know. */
async function recordOf(
  { core }: KubernetesClient,
  { name, namespace }: StackRing,
  pods: V1Pod[],
): Promise<RecordEntries> {
  const of = { name: variableOf(pods, recordVariable) ?? `${name}-ring`, namespace };
  return (await core.readNamespacedConfigMap(of).catch(undefinedWhenNotFound))?.data ?? {};
}

/** The disk of a pod, and the certificate that it has. */
async function filesOf(
  client: KubernetesClient,
  { metadata, spec, status }: V1Pod,
): Promise<Pick<PodStatus, "disk" | "certificateEnds">> {
  if (!status?.containerStatuses?.some(({ state }) => state?.running)) return {};
  const { name, namespace } = metadata!;
  const mounts = spec!.containers[0].volumeMounts ?? [];
  // Pods of the tutorials have their data elsewhere.
  const folder =
    mounts.find(({ mountPath }) => mountPath === dataFolder || mountPath === "/cassandra_data")?.mountPath ?? "/";
  const said = await client.exec({ namespace: namespace!, pod: name! }, ["sh", "-c", readFiles, folder]);
  const disk = parseDiskSpace(said);
  const certificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(said)?.[0];
  return {
    ...(disk && { disk }),
    ...(certificate && { certificateEnds: new Date(new X509Certificate(certificate).validTo) }),
  };
}

const readFiles = `df -PB1 "$0" | tail -1; cat ${tlsFolder}/tls.crt 2>/dev/null || true`;

/** Pods of the tutorials have no cqlsh.sh, and no login. */
const selectRepairs = `
cqlsh=cqlsh
[ ! -x /ring/cqlsh.sh ] || cqlsh=/ring/cqlsh.sh
$cqlsh -e "SELECT JSON keyspace_name, finished_at, exception_message FROM system_distributed.parent_repair_history"`;

type Repair = Record<"keyspace_name" | "finished_at" | "exception_message", string | null>;

/** The last repair of each keyspace in what cqlsh prints, without those that failed or have not ended. */
export function parseRepairs(said: string): LastRepair[] {
  const last = new Map<string, Date>();
  for (const { keyspace_name: keyspace, finished_at: at, exception_message: failure } of jsonRows<Repair>(said)) {
    if (!keyspace || !at || failure) continue;
    const ended = new Date(at);
    if (ended > (last.get(keyspace) ?? new Date(0))) last.set(keyspace, ended);
  }
  return [...last]
    .map(([keyspace, ended]) => ({ keyspace, ended }))
    .sort((a, b) => a.keyspace.localeCompare(b.keyspace));
}
