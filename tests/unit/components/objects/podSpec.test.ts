import * as assert from "node:assert/strict";
import { Disk } from "../../../../components/objects/disk";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { podArgs as args, ringBinding as ring } from "../../../support/args";

const member = (path: string) => ({ name: "RING_MEMBER", valueFrom: { fieldRef: { fieldPath: path } } });
const scratch = ["config", "logs", "tmp"].map((name) => ({ name, emptyDir: {} }));

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
        seccompProfile: { type: "RuntimeDefault" },
      },
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app: "x", ring: "y" } },
      })),
      containers: [
        {
          name: "cassandra",
          image: "cassandra:5.0.9",
          imagePullPolicy: "IfNotPresent",
          command: ["/ring/entrypoint.sh"],
          env: [
            { name: "POD_IP", valueFrom: podIp },
            { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: podIp },
            member("metadata.name"),
            { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
            { name: "HOME", value: "/tmp" },
            { name: "CASSANDRA_CONF", value: "/config" },
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
            { name: "RING_SELECTOR", value: "app=x,ring=y" },
            { name: "POD_IDENTITY", value: "ordinal" },
            { name: "RING_SETS", value: "cassandra" },
            { name: "RING_CLAIM", value: "data" },
          ],
          ports: [
            { name: "intra-node", containerPort: 7000 },
            { name: "tls-intra-node", containerPort: 7001 },
            { name: "jmx", containerPort: 7199 },
            { name: "cql", containerPort: 9042 },
          ],
          resources: {
            requests: { cpu: "500m", memory: "1Gi", "ephemeral-storage": "256Mi" },
            limits: { memory: "1Gi", "ephemeral-storage": "1Gi" },
          },
          readinessProbe: {
            exec: { command: ["/ring/readiness.sh"] },
            periodSeconds: 2,
            timeoutSeconds: 6,
            failureThreshold: 2,
          },
          lifecycle: { preStop: { exec: { command: ["/ring/pre-stop.sh"] } } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
          },
          volumeMounts: [
            { name: "data", mountPath: "/var/lib/cassandra" },
            { name: "ring", mountPath: "/ring", readOnly: true },
            { name: "config", mountPath: "/config" },
            { name: "logs", mountPath: "/var/log/cassandra" },
            { name: "tmp", mountPath: "/tmp" },
          ],
        },
      ],
      volumes: [{ name: "ring", configMap: { name: "scripts-1", defaultMode: 0o555 } }, ...scratch],
    });
  });

  it("is pulled with the Secrets that it is given", () => {
    const { imagePullSecrets } = cassandraPodSpec({ ...args, imagePullSecrets: ["key"] }, ring);
    assert.deepEqual(imagePullSecrets, [{ name: "key" }]);
  });

  it("names no seed and no replica count, which would restart every pod at each scaling", () => {
    const text = JSON.stringify(cassandraPodSpec(args, ring));
    assert.doesNotMatch(text, /CASSANDRA_SEEDS|replicas/i);
  });

  it("has a day to stream its data to other members where it has no volume of its own", () => {
    for (const disk of [{ kind: "emptyDir" }, { kind: "hostPath", path: "/mnt/ring" }] satisfies Disk[])
      assert.equal(cassandraPodSpec(args, { ...ring, disk }).terminationGracePeriodSeconds, 86400);
  });

  it("has no limit of ephemeral storage where its data lies in the pod, which would be evicted with its data at that limit", () => {
    const spec = cassandraPodSpec(args, { ...ring, disk: { kind: "emptyDir" } });
    const [{ resources }] = spec.containers as { resources: object }[];
    assert.doesNotMatch(JSON.stringify(resources), /ephemeral-storage/);
  });
});
