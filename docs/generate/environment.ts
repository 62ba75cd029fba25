import { type Disk, isClaimed } from "../../components/objects/disk";
import type { CassandraPodArgs, RingBinding } from "../../components/objects/podArgs";
import { environment } from "../../components/objects/podEnvironment";
import { selectorLabels } from "../../components/objects/labels";
import { code, page, table } from "./markdown";

const args: CassandraPodArgs = {
  image: "",
  memory: "",
  cpu: "",
  maxHeapMiB: 1024,
  clusterName: "<clusterName>",
  datacenter: "<datacenter>",
  rack: "<rack>",
  jvmOptions: ["<jvmOptions>"],
};

const ring: Omit<RingBinding, "disk"> = {
  name: "<ring>",
  sets: ["<StatefulSet>", "…"],
  service: "<ring>",
  record: "<ring>-ring",
  superuser: "<Secret>",
  tls: "<Secret>",
  scripts: "",
  serviceAccountName: "",
  selector: selectorLabels({ name: "<ring>", topology: "<topology>" }),
};

const disks: Record<string, Disk> = {
  persistent: { kind: "persistentVolumeClaim", template: "data" },
  "daemon with `hostPath`": { kind: "hostPath", path: "/mnt" },
  "ephemeral, pod, daemon": { kind: "emptyDir" },
};

/** What each variable means. A test sees that none is missing. */
export const meanings: Record<string, string> = {
  POD_IP: "Address of the pod.",
  CASSANDRA_LISTEN_ADDRESS: "`listen_address` of cassandra.yaml.",
  RING_MEMBER: "Name of the member: of its pod, or of its node where the data lies in a folder of the node.",
  POD_UID: "UID of the pod, which tells it from earlier pods of the same name.",
  HOME: "Folder for the history of cqlsh and nodetool.",
  CASSANDRA_CONF: "Folder of Cassandra's configuration, which the entry point fills.",
  MAX_HEAP_SIZE: "Java heap: `maxHeap` of config.",
  HEAP_NEWSIZE: "Young generation of the heap, for collectors other than G1.",
  JVM_EXTRA_OPTS: "`jvmOptions` of config.",
  CASSANDRA_CLUSTER_NAME: "`cluster_name` of cassandra.yaml: `clusterName` of config.",
  CASSANDRA_DC: "Data centre: `datacenter` of config.",
  CASSANDRA_RACK: "Rack: one of `racks` of config, or `rack1`.",
  CASSANDRA_ENDPOINT_SNITCH: "The snitch that heeds data centre and rack.",
  CASSANDRA_NUM_TOKENS: "Tokens of each member.",
  CASSANDRA_RPC_ADDRESS: "Address at which Cassandra listens for CQL.",
  RING_NAME: "Name of the ring.",
  RING_SERVICE: "Headless Service of the ring, by which members find each other.",
  RING_RECORD: "ConfigMap that holds the ring record.",
  RING_MEMBER_SERVICE: "Kind of the Service that each member has to itself. Missing without `memberService`.",
  RING_SUPERUSER: "Secret of the superuser. Missing with `auth: none`.",
  RING_TLS: "Secret of the certificates. Missing with `tls: none`.",
  RING_SELECTOR: "Labels by which the pods of the ring are listed.",
  POD_IDENTITY: "`ordinal`: pods have ordinals, and a member keeps its name; `none`: they have none.",
  RING_SETS: "StatefulSets whose pods are members, one for each rack.",
  RING_CLAIM: "Volume claim template whose PersistentVolumeClaim holds the data.",
  RING_DISK: "Where data lies without a volume: `pod` (gone with the pod) or `node` (a folder of the node).",
};

interface Variable {
  value: string;
  topologies: string[];
}

/** The variables of all topologies, by name and value. */
function variables(): Map<string, Variable[]> {
  const all = new Map<string, Variable[]>();
  for (const [topology, disk] of Object.entries(disks)) {
    const memberService = isClaimed(disk) ? "LoadBalancer" : undefined;
    for (const { name, value, valueFrom } of environment(args, { ...ring, disk, memberService }) as {
      name: string;
      value?: string;
      valueFrom?: { fieldRef: { fieldPath: string } };
    }[]) {
      const shown = value ?? `field ${valueFrom!.fieldRef.fieldPath}`;
      const known = all.get(name) ?? [];
      const same = known.find((one) => one.value === shown);
      if (same) same.topologies.push(topology);
      else known.push({ value: shown, topologies: [topology] });
      all.set(name, known);
    }
  }
  return all;
}

/** Names of all variables that a pod may have. */
export const variableNames = () => [...variables().keys()];

export const environmentPage = () =>
  page(
    "Environment of the pods",
    "components/objects/podEnvironment.ts",
    "Environment variables of the container `cassandra`. The pod template sets them; the scripts in `components/pod/`, the image's entry " +
      "point and Cassandra's start script read them. A change of any of them restarts the pods one at a time.",
    table(
      ["Variable", "Value", "Topologies", "Meaning"],
      [...variables()].flatMap(([name, values]) =>
        values.map(({ value, topologies }) => [
          code(name),
          code(value),
          topologies.length === Object.keys(disks).length ? "all of Cassandra" : topologies.join(", "),
          meanings[name],
        ]),
      ),
    ),
  );
