import * as pulumi from "@pulumi/pulumi";
import {
  CassandraStorage,
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  PersistentCluster,
  SinglePod,
} from "../../components/index";
import { ringArgs } from "../support/args";
import { record, Registered } from "../support/recorder";

const volumes = { replicas: 3, storageClassName: "fast", volumeSize: "10Gi" };

/** Each topology at its defaults, and with the options that make other objects. */
export const programs: Record<string, () => unknown> = {
  persistent: () => new PersistentCluster("cassandra", { ...ringArgs, ...volumes }),
  "persistent with the options of its pods": () =>
    new PersistentCluster("cassandra", {
      ...ringArgs,
      ...volumes,
      auth: "none",
      tlsSecret: "cassandra-tls",
      imagePullSecrets: ["registry"],
      clientsFrom: [{ podLabels: { app: "shop" } }],
      cassandraYaml: pulumi.secret({ concurrent_reads: 64 }),
      jvmOptions: ["-Dcassandra.ring_delay_ms=10000"],
    }),
  "persistent in racks": () =>
    new PersistentCluster("racks", { ...ringArgs, ...volumes, name: "cassandra-racks", racks: ["a", "b", "c"] }),
  "persistent, whose members lock their memory": () =>
    new PersistentCluster("locking", { ...ringArgs, ...volumes, name: "cassandra-locking", lockMemory: true }),
  ephemeral: () => new EphemeralCluster("cassandra", { ...ringArgs, replicas: 3 }),
  daemon: () => new DaemonCluster("cassandra", ringArgs),
  "daemon on folders of the nodes": () => new DaemonCluster("cassandra", { ...ringArgs, hostPath: "/mnt/ring" }),
  pod: () => new SinglePod("cassandra", ringArgs),
  storage: () =>
    new CassandraStorage("cassandra", {
      name: "cassandra",
      topology: "persistent",
      storage: "gce-pd",
      storageClassName: "fast",
    }),
  cockroachdb: () =>
    new CockroachCluster("cockroachdb", {
      namespace: ringArgs.namespace,
      memory: ringArgs.memory,
      cpu: ringArgs.cpu,
      ...volumes,
      name: "cockroachdb",
      image: "docker.io/cockroachdb/cockroach:v23.1.28",
      certificates: { node: "cockroachdb.node", client: "cockroachdb.client.root" },
      sqlClient: true,
      loadGenerator: true,
    }),
};

export type KubeObject = Record<string, unknown> & { kind: string; metadata: { name?: string } };

/** The Kubernetes objects that a program makes, as the API server would get them; an autonamed one has a name like one of Pulumi's. */
export async function render(program: () => unknown): Promise<KubeObject[]> {
  return (await record(program)).filter(({ type }) => /^[\w.]+\/\w+:\w+$/.test(type)).map(objectOf);
}

function objectOf({ type, name, inputs }: Registered): KubeObject {
  const [, group, version, kind] = /^(?:(.*)\/)?(\w+):(\w+)$/.exec(type)!;
  const metadata = { name: `${name}-1a2b3c4d`, ...(inputs.metadata as object) };
  const apiVersion = group === "core" ? version : `${group}/${version}`;
  // A patch is the part of an object that this program owns.
  const plain = Object.entries(inputs).map(([key, value]): [string, unknown] => [
    key,
    pulumi.runtime.unwrapRpcSecret(value),
  ]);
  return { ...Object.fromEntries(plain), apiVersion, kind: kind.replace(/Patch$/, ""), metadata };
}
