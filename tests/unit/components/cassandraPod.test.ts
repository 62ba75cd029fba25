import * as assert from "node:assert/strict";
import { CassandraPodArgs, cassandraPodSpec, podScripts } from "../../../components/cassandraPod";

const args: CassandraPodArgs = {
  image: "cassandra:5.0.9",
  memory: "1Gi",
  cpu: "500m",
  maxHeapMiB: 512,
  clusterName: "K8Demo",
  datacenter: "DC1-K8Demo",
  rack: "rack1",
};
const ring = {
  name: "cassandra",
  service: "cassandra",
  claim: "data",
  record: "cassandra-ring",
  scripts: "scripts-1",
  serviceAccountName: "account-1",
  selector: { app: "x" },
};

describe("the Cassandra pod", () => {
  it("is exactly this at its defaults", () => {
    const podIp = { fieldRef: { fieldPath: "status.podIP" } };
    assert.deepEqual(cassandraPodSpec(args, ring), {
      serviceAccountName: "account-1",
      terminationGracePeriodSeconds: 1800,
      securityContext: {
        runAsUser: 999,
        runAsGroup: 999,
        runAsNonRoot: true,
        fsGroup: 999,
        fsGroupChangePolicy: "OnRootMismatch",
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { app: "x" } },
        },
      ],
      containers: [
        {
          name: "cassandra",
          image: "cassandra:5.0.9",
          imagePullPolicy: "IfNotPresent",
          command: ["/ring/start.sh"],
          env: [
            { name: "POD_IP", valueFrom: podIp },
            { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: podIp },
            { name: "HOME", value: "/tmp" },
            { name: "MAX_HEAP_SIZE", value: "512M" },
            { name: "HEAP_NEWSIZE", value: "100M" },
            { name: "JVM_EXTRA_OPTS", value: "" },
            { name: "CASSANDRA_CLUSTER_NAME", value: "K8Demo" },
            { name: "CASSANDRA_DC", value: "DC1-K8Demo" },
            { name: "CASSANDRA_RACK", value: "rack1" },
            { name: "CASSANDRA_ENDPOINT_SNITCH", value: "GossipingPropertyFileSnitch" },
            { name: "CASSANDRA_NUM_TOKENS", value: "16" },
            { name: "CASSANDRA_RPC_ADDRESS", value: "0.0.0.0" },
            { name: "RING_NAME", value: "cassandra" },
            { name: "RING_SERVICE", value: "cassandra" },
            { name: "RING_RECORD", value: "cassandra-ring" },
            { name: "RING_CLAIM", value: "data" },
          ],
          ports: [
            { name: "intra-node", containerPort: 7000 },
            { name: "tls-intra-node", containerPort: 7001 },
            { name: "jmx", containerPort: 7199 },
            { name: "cql", containerPort: 9042 },
          ],
          resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
          readinessProbe: { tcpSocket: { port: 9042 }, periodSeconds: 2, timeoutSeconds: 5 },
          lifecycle: { preStop: { exec: { command: ["/ring/stop.sh"] } } },
          volumeMounts: [
            { name: "data", mountPath: "/var/lib/cassandra" },
            { name: "ring", mountPath: "/ring", readOnly: true },
          ],
        },
      ],
      volumes: [{ name: "ring", configMap: { name: "scripts-1", defaultMode: 0o555 } }],
    });
  });

  it("passes JVM options on", () => {
    const spec = cassandraPodSpec({ ...args, jvmOptions: ["-Da=1", "-Xss256k"] }, ring);
    const [container] = spec.containers as { env: { name: string; value?: string }[] }[];
    assert.equal(container.env.find(({ name }) => name === "JVM_EXTRA_OPTS")?.value, "-Da=1 -Xss256k");
  });

  it("names no seed and no replica count, which would restart every pod at each scaling", () => {
    const text = JSON.stringify(cassandraPodSpec(args, ring));
    assert.doesNotMatch(text, /CASSANDRA_SEEDS|replicas/i);
  });

  it("brings the scripts that its commands name", () => {
    assert.deepEqual(Object.keys(podScripts()).sort(), [
      "record.py",
      "register.sh",
      "ring.sh",
      "start.sh",
      "stop.sh",
      "tokens.sh",
    ]);
  });
});
