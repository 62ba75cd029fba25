import * as k8s from "../kubernetes/resources";
import * as fs from "node:fs";
import * as path from "node:path";
import { CassandraYaml, yamlChanges } from "../cassandra/cassandraYaml";
import { shareFirstCall } from "../engine/shareFirstCall";
import { Disk, isClaimed } from "./disk";
import type { ObjectMetadata } from "./labels";
import type { RingBinding } from "./podArgs";
import { mountPaths } from "./podVolumes";
import { ClientCertificates, encryption } from "./tls";

/** ConfigMap with the scripts that run inside the pods. @param configuration of `configurationFile`, if it is no secret */
export function scriptsConfigMap(
  metadata: ObjectMetadata,
  { disk, exporter }: Pick<RingBinding, "disk" | "exporter">,
  configuration: Record<string, string> = {},
): k8s.core.v1.ConfigMapArgs {
  return { metadata, data: { ...podScripts(disk, exporter !== undefined), ...configuration } };
}

/** Name of the ConfigMap with the ring record of a ring whose data outlives the stack. */
export const recordName = (ring: string) => `${ring}-ring`;

/**
 * ConfigMap that holds the ring record of a ring whose data outlives the stack. It is applied as a patch without data: what the pods
 * have written stays, also where an earlier `pulumi destroy` has left the record.
 */
export function keptRecordConfigMap(metadata: ObjectMetadata, ring: string): k8s.core.v1.ConfigMapPatchArgs {
  return { metadata: { ...metadata, name: recordName(ring), annotations: { "pulumi.com/patchForce": "true" } } };
}

/**
 * The scripts that run inside the pods, by file name. A script that the pods of this ring never run is left out, since each change of
 * the ConfigMap restarts every pod. @param tellsMetrics whether Prometheus reads metrics of the pods
 */
export function podScripts(disk: Disk, tellsMetrics = false): Record<string, string> {
  const others = [isClaimed(disk) ? "remove-node.sh" : "decommission.sh", ...(tellsMetrics ? [] : metricsFiles)];
  return Object.fromEntries(Object.entries(allScripts()).filter(([file]) => !others.includes(file)));
}

/** What serves the metrics. */
const metricsFiles = ["metrics.py", "metrics.sh", "serve_metrics.py"];

/** Files of `pod/` that the pods have. Any other file there, such as an editor's backup, would restart every pod. */
const scriptFiles = [
  "auth_replication.py",
  "cassandra_mode.py",
  "cassandra_start.py",
  "certificates.py",
  "cql.py",
  "cqlsh.sh",
  "cqlsh_login.py",
  "decide_bootstrap.py",
  "decide_leave.py",
  "decide_repair.py",
  "decide_restart.py",
  "decide_start.py",
  "decommission.py",
  "decommission.sh",
  "edit_cassandra_yaml.py",
  "entrypoint.py",
  "entrypoint.sh",
  "first_ring.py",
  "gossip.py",
  "ip_address.py",
  "kubernetes_api.py",
  "logback.xml",
  "member_address.py",
  "member_duties.py",
  ...metricsFiles,
  "observe.py",
  "ordinal_view.py",
  "port_answers.py",
  "post-start.sh",
  "post_start.py",
  "pre-stop.sh",
  "pre_stop.py",
  "readiness.sh",
  "remove-node.sh",
  "remove_node.py",
  "ring_record.py",
  "ring_view.py",
  "scheduled_repair.py",
  "scratch.py",
  "set-superuser-password.sh",
  "state_log.py",
  "steps.py",
  "superuser.py",
  "superuser_password.py",
  "superuser_secret.py",
  "system.py",
  "tokens.py",
  "unordered_view.py",
  "volume.py",
  "workload.py",
];

/** The files are read once, and all rings of a stack share the same strings. Each ring would hold 0.2 MB of its own otherwise. */
const allScripts = shareFirstCall(() => {
  const read = (file: string) => fs.readFileSync(path.join(__dirname, "../pod", file), "utf8");
  // A checkout on Windows may have CRLF line ends, and a shell takes the CR for a part of the command.
  return Object.fromEntries(scriptFiles.map((file) => [file, read(file).replace(/\r\n/g, "\n")]));
});

/**
 * The file with the changes of cassandra.yaml, `cassandra.json`, which stands beside the scripts.
 * @param given keys of cassandra.yaml that win over the program's own
 * @param ring whether clients log in; whether clients show certificates, undefined if nothing is encrypted; number of racks that have a
 *   StatefulSet each
 */
export function configurationFile(
  given: CassandraYaml | undefined,
  { needsLogin, tls, racks = 0 }: { needsLogin: boolean; tls?: ClientCertificates; racks?: number },
): Record<string, string> {
  const ring = { needsLogin, racks, ...(tls && { encryption: encryption(mountPaths.config, tls) }) };
  return { "cassandra.json": JSON.stringify(yamlChanges(given, ring), null, 2) };
}
