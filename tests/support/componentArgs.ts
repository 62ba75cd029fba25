import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import type { Component } from "../../components/args/argRules";
import { refuseWrongArgs } from "../../components/args/checkedArgs";
import {
  CassandraService,
  CassandraStorage,
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  KubernetesCluster,
  LocalVolumes,
  PersistentCluster,
  SinglePod,
} from "../../components/index";
import { ringArgs } from "./args";

export type Args = Record<string, unknown>;

/** Args of each component that are right. */
export const right: Record<Component, Args> = {
  KubernetesCluster: { cluster: { context: "test" } },
  CassandraStorage: { name: "ring", topology: "persistent", storage: "gce-pd", storageClassName: "fast" },
  LocalVolumes: {
    name: "ring",
    topology: "persistent",
    namespace: "db",
    sets: ["ring"],
    claim: "data",
    disks: [{ node: "a", path: "/mnt/disk" }],
    volumeSize: "1Gi",
  },
  CassandraService: { name: "ring", namespace: "db", topology: "persistent", selector: { app: "ring" } },
  PersistentCluster: { ...ringArgs, replicas: 3, volumeSize: "1Gi" },
  EphemeralCluster: { ...ringArgs, replicas: 3 },
  DaemonCluster: { ...ringArgs },
  SinglePod: { ...ringArgs },
  CockroachCluster: {
    name: "roach",
    namespace: "db",
    replicas: 3,
    image: "cockroachdb/cockroach:v23.1.28",
    memory: "1Gi",
    cpu: "500m",
    volumeSize: "1Gi",
  },
};

export type Make = new (name: string, args: never) => pulumi.Resource;
export const classes: Record<Component, Make> = {
  KubernetesCluster,
  CassandraStorage,
  LocalVolumes,
  CassandraService,
  PersistentCluster,
  EphemeralCluster,
  DaemonCluster,
  SinglePod,
  CockroachCluster,
};

/** Lines with which something is refused, after the one that says what it is; none where it is made. */
export function linesOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    assert.ok(pulumi.ResourceError.isInstance(error), (error as Error).stack);
    assert.equal(error.hideStack, true, "a stack trace helps no user");
    return error.message.split("\n").slice(1);
  }
  return [];
}

/** Lines with which args are refused in place of right ones. */
export const refusals = (args: Args, component: Component = "PersistentCluster") =>
  linesOf(() => refuseWrongArgs(component, "c", { ...right[component], ...args }));
