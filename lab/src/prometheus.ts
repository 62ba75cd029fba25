/**
 * Prometheus and Alertmanager of Debian, in a pod of namespace `monitoring`, and the kinds of the Prometheus operator. A process beside them does
 * what the operator does with PodMonitors and PrometheusRules, and reads ConfigMaps of rules and the pods' annotations as well.
 */
import type { KubernetesObject } from "@kubernetes/client-node";
import { mkdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache";
import { apiServer } from "./controlPlane";
import { CASSANDRA_IMAGE } from "./images";
import { Instance, repository } from "./instance";
import type { Lab } from "./lab";
import { Network } from "./network";
import { apply, connect, grant, objectsIn } from "./objects";
import { unpacked } from "./packages";
import { kubeconfig } from "./pki";
import { startProcess, until } from "./processes";
import { run } from "./run";

export const prometheusProcess = "prometheus-configuration";
const user = "lab:prometheus";
const group = "monitoring.coreos.com";

/** Where Prometheus is. */
export const monitoring = { namespace: "monitoring", pod: "prometheus-0", port: 9090, alertmanagerPort: 9093 };

/** What the Prometheus of a lab answers, through the API server. @param path below `/api/v1/`, with its query */
export async function askPrometheus<T>(lab: Lab, path: string): Promise<T> {
  const { namespace, pod, port } = monitoring;
  const raw = `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/api/v1/${path}`;
  return (JSON.parse(await lab.kubectl(["get", "--raw", raw])) as { data: T }).data;
}

/** Folder of `prometheus`, `promtool` and `prometheus-alertmanager`, downloaded on first use. */
export async function prometheusPrograms(): Promise<string> {
  return join(await unpacked(["prometheus", "prometheus-alertmanager"]), "usr/bin");
}

/** Makes the operator's kinds known, and starts Prometheus. */
export async function startPrometheus(instance: Instance, network: Network): Promise<void> {
  const connection = await connect(instance.kubeconfig);
  const { CustomObjectsApi } = await import("@kubernetes/client-node");
  await apply(connection, await objectsIn(await operatorKinds()));
  const custom = connection.config.makeApiClient(CustomObjectsApi);
  await until("the kinds of the Prometheus operator", 30, () =>
    Promise.all(plurals.map((plural) => custom.listClusterCustomObject({ group, version: "v1", plural }))).then(
      () => true,
      () => false,
    ),
  );
  mkdirSync(instance.path("prometheus/rules"), { recursive: true });
  const client = await kubeconfig(instance, "prometheus-client.json", apiServer(network), { name: user });
  const script = [process.execPath, "--disable-warning=ExperimentalWarning", "-r", "ts-node/register"];
  const args = [join(__dirname, "prometheusConfiguration.ts"), client, instance.path("prometheus")];
  await startProcess(instance, prometheusProcess, [...script, ...args]);
  await apply(connection, prometheusObjects(await prometheusPrograms(), instance.path("prometheus")));
}

const plurals = ["podmonitors", "prometheusrules"];

/** File of the definitions of the operator's kinds that the lab knows. */
async function operatorKinds(): Promise<string> {
  const folder = join(repository, "lab/tools/prometheus-operator");
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(join(folder, file)));
  const dir = await cached("prometheus-kinds", pins, async (dir) => {
    const module = "github.com/prometheus-operator/prometheus-operator";
    const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" };
    const told = await run("go", ["mod", "download", "-json", module], { cwd: folder, env, timeout: 300_000 });
    const source = join((JSON.parse(told) as { Dir: string }).Dir, "example/prometheus-operator-crd");
    const files = plurals.map((plural) => readFile(join(source, `${group}_${plural}.yaml`), "utf8"));
    await writeFile(join(dir, "kinds.yaml"), (await Promise.all(files)).join("\n---\n"));
  });
  return join(dir, "kinds.yaml");
}

/** What the process beside Prometheus may do. */
export const prometheusRights = grant(user, [
  { apiGroups: [group], resources: plurals, verbs: ["list"] },
  { apiGroups: [""], resources: ["configmaps", "pods"], verbs: ["list"] },
]);

/** @param programs folder of Debian's programs @param folder what the process beside them writes */
function prometheusObjects(programs: string, folder: string): KubernetesObject[] {
  const { namespace, pod, port, alertmanagerPort } = monitoring;
  const labels = { "app.kubernetes.io/name": "prometheus" };
  const container = (name: string, number: number, command: string) => ({
    name,
    image: CASSANDRA_IMAGE,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", command],
    ports: [{ name, containerPort: number }],
    readinessProbe: { httpGet: { path: "/-/ready", port: number }, periodSeconds: 1 },
    volumeMounts: [
      { name: "programs", mountPath: "/programs", readOnly: true },
      // Alertmanager's templates.
      { name: "share", mountPath: "/usr/share/prometheus", readOnly: true },
      { name: "configuration", mountPath: "/configuration", readOnly: true },
    ],
  });
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: pod.replace(/-0$/, ""), namespace, labels },
      spec: {
        replicas: 1,
        serviceName: "prometheus",
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              container("prometheus", port, reloading),
              container(
                "alertmanager",
                alertmanagerPort,
                "exec /programs/prometheus-alertmanager --config.file=/configuration/alertmanager.yml --storage.path=/tmp/alertmanager --cluster.listen-address=",
              ),
            ],
            volumes: [
              { name: "programs", hostPath: { path: programs, type: "Directory" } },
              { name: "share", hostPath: { path: join(programs, "../share/prometheus"), type: "Directory" } },
              { name: "configuration", hostPath: { path: folder, type: "Directory" } },
            ],
          },
        },
      },
    },
  ];
  return objects;
}

/** Prometheus, told to read its files again when they have changed. */
const reloading = `
until [ -e /configuration/prometheus.yml ] && [ -e /configuration/alertmanager.yml ]; do sleep 1; done
files() { cat /configuration/prometheus.yml /configuration/rules/* 2> /dev/null | cksum; }
/programs/prometheus --config.file=/configuration/prometheus.yml --storage.tsdb.path=/tmp/prometheus &
server=$!
trap 'kill $server' TERM
known=$(files)
while kill -0 $server 2> /dev/null; do
  sleep 1
  now=$(files)
  if [ "$now" != "$known" ]; then known=$now; kill -HUP $server; fi
done`;
