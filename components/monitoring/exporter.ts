import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { shareFirstCall } from "../engine/shareFirstCall";
import type { ObjectMetadata } from "../objects/labels";
import { metricsPorts } from "../objects/ports";
import { exporterConfiguration } from "./exporterRules";

/** Where the exporter and its configuration are mounted in a pod. */
export const exporterFolder = "/ring-exporter";

/**
 * Prometheus's JMX exporter (io.prometheus.jmx:jmx_prometheus_javaagent, Apache License 2.0), as Maven Central has it. Later versions do not
 * fit into a ConfigMap, and no registry has an image of it to copy it from.
 */
export const exporterJar = { file: "jmx_prometheus_javaagent-0.20.0.jar", inPod: "jmx_prometheus_javaagent.jar" };

/** JVM option that has Cassandra serve its metrics, to its own pod alone: `serve_metrics.py` passes them on. */
export const exporterOption = `-javaagent:${exporterFolder}/${exporterJar.inPod}=127.0.0.1:${metricsPorts.exporter}:${exporterFolder}/exporter.json`;

/**
 * ConfigMap with the exporter and its configuration, which the exporter reads again when it changes. It has a fixed name: under another one,
 * every member would restart. @param ring name of the ring
 */
export function exporterConfigMap(
  metadata: ObjectMetadata,
  ring: string,
  clusterName: pulumi.Input<string>,
): k8s.core.v1.ConfigMapArgs {
  const configuration = pulumi.output(clusterName).apply((name) => exporterConfiguration({ cassandra_cluster: name }));
  return {
    metadata: { ...metadata, name: `${ring}-exporter` },
    data: { "exporter.json": configuration },
    // It is no secret. As one, a preview shows a word in place of 0.8 MB.
    binaryData: pulumi.secret(jarInBase64()),
  };
}

const jarInBase64 = shareFirstCall((): Record<string, string> => ({
  [exporterJar.inPod]: fs.readFileSync(path.join(__dirname, exporterJar.file)).toString("base64"),
}));
