import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Identity, ObjectMetadata } from "../objects/labels";
import type { RingBinding } from "../objects/podArgs";
import { metricsPortName, metricsPorts } from "../objects/ports";
import { ruleGroups } from "./alerts";
import { exporterConfigMap } from "./exporter";

/** How Prometheus finds the members: not at all, by annotations of their pods, or by a PodMonitor of the Prometheus operator. */
export const Metrics = { None: "none", Annotations: "annotations", PodMonitor: "podMonitor" } as const;
export type Metrics = (typeof Metrics)[keyof typeof Metrics];

export interface MonitoringArgs {
  /** Whose members are watched. */
  identity: Identity;
  /** Namespace and labels of every object. */
  metadata: ObjectMetadata;
  /** Labels of the ring's pods. */
  selector: Record<string, string>;
  /** Cassandra's name of the cluster, by which metrics name the ring. */
  clusterName: pulumi.Input<string>;
  metrics: Exclude<Metrics, "none">;
  /** Labels by which Prometheus's operator selects PodMonitors and PrometheusRules, as `release: prometheus`. @default none */
  metricsLabels?: Record<string, string>;
}

/** API of the Prometheus operator. */
export const operatorApi = "monitoring.coreos.com/v1";

/** Label by which the sidecar of Grafana's Helm chart finds dashboards. */
const dashboardLabel = { grafana_dashboard: "1" };

/** Job under which dashboards of Grafana's mixin for Cassandra look for the metrics. */
const job = "integrations/apache-cassandra";

/** Annotations of pods by which many a Prometheus finds what to ask. */
const scrapeAnnotations: Record<string, string> = {
  "prometheus.io/scrape": "true",
  "prometheus.io/port": `${metricsPorts.metrics}`,
  "prometheus.io/path": "/metrics",
};

/** What Prometheus and Grafana read of a ring: where its metrics are, what to warn of, and a dashboard. */
export class Monitoring extends pulumi.ComponentResource {
  /** What ties pods to it. */
  readonly binding: Pick<RingBinding, "exporter" | "scrapeAnnotations">;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:Monitoring", name, {}, opts);
    const { metadata, metrics, clusterName } = args;
    const rules = pulumi.output(clusterName).apply(ruleGroups);
    if (metrics === "podMonitor") {
      this.makeCustom(`${name}-members`, "PodMonitor", podMonitorSpec(args.selector), args);
      this.makeCustom(`${name}-alerts`, "PrometheusRule", rules, args);
    } else {
      new k8s.core.v1.ConfigMap(
        `${name}-alerts`,
        // JSON is YAML as well.
        {
          metadata: { ...metadata, name: `${args.identity.name}-alerts` },
          data: { "alerts.yaml": rules.apply((groups) => JSON.stringify(groups, null, 1)) },
        },
        { parent: this, deleteBeforeReplace: true },
      );
    }
    new k8s.core.v1.ConfigMap(
      `${name}-dashboard`,
      {
        metadata: {
          ...metadata,
          name: `${args.identity.name}-dashboard`,
          labels: { ...metadata.labels, ...dashboardLabel },
        },
        data: pulumi
          .all([metadata.namespace, clusterName])
          .apply(([namespace, clusterName]) => dashboardFile(namespace, args.identity.name, clusterName)),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    const exporter = new k8s.core.v1.ConfigMap(
      `${name}-exporter`,
      exporterConfigMap(metadata, args.identity.name, clusterName),
      { parent: this, deleteBeforeReplace: true },
    );
    this.binding = { exporter: exporter.metadata.name, ...(metrics === "annotations" && { scrapeAnnotations }) };
    this.registerOutputs({});
  }

  private makeCustom(
    logicalName: string,
    kind: string,
    spec: pulumi.Input<object>,
    { metadata, metricsLabels }: MonitoringArgs,
  ): void {
    new k8s.apiextensions.CustomResource(
      logicalName,
      {
        apiVersion: operatorApi,
        kind,
        metadata: { ...metadata, labels: { ...metadata.labels, ...metricsLabels } },
        spec,
      },
      { parent: this },
    );
  }
}

/** Spec of the PodMonitor. Pods are asked while their member waits to enter the ring as well. */
function podMonitorSpec(selector: Record<string, string>) {
  const relabelings = [
    { targetLabel: "job", replacement: job },
    { sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "instance" },
  ];
  return { selector: { matchLabels: selector }, podMetricsEndpoints: [{ port: metricsPortName, relabelings }] };
}

/** The dashboard by the name of its file: sidecars put the files of all namespaces into one folder. */
function dashboardFile(namespace: string, ring: string, clusterName: string): Record<string, string> {
  const uid = createHash("sha256").update(`${namespace}/${ring}`).digest("hex").slice(0, 32);
  const title = `Cassandra: ${ring} in ${namespace}`;
  return {
    [`${namespace}-${ring}.json`]: filledDashboard({
      uid,
      title,
      ring: `cassandra_cluster=${JSON.stringify(clusterName)}`,
    }),
  };
}

/** The dashboard with its values, which stand as `$name` in the texts of its JSON. */
function filledDashboard(values: { uid: string; title: string; ring: string }): string {
  const template: unknown = JSON.parse(fs.readFileSync(path.join(__dirname, "dashboard.json"), "utf8"));
  return JSON.stringify(template, (_, text: unknown) =>
    typeof text === "string"
      ? Object.entries(values).reduce((filled, [name, value]) => filled.split(`$${name}`).join(value), text)
      : text,
  );
}
