import * as assert from "node:assert/strict";
import { containerSecurity, podSecurity } from "../../../../components/objects/podSecurity";
import { CockroachClusterArgs } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { makeCockroach } from "../../../support/cockroach";
import { only } from "../../../support/recorder";

describe("CockroachCluster", () => {
  const identity = { name: "cockroachdb", topology: "persistent", application: "cockroachdb" };
  // The name is right whatever the DNS domain of the Kubernetes cluster is.
  const domain = "cockroachdb";

  it("makes exactly this StatefulSet at its defaults", async () => {
    const { metadata, spec } = only(await makeCockroach(), "apps/v1:StatefulSet").inputs;
    assert.deepEqual(metadata, {
      namespace: "db",
      labels: labels(identity),
      name: "cockroachdb",
      annotations: { "cassandra/volume-size": "1Gi", "cassandra/storage-class": "fast" },
    });
    assert.deepEqual(spec, {
      replicas: 4,
      serviceName: "cockroachdb",
      selector: { matchLabels: selectorLabels(identity) },
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      template: {
        metadata: { labels: labels(identity) },
        spec: {
          automountServiceAccountToken: false,
          securityContext: podSecurity(10001),
          terminationGracePeriodSeconds: 300,
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: {
                    labelSelector: { matchLabels: selectorLabels(identity) },
                    topologyKey: "kubernetes.io/hostname",
                  },
                },
              ],
            },
          },
          containers: [
            {
              name: "cockroachdb",
              image: "cockroachdb/cockroach:v23.1.28",
              imagePullPolicy: "IfNotPresent",
              command: [
                "/cockroach/cockroach",
                "start",
                "--logtostderr",
                "--insecure",
                `--advertise-host=$(POD_NAME).${domain}`,
                "--http-addr=0.0.0.0",
                // Three of them, though four are wanted: a list that followed the count would restart every node.
                `--join=cockroachdb-0.${domain}:26257,cockroachdb-1.${domain}:26257,cockroachdb-2.${domain}:26257`,
                "--cache=.25",
                "--max-sql-memory=.25",
              ],
              env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
              ports: [
                { name: "grpc", containerPort: 26257 },
                { name: "http", containerPort: 8080 },
              ],
              resources: {
                requests: { cpu: "500m", memory: "1Gi", "ephemeral-storage": "128Mi" },
                limits: { memory: "1Gi", "ephemeral-storage": "1Gi" },
              },
              readinessProbe: {
                httpGet: { path: "/health?ready=1", port: "http", scheme: "HTTP" },
                periodSeconds: 5,
                failureThreshold: 2,
              },
              securityContext: containerSecurity,
              volumeMounts: [{ name: "datadir", mountPath: "/cockroach/cockroach-data" }],
            },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "datadir", labels: labels(identity) },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "fast",
            resources: { requests: { storage: "1Gi" } },
          },
        },
      ],
    });
  });

  it("registers these objects and no others, the client pod and the load on request", async () => {
    const names = async (overrides: Partial<CockroachClusterArgs>) =>
      (await makeCockroach(overrides)).map(({ type, name }) => `${type} ${name}`).sort();
    const always = [
      "apps/v1:StatefulSet cockroachdb",
      "batch/v1:Job cockroachdb-init",
      "cassandra:index:CockroachCluster cockroachdb",
      "cassandra:index:DataGuard cockroachdb-ring",
      "cassandra:index:WorkloadMemory cockroachdb",
      "core/v1:Service cockroachdb",
      "core/v1:Service cockroachdb-public",
      "networking.k8s.io/v1:NetworkPolicy cockroachdb",
      "networking.k8s.io/v1:NetworkPolicy cockroachdb-tools",
      "policy/v1:PodDisruptionBudget cockroachdb",
    ];
    assert.deepEqual(await names({}), always);
    assert.deepEqual(
      await names({ sqlClient: true, loadGenerator: true }),
      [...always, "apps/v1:Deployment cockroachdb-load", "core/v1:Pod cockroachdb-client"].sort(),
    );
  });

  it("makes a headless Service that publishes nodes before they are ready, and a public one", async () => {
    const services = (await makeCockroach())
      .filter(({ type }) => type === "core/v1:Service")
      .map(({ inputs }) => inputs);
    const ports = [
      { name: "grpc", port: 26257 },
      { name: "http", port: 8080 },
    ];
    const selector = selectorLabels(identity);
    assert.deepEqual(
      services.map(({ metadata, spec }) => [(metadata as { name: string }).name, spec]),
      [
        ["cockroachdb", { clusterIP: "None", publishNotReadyAddresses: true, selector, ports }],
        ["cockroachdb-public", { selector, ports }],
      ],
    );
  });

  it("lets one node at a time be evicted", async () => {
    const { spec } = only(await makeCockroach(), "policy/v1:PodDisruptionBudget").inputs;
    assert.deepEqual(spec, { maxUnavailable: 1, selector: { matchLabels: selectorLabels(identity) } });
  });
});
