/** Reads config as the engine passes it to the program. */
import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { readConfig } from "../../../config";

/** Runs what follows as project `name`, without an engine. */
export async function runAs(name: string): Promise<void> {
  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, name, "test");
}

/** As `before` hook: runs the tests as this project. */
export const inProject = () => runAs("cassandra");

/** @param secrets keys set with `--secret` */
export function read(config: Record<string, unknown>, secrets: string[] = []) {
  // The engine passes lists and objects as JSON.
  const text = Object.entries(config).map(([key, value]) => [
    `cassandra:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(text) as Record<string, string>,
    secrets.map((key) => `cassandra:${key}`),
  );
  return readConfig();
}

/** The lines with which config is refused; none if it is accepted. */
export function problemsOf(config: Record<string, unknown>): string[] {
  try {
    read(config);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n");
  }
  return [];
}

/** The warnings that a function logs. */
export function warningsOf(run: () => unknown): string[] {
  const warnings: string[] = [];
  const { warn } = pulumi.log;
  pulumi.log.warn = (line: string) => Promise.resolve(void warnings.push(line));
  try {
    run();
  } finally {
    pulumi.log.warn = warn;
  }
  return warnings;
}

/** Args of a Cassandra ring and of its volumes where the stack file is empty. */
export const defaultRing = {
  name: "cassandra",
  clusterName: "cassandra",
  image: "docker.io/library/cassandra:5.0.9",
  memory: "2Gi",
  cpu: "500m",
  maxHeapMiB: 1024,
  datacenter: "datacenter1",
  rack: "rack1",
  jvmOptions: [],
  cassandraYaml: {},
  clientsFrom: [],
  imagePullSecrets: [],
  lockMemory: false,
  auth: "password",
  superuser: "admin",
};
export const defaultVolumes = { replicas: 3, volumeSize: "1Gi", volumeRetention: "retain" };

/** Facts of a Cassandra ring that the state gets where the stack file is empty. */
export const defaultFacts = {
  namespace: "default",
  clusterName: "cassandra",
  datacenter: "datacenter1",
  auth: "password",
  superuser: "admin",
  tls: "none",
};

/** Static volumes for five members. */
export const localVolumes = Array.from({ length: 5 }, (_, i) => ({ node: `node-${i}`, path: "/mnt/disks/1" }));
