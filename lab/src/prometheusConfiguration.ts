/**
 * A process that writes the configuration of the lab's Prometheus: from PodMonitors and PrometheusRules, as the Prometheus operator does, and
 * from ConfigMaps with a file `alerts.yaml`, as somebody without the operator would mount them.
 *
 * Arguments: a kubeconfig, and the folder of the configuration.
 */
import { CoreV1Api, CustomObjectsApi, KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

interface Metadata {
  name: string;
  namespace: string;
}

/** A PodMonitor, as far as the lab knows its spec. */
export interface PodMonitor {
  metadata: Metadata;
  spec: {
    selector: { matchLabels: Record<string, string> };
    podMetricsEndpoints: { port: string; relabelings?: Relabeling[] }[];
  };
}

interface Relabeling {
  sourceLabels?: string[];
  targetLabel?: string;
  replacement?: string;
}

/** Seconds between two questions to each pod. */
const INTERVAL = 5;

/** The ports of all pods, with the labels that Prometheus gives to pods of Kubernetes: Debian's Prometheus does not ask an API server. */
const targets = [{ files: ["/configuration/targets.json"], refresh_interval: "2s" }];

const ofNamespace = "__meta_kubernetes_namespace";
const meta = "__meta_kubernetes_pod";
const keep = (label: string, regex: string) => ({ source_labels: [label], regex, action: "keep" });
/** As Prometheus knows a label or an annotation of Kubernetes. */
const nameIn = (kind: "label" | "annotation", name: string) => `${meta}_${kind}_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
const namesIn = (kind: "label" | "annotation", all: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [nameIn(kind, name), value]));

/** The targets of pods that have an address. */
export function targetsOf(pods: V1Pod[]) {
  return pods.flatMap(({ metadata, spec, status }) => {
    const ports = spec?.containers.flatMap(({ ports = [] }) => ports) ?? [];
    const { podIP, phase } = status ?? {};
    if (!podIP || phase !== "Running") return [];
    return ports.map(({ name, containerPort }) => ({
      targets: [`${podIP.includes(":") ? `[${podIP}]` : podIP}:${containerPort}`],
      labels: {
        [ofNamespace]: metadata!.namespace!,
        [`${meta}_name`]: metadata!.name!,
        [`${meta}_container_port_name`]: name ?? "",
        ...namesIn("label", metadata!.labels),
        ...namesIn("annotation", metadata!.annotations),
      },
    }));
  });
}

/** How Prometheus finds what a PodMonitor selects. */
export function scrapeConfigs({ metadata: { name, namespace }, spec }: PodMonitor) {
  return spec.podMetricsEndpoints.map(({ port, relabelings = [] }, i) => ({
    job_name: `podMonitor/${namespace}/${name}/${i}`,
    file_sd_configs: targets,
    relabel_configs: [
      keep(ofNamespace, namespace),
      ...Object.entries(spec.selector.matchLabels).map(([label, value]) => keep(nameIn("label", label), value)),
      keep(`${meta}_container_port_name`, port),
      ...named,
      ...relabelings.map(({ sourceLabels, targetLabel, replacement }) => ({
        ...(sourceLabels && { source_labels: sourceLabels }),
        ...(targetLabel && { target_label: targetLabel }),
        ...(replacement && { replacement }),
      })),
    ],
  }));
}

const named = [
  { source_labels: [ofNamespace], target_label: "namespace" },
  { source_labels: [`${meta}_name`], target_label: "pod" },
];

/** Pods whose annotations ask for it, as Prometheus's example for Kubernetes has them. */
const annotated = {
  job_name: "kubernetes-pods",
  file_sd_configs: targets,
  relabel_configs: [
    keep(`${meta}_annotation_prometheus_io_scrape`, "true"),
    { source_labels: [`${meta}_annotation_prometheus_io_path`], regex: "(.+)", target_label: "__metrics_path__" },
    {
      source_labels: ["__address__", `${meta}_annotation_prometheus_io_port`],
      // Every port of a pod is a target, and becomes the annotated one. Addresses of IPv6 are in brackets.
      regex: "(\\[[^\\]]+\\]|[^:]+)(?::\\d+)?;(\\d+)",
      replacement: "$1:$2",
      target_label: "__address__",
    },
    ...named,
    { source_labels: [`${meta}_name`], target_label: "instance" },
  ],
};

/** Prometheus's configuration. */
export function prometheusYaml(monitors: PodMonitor[]): string {
  return JSON.stringify({
    global: { scrape_interval: `${INTERVAL}s`, evaluation_interval: `${INTERVAL}s` },
    rule_files: ["/configuration/rules/*.yaml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:9093"] }] }] },
    scrape_configs: [annotated, ...monitors.flatMap(scrapeConfigs)],
  });
}

const alertmanagerYaml = JSON.stringify({ route: { receiver: "nobody" }, receivers: [{ name: "nobody" }] });

async function write(file: string, text: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => undefined)) === text) return;
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function configure(custom: CustomObjectsApi, core: CoreV1Api, folder: string): Promise<void> {
  const list = async <T>(plural: string) =>
    (
      (await custom.listClusterCustomObject({ group: "monitoring.coreos.com", version: "v1", plural })) as {
        items: T[];
      }
    ).items;
  const monitors = await list<PodMonitor>("podmonitors");
  const rules = await list<{ metadata: Metadata; spec: object }>("prometheusrules");
  const { items } = await core.listConfigMapForAllNamespaces();
  const files = new Map<string, string>();
  for (const { metadata, spec } of rules) files.set(fileOf("rule", metadata), JSON.stringify(spec));
  for (const { metadata, data } of items)
    if (data?.["alerts.yaml"]) files.set(fileOf("map", metadata as Metadata), data["alerts.yaml"]);
  const target = join(folder, "rules");
  await mkdir(target, { recursive: true });
  for (const [file, text] of files) await write(join(target, file), text);
  for (const file of await readdir(target)) if (!files.has(file)) await rm(join(target, file));
  const pods = await core.listPodForAllNamespaces();
  await write(join(folder, "targets.json"), JSON.stringify(targetsOf(pods.items)));
  await write(join(folder, "alertmanager.yml"), alertmanagerYaml);
  await write(join(folder, "prometheus.yml"), prometheusYaml(monitors));
}

const fileOf = (kind: string, { namespace, name }: Metadata) => `${kind}-${namespace}-${name}.yaml`;

async function main(kubeconfig: string, folder: string): Promise<never> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [custom, core] = [config.makeApiClient(CustomObjectsApi), config.makeApiClient(CoreV1Api)];
  for (;;) {
    await configure(custom, core, folder).catch((error) => console.error(error));
    await sleep(2000);
  }
}

if (require.main === module) void main(process.argv[2], process.argv[3]);
