import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { exporterFolder } from "../monitoring/exporter";
import { Disk, isClaimed } from "./disk";
import type { RingBinding } from "./podArgs";
import { cassandraUser, containerSecurity, smallStep } from "./podSecurity";
import { tlsFolder } from "./tls";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Where Cassandra's data is mounted in a pod. */
export const dataFolder = "/var/lib/cassandra";

/** Where the scripts of this program are mounted in a pod. */
export const scriptsFolder = "/ring";

/** Where Cassandra writes besides its data, by the name of the volume. The image itself is read-only. `entrypoint.py` fills `config`. */
export const mountPaths = { config: "/config", logs: "/var/log/cassandra", tmp: "/tmp" } as const;

/** Volumes of the pod, without those that a StatefulSet makes from its volume claim template. */
export function volumes({
  disk,
  scripts,
  configuration,
  tls,
  exporter,
}: RingBinding): k8s.types.input.core.v1.Volume[] {
  const sources = [{ configMap: { name: scripts } }, { secret: { name: configuration } }];
  const others = [
    configuration === undefined
      ? { name: "ring", configMap: { name: scripts, defaultMode: 0o555 } }
      : { name: "ring", projected: { sources, defaultMode: 0o555 } },
    ...(tls === undefined ? [] : [{ name: "tls", secret: { secretName: tls, defaultMode: 0o440 } }]),
    ...(exporter === undefined ? [] : [{ name: "ring-exporter", configMap: { name: exporter, defaultMode: 0o444 } }]),
    ...Object.keys(mountPaths).map((name) => ({ name, emptyDir: {} })),
  ];
  switch (disk.kind) {
    case "persistentVolumeClaim":
      return others;
    case "hostPath":
      return [{ name: "data", hostPath: { path: disk.path, type: "DirectoryOrCreate" } }, ...others];
    case "emptyDir":
      return [{ name: "data", emptyDir: {} }, ...others];
  }
}

/** Where the Cassandra container mounts the volumes. */
export function volumeMounts({ disk, tls, exporter }: RingBinding): k8s.types.input.core.v1.VolumeMount[] {
  return [
    { name: isClaimed(disk) ? disk.template : "data", mountPath: dataFolder },
    { name: "ring", mountPath: scriptsFolder, readOnly: true },
    ...(tls === undefined ? [] : [{ name: "tls", mountPath: tlsFolder, readOnly: true }]),
    ...(exporter === undefined ? [] : [{ name: "ring-exporter", mountPath: exporterFolder, readOnly: true }]),
    ...Object.entries(mountPaths).map(([name, mountPath]) => ({ name, mountPath })),
  ];
}

/**
 * Init container that makes Cassandra's user the owner of a hostPath folder. Kubernetes applies the pod's `fsGroup` to every other kind
 * of volume, but not to hostPath.
 */
export function initContainers(image: pulumi.Input<string>, disk: Disk): Pick<PodSpec, "initContainers"> {
  if (disk.kind !== "hostPath") return {};
  return {
    initContainers: [
      {
        name: "own-data",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["chown", `${cassandraUser}:${cassandraUser}`, dataFolder],
        resources: smallStep,
        // The folder belongs to the node, and only root can change its owner. CHOWN is the only capability.
        securityContext: {
          ...containerSecurity,
          runAsUser: 0,
          runAsNonRoot: false,
          capabilities: { drop: ["ALL"], add: ["CHOWN"] },
        },
        volumeMounts: [{ name: "data", mountPath: dataFolder }],
      },
    ],
  };
}
