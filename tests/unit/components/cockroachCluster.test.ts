import * as assert from "node:assert/strict";
import { containerSecurity, podSecurity } from "../../../components/podSecurity";
import { CockroachCluster, CockroachClusterArgs } from "../../../components/index";
import { labels, selectorLabels } from "../../../components/labels";
import { callHook, only, record } from "../recorder";

const args: CockroachClusterArgs = {
  name: "cockroachdb",
  namespace: "db",
  replicas: 4,
  image: "cockroachdb/cockroach:v23.1.28",
  memory: "1Gi",
  cpu: "500m",
  storageClassName: "fast",
  volumeSize: "1Gi",
};
interface Pod {
  spec: {
    initContainers?: { command: string[] }[];
    containers: { command: string[]; env?: object[]; volumeMounts: object[]; readinessProbe?: object }[];
    volumes?: object[];
  };
}

describe("CockroachCluster", () => {
  const identity = { name: "cockroachdb", topology: "persistent", application: "cockroachdb" };
  const make = (overrides: Partial<CockroachClusterArgs> = {}) =>
    record(() => new CockroachCluster("cockroachdb", { ...args, ...overrides }));
  const domain = "cockroachdb.db.svc.cluster.local";
  const certificates = { node: "node-certs", client: "client-certs" };

  it("makes exactly this StatefulSet at its defaults", async () => {
    const { metadata, spec } = only(await make(), "apps/v1:StatefulSet").inputs;
    assert.deepEqual(metadata, { namespace: "db", labels: labels(identity), name: "cockroachdb" });
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
      (await make(overrides)).map(({ type, name }) => `${type} ${name}`).sort();
    const always = [
      "apps/v1:StatefulSet cockroachdb",
      "batch/v1:Job cockroachdb-init",
      "cassandra:index:CockroachCluster cockroachdb",
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
    const services = (await make()).filter(({ type }) => type === "core/v1:Service").map(({ inputs }) => inputs);
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
    const { spec } = only(await make(), "policy/v1:PodDisruptionBudget").inputs;
    assert.deepEqual(spec, { maxUnavailable: 1, selector: { matchLabels: selectorLabels(identity) } });
  });

  it("tells the nodes once to form a cluster, and may do so again", async () => {
    const { spec } = only(await make(), "batch/v1:Job").inputs as { spec: { template: Pod } };
    const [{ command, env }] = spec.template.spec.containers;
    assert.deepEqual(env, [
      { name: "HOST", value: `cockroachdb-0.${domain}:26257` },
      { name: "SECURITY", value: "--insecure" },
    ]);
    assert.match(command[2], /cockroach init --host="\$HOST" \$SECURITY/);
    assert.match(command[2], /already been initialized/);
  });

  it("mounts certificates, each in the pods that they are for, and probes with TLS", async () => {
    const all = await make({ certificates, sqlClient: true, loadGenerator: true });
    const template = (type: string) => (only(all, type).inputs as unknown as { spec: { template: Pod } }).spec.template;
    const pods: [Pod, string][] = [
      [template("apps/v1:StatefulSet"), "node-certs"],
      [template("batch/v1:Job"), "client-certs"],
      [template("apps/v1:Deployment"), "client-certs"],
      [only(all, "core/v1:Pod").inputs as unknown as Pod, "client-certs"],
    ];
    for (const [{ spec }, secretName] of pods) {
      assert.deepEqual(spec.volumes?.[0], { name: "secret", secret: { secretName } });
      assert.match(spec.initContainers?.[0].command[2] ?? "", /chmod 0400/);
      assert.deepEqual(spec.containers[0].volumeMounts.at(-1), {
        name: "certs",
        mountPath: "/cockroach/cockroach-certs",
      });
      assert.doesNotMatch(JSON.stringify(spec), /--insecure|sslmode=disable/);
    }
    const [node] = pods[0][0].spec.containers;
    assert.ok(node.command.includes("--certs-dir=/cockroach/cockroach-certs"));
    assert.match(JSON.stringify(node.readinessProbe), /HTTPS/);
  });

  it("refuses in preview to scale down, and tells how to do it by hand", async () => {
    await make();
    const scale = (from: number, to: number) => ({
      oldInputs: { spec: { replicas: from } },
      newInputs: { spec: { replicas: to } },
    });
    const refusal =
      /replicas: 3 is below the 4 members of CockroachDB cluster cockroachdb: .*node decommission ID --insecure.*pulumi refresh/;
    await assert.rejects(callHook("cockroachdb-refuse-scale-down", scale(4, 3), { onDryRun: true }), {
      message: refusal,
    });
    await callHook("cockroachdb-refuse-scale-down", scale(3, 4));
  });
});
