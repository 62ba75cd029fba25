import * as assert from "node:assert/strict";
import { containerSecurity, podSecurity } from "../../../../components/objects/podSecurity";
import { CockroachCluster, CockroachClusterArgs } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";

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
  // It holds whatever the domain of the Kubernetes cluster is.
  const domain = "cockroachdb";
  const certificates = { node: "node-certs", client: "client-certs" };

  it("makes exactly this StatefulSet at its defaults", async () => {
    const { metadata, spec } = only(await make(), "apps/v1:StatefulSet").inputs;
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
      (await make(overrides)).map(({ type, name }) => `${type} ${name}`).sort();
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

  const set = "/apis/apps/v1/namespaces/db/statefulsets/cockroachdb";
  const claims = "/api/v1/namespaces/db/persistentvolumeclaims";
  const inputs = (replicas: number) => ({
    metadata: { name: "cockroachdb", namespace: "db" },
    spec: { replicas },
  });
  /** Calls a hook of the set where these objects are. */
  const call = (hook: string, objects: Record<string, unknown>, from: number, to: number) =>
    withApiServer(objects, async (kubeconfig) => {
      await make({ cluster: { kubeconfig } });
      await callHook(hook, { oldInputs: inputs(from), newInputs: inputs(to) }, { onDryRun: true });
    });

  it("refuses in preview to scale down, and tells how to do it by hand", async () => {
    const live = (replicas: number) => ({ [set]: { spec: { replicas } } });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(4), 4, 3), {
      message:
        /replicas: 3 is below the 4 nodes of CockroachDB cluster cockroachdb: .*node decommission ID --insecure.*pulumi refresh/,
    });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(5), 3, 3), { message: /3 is below the 5 nodes/ });
    await call("cockroachdb-refuse-scale-down", live(3), 3, 4);
    await call("cockroachdb-refuse-scale-down", live(2), 3, 2);
  });

  it("refuses in preview to come back with fewer nodes than have left volumes", async () => {
    const kept = (...names: string[]) => ({ [claims]: { items: names.map((name) => ({ metadata: { name } })) } });
    const four = kept("datadir-cockroachdb-3", "datadir-cockroachdb-b-7", "data-cockroachdb-9");
    await assert.rejects(call("cockroachdb-kept-nodes-come", four, 0, 3), {
      message: /3 is below the 4 nodes .* kept/,
    });
    await call("cockroachdb-kept-nodes-come", four, 0, 4);
  });

  it("needs the certificates that it is told of, which is looked at in preview", async () => {
    const secret = (...files: string[]) => ({ data: Object.fromEntries(files.map((file) => [file, "eA=="])) });
    const objects = {
      "/api/v1/namespaces/db/secrets/node-certs": secret("ca.crt", "node.crt", "node.key"),
      "/api/v1/namespaces/db/secrets/client-certs": secret("ca.crt"),
    };
    const look = (present: Record<string, unknown>) =>
      withApiServer(present, async (kubeconfig) => {
        await make({ certificates, cluster: { kubeconfig } });
        await callHook("cockroachdb-needs-secrets", { newInputs: inputs(3) }, { onDryRun: true });
      });
    await assert.rejects(look(objects), {
      message:
        'cassandra:cockroachdb.clientCertificates: "client-certs" is not allowed in namespace db: it has no client.root.crt and no ' +
        "client.root.key; allowed is a Secret with ca.crt, client.root.crt, client.root.key",
    });
    await assert.rejects(look({}), /nodeCertificates: "node-certs" .*no such Secret[^]*clientCertificates/);
  });

  it("lets its own tools in whoever its clients are", async () => {
    const all = await make({ clientsFrom: [{ cidr: "10.0.0.0/8" }] });
    const [access] = all.filter(({ type, name }) => type.endsWith("NetworkPolicy") && name === "cockroachdb");
    const { ingress } = (access.inputs as { spec: { ingress: { from: object[]; ports: object[] }[] } }).spec;
    assert.deepEqual(ingress[1].from, [
      { ipBlock: { cidr: "10.0.0.0/8" } },
      {
        podSelector: {
          matchLabels: { "app.kubernetes.io/name": "cockroachdb", "app.kubernetes.io/instance": "cockroachdb" },
          matchExpressions: [
            { key: "app.kubernetes.io/component", operator: "In", values: ["init", "client", "load"] },
          ],
        },
      },
    ]);
  });
});
