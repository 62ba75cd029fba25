import * as pulumi from "@pulumi/pulumi";
import { type PodAdmissionArgs, refuseUnadmittedPods } from "../../../../components/operations/podAdmission";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record, warningsOf } from "../../../support/recorder";

export const namespaced = "/api/v1/namespaces/db";
export const templateOf = (memory: string) => ({
  metadata: { labels: { app: "x" } },
  spec: {
    serviceAccountName: "account",
    containers: [
      { name: "cassandra", image: "x", resources: { requests: { memory, cpu: "500m" }, limits: { memory } } },
    ],
    volumes: [{ name: "ring", configMap: {} }],
  },
});
export const set = (replicas: number, memory = "1Gi") => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "cassandra", namespace: "db", annotations: { "cassandra/volume-size": "2Gi" } },
  spec: {
    replicas,
    template: templateOf(memory),
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { resources: { requests: { storage: "1Gi" } } } }],
  },
});
export const forbidden = (message: string) => ({
  kind: "Status",
  code: 403,
  message: `pods "cassandra-x1" is forbidden: ${message}`,
});
export const quota = (hard: object, used: object = {}) => ({
  [`${namespaced}/resourcequotas`]: { items: [{ metadata: { name: "team" }, status: { hard, used } }] },
});
export const running = (count: number, metadata: object = {}) => ({
  [`${namespaced}/pods`]: {
    items: Array.from({ length: count }, () => ({ metadata, spec: templateOf("1Gi").spec, status: {} })),
  },
  [`${namespaced}/persistentvolumeclaims`]: {
    items: Array.from({ length: count }, () => ({ spec: { resources: { requests: { storage: "2Gi" } } } })),
  },
});
const roomy = {
  [`POST ${namespaced}/pods`]: { spec: templateOf("1Gi").spec },
  [`POST ${namespaced}/persistentvolumeclaims`]: { spec: {} },
  ...quota({ pods: "9" }),
  ...running(0),
};

/** What is asked of the API server, and warned of, before an update. @throws why it is refused */
export async function update(
  newInputs: object,
  objects: object = {},
  { oldInputs, ...others }: { oldInputs?: object } & Partial<PodAdmissionArgs> = {},
) {
  const asked: { path: string; body: unknown }[] = [];
  const warned = await warningsOf(() =>
    withApiServer({ ...roomy, ...objects }, async (kubeconfig, written) => {
      const args = { subject: "ring cassandra", selector: { app: "x" }, ...others, cluster: { kubeconfig } };
      await record(() => refuseUnadmittedPods("cassandra", args, new pulumi.ComponentResource("x:y:Z", "parent")));
      await callHook("cassandra-pods-are-admitted", { newInputs, oldInputs }, { onDryRun: true });
      asked.push(...written);
    }),
  );
  return { asked, warned };
}
