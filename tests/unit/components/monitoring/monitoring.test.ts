import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { type CassandraRingArgs, PersistentCluster } from "../../../../components/index";
import { alertNames, alertsOf } from "../../../../components/monitoring/alerts";
import { exporterJar, exporterOption } from "../../../../components/monitoring/exporter";
import { exporterConfiguration } from "../../../../components/monitoring/exporterRules";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { ringArgs } from "../../../support/args";
import { dashboardQueries } from "../../../support/prometheus";
import { only, record, type Registered } from "../../../support/recorder";

const identity = { name: "cassandra", topology: "persistent" };
const folder = path.join(__dirname, "../../../../components/monitoring");

const ringWith = (given: Partial<CassandraRingArgs>) =>
  record(() => new PersistentCluster("cassandra", { ...ringArgs, replicas: 3, volumeSize: "1Gi", ...given }));

interface PodTemplate {
  metadata: { annotations: Record<string, string> };
  spec: {
    containers: { env: { name: string; value?: string }[]; ports: object[]; volumeMounts: { name: string }[] }[];
    volumes: { name: string }[];
  };
}
const templateOf = (all: Registered[]) =>
  (only(all, "apps/v1:StatefulSet").inputs as { spec: { template: PodTemplate } }).spec.template;
const named = (all: Registered[], name: string) => all.filter((one) => one.name === name);
const ingressOf = (all: Registered[]) =>
  (
    only(all, "networking.k8s.io/v1:NetworkPolicy").inputs as {
      spec: { ingress: { ports: { port: number }[]; from: object[] }[] };
    }
  ).spec.ingress;

describe("a ring that Prometheus watches", () => {
  it("has nothing of it unless it is asked for", async () => {
    const all = await ringWith({});
    const { metadata, spec } = templateOf(all);
    assert.ok(!Object.keys(metadata.annotations).some((name) => name.startsWith("prometheus.io/")));
    assert.ok(!JSON.stringify(spec).includes("exporter"));
    assert.ok(!all.some(({ name }) => /exporter|alerts|dashboard/.test(name)));
    assert.equal(ingressOf(all).length, 2);
  });

  it("is found by annotations of its pods", async () => {
    const all = await ringWith({ metrics: "annotations" });
    const { metadata, spec } = templateOf(all);
    assert.deepEqual(
      ["scrape", "port", "path"].map((name) => metadata.annotations[`prometheus.io/${name}`]),
      ["true", "9500", "/metrics"],
    );
    const [{ env, ports, volumeMounts }] = spec.containers;
    assert.equal(env.find(({ name }) => name === "JVM_EXTRA_OPTS")!.value, exporterOption);
    assert.deepEqual(ports.at(-1), { name: "ring-metrics", containerPort: 9500 });
    for (const list of [spec.volumes, volumeMounts]) assert.ok(list.some(({ name }) => name === "ring-exporter"));
    const [rules] = named(all, "cassandra-alerts");
    assert.equal(rules.type, "core/v1:ConfigMap");
    const { data } = rules.inputs as { data: Record<string, string> };
    assert.deepEqual(JSON.parse(data["alerts.yaml"]), {
      groups: [{ name: "cassandra-K8Demo", rules: alertsOf("K8Demo") }],
    });
  });

  it("is found by a PodMonitor, whose operator selects by labels of its own", async () => {
    const all = await ringWith({ metrics: "podMonitor", metricsLabels: { release: "prometheus" } });
    assert.ok(!("prometheus.io/scrape" in templateOf(all).metadata.annotations));
    const [monitor] = named(all, "cassandra-members");
    const { kind, metadata, spec } = monitor.inputs as { kind: string; metadata: { labels: object }; spec: object };
    assert.deepEqual([kind, metadata.labels], ["PodMonitor", { ...labels(identity), release: "prometheus" }]);
    assert.deepEqual((spec as { selector: object }).selector, { matchLabels: selectorLabels(identity) });
    const [rules] = named(all, "cassandra-alerts");
    assert.equal(rules.inputs.kind, "PrometheusRule");
  });

  it("restarts its members for another way to be found: pods keep the annotations that they were made with", async () => {
    const revisionWith = async (metrics: "annotations" | "podMonitor" | "none") =>
      templateOf(await ringWith({ metrics })).metadata.annotations["cassandra/revision"];
    const [annotations, podMonitor, none] = [
      await revisionWith("annotations"),
      await revisionWith("podMonitor"),
      await revisionWith("none"),
    ];
    assert.equal(new Set([annotations, podMonitor, none]).size, 3);
  });

  it("lets the namespace `monitoring` read its metrics, or whom it is told, and nobody else", async () => {
    const port = [{ protocol: "TCP", port: 9500 }];
    const toMetrics = async (given: Partial<CassandraRingArgs>) =>
      ingressOf(await ringWith({ metrics: "annotations", ...given })).filter(({ ports }) =>
        ports.some(({ port }) => port === 9500),
      );
    const monitoring = { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } };
    assert.deepEqual(await toMetrics({}), [
      { from: [{ podSelector: { matchLabels: {} }, namespaceSelector: monitoring }], ports: port },
    ]);
    assert.deepEqual(await toMetrics({ metricsFrom: [{ cidr: "10.0.0.0/8" }] }), [
      { from: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: port },
    ]);
  });

  it("has a dashboard of its own ring, which Grafana's sidecar finds", async () => {
    const all = await ringWith({ metrics: "annotations" });
    const { metadata, data } = named(all, "cassandra-dashboard")[0].inputs as {
      metadata: { labels: Record<string, string> };
      data: Record<string, string>;
    };
    assert.equal(metadata.labels.grafana_dashboard, "1");
    assert.deepEqual(Object.keys(data), ["db-cassandra.json"]);
    const { title, uid } = JSON.parse(data["db-cassandra.json"]) as { title: string; uid: string };
    assert.equal(title, "Cassandra: cassandra in db");
    assert.match(uid, /^[0-9a-f]{32}$/);
    const queries = dashboardQueries(data["db-cassandra.json"]);
    assert.ok(queries.length > 30);
    for (const query of queries) assert.match(query, /cassandra_cluster="K8Demo"/, query);
  });

  it("brings the exporter as it was published", () => {
    const jar = readFileSync(path.join(folder, exporterJar.file));
    assert.equal(
      createHash("sha256").update(jar).digest("hex"),
      "8b67ed40485d475648c36d11d21464b484406f85faf912b3363f71a6a7861320",
    );
    // A ConfigMap holds a MiB.
    assert.ok(jar.length + exporterConfiguration({}).length < 2 ** 20);
  });

  it("asks for few beans by a pattern: for each, the exporter compares all that there are", () => {
    const { includeObjectNames } = JSON.parse(exporterConfiguration({})) as { includeObjectNames: string[] };
    const patterns = includeObjectNames.filter((name) => name.includes("*") && name.startsWith("org.apache"));
    assert.ok(patterns.length <= 8, patterns.join("\n"));
  });

  it("has a section for each alert on the page that the alert names", () => {
    const [{ annotations }] = alertsOf("K8Demo");
    const page = readFileSync(path.join(folder, "../..", annotations.runbook.split("#")[0]), "utf8");
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections, alertNames);
  });

  it("has a name of its own for each alert", () => assert.equal(new Set(alertNames).size, alertNames.length));
});
