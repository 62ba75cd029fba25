import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  cassandraPodSpec,
  configurationFile,
  podScripts,
  revisionOf,
  RingBinding,
} from "../../../../components/objects/podSpec";
import { ClientCertificates } from "../../../../components/index";
import { containerSecurity } from "../../../../components/objects/podSecurity";
import { scripts } from "../../pod/world";
import { podArgs as args } from "../../../support/args";

const ring: RingBinding = {
  name: "cassandra",
  service: "cassandra",
  disk: { claim: "data" },
  record: "cassandra-ring",
  scripts: "scripts-1",
  serviceAccountName: "account-1",
  selector: { app: "x", ring: "y" },
};
const member = (path: string) => ({ name: "RING_MEMBER", valueFrom: { fieldRef: { fieldPath: path } } });

const scratch = ["config", "logs", "tmp"].map((name) => ({ name, emptyDir: {} }));
const names = {
  RING_NAME: "cassandra",
  RING_SERVICE: "cassandra",
  RING_RECORD: "cassandra-ring",
  RING_SELECTOR: "app=x,ring=y",
};

/** The scripts that a program finds in a checkout of its own. @param change what is done to the folder of the scripts first */
async function scriptsOf(change: (folder: string) => void): Promise<typeof podScripts> {
  const checkout = fs.mkdtempSync(path.join(os.tmpdir(), "checkout-"));
  try {
    const components = path.join(checkout, "components");
    fs.cpSync(path.dirname(scripts), components, { recursive: true });
    fs.symlinkSync(path.join(scripts, "../../node_modules"), path.join(checkout, "node_modules"));
    change(path.join(components, path.basename(scripts)));
    const { podScripts } = (await import(
      path.join(components, "objects/podSpec")
    )) as typeof import("../../../../components/objects/podSpec");
    podScripts("emptyDir");
    return podScripts;
  } finally {
    fs.rmSync(checkout, { recursive: true });
  }
}

/** Variables of the container whose names begin so, with their values or the fields that those come from. */
function environment(spec: unknown, prefix: string): Record<string, string | undefined> {
  type Variable = { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } };
  const [{ env }] = (spec as { containers: { env: Variable[] }[] }).containers;
  const some = env.filter(({ name }) => name.startsWith(prefix));
  return Object.fromEntries(some.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef.fieldPath]));
}

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
          command: ["/ring/start.sh"],
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
            { name: "RING_PODS", value: "ordered" },
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
          readinessProbe: { tcpSocket: { port: 9042 }, periodSeconds: 1, timeoutSeconds: 5 },
          lifecycle: { preStop: { exec: { command: ["/ring/stop.sh"] } } },
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

  it("passes JVM options on", () => {
    const spec = cassandraPodSpec({ ...args, jvmOptions: ["-Da=1", "-Xss256k"] }, ring);
    const [container] = spec.containers as { env: { name: string; value?: string }[] }[];
    assert.equal(container.env.find(({ name }) => name === "JVM_EXTRA_OPTS")?.value, "-Da=1 -Xss256k");
  });

  it("names no seed and no replica count, which would restart every pod at each scaling", () => {
    const text = JSON.stringify(cassandraPodSpec(args, ring));
    assert.doesNotMatch(text, /CASSANDRA_SEEDS|replicas/i);
  });

  it("brings the scripts of its topology, all that belong to the program and nothing else that lies beside them", async () => {
    const tracked = execFileSync("git", ["ls-files"], { cwd: scripts, encoding: "utf8" }).trim().split("\n");
    const without = (other: string) => tracked.filter((file) => file !== other).sort();
    const podScripts = await scriptsOf((folder) => {
      for (const stray of ["stray.py", "start.sh~", ".start.sh.swp"]) fs.writeFileSync(path.join(folder, stray), "");
    });
    assert.deepEqual(Object.keys(podScripts({ claim: "data" })).sort(), without("forget.sh"));
    for (const disk of ["emptyDir", { hostPath: "/mnt" }] as const)
      assert.deepEqual(Object.keys(podScripts(disk)).sort(), without("decommission.sh"));
  });

  it("brings them with Unix line ends from a checkout that has those of Windows", async () => {
    const ofWindows = await scriptsOf((folder) => {
      for (const file of fs.readdirSync(folder)) {
        const text = fs.readFileSync(path.join(folder, file), "utf8");
        fs.writeFileSync(path.join(folder, file), text.replace(/\r?\n/g, "\r\n"));
      }
    });
    const disk = { claim: "data" };
    for (const [file, text] of Object.entries(ofWindows(disk))) {
      assert.ok(text.endsWith("\n") && !text.includes("\r"), file);
      assert.equal(text, podScripts(disk)[file], file);
    }
  });

  it("asks for a password where there is a superuser, and where cassandra.yaml is not told otherwise", () => {
    const read = (...args: Parameters<typeof configurationFile>) =>
      JSON.parse(configurationFile(...args)["cassandra.json"]) as Record<string, unknown>;
    const none = { needsLogin: false };
    assert.equal(read({}, none).authenticator, undefined);
    const { authenticator, authorizer } = read({}, { ...none, needsLogin: true });
    assert.deepEqual([authenticator, authorizer], ["PasswordAuthenticator", "CassandraAuthorizer"]);
    assert.equal(environment(cassandraPodSpec(args, { ...ring, superuser: "s" }), "RING_").RING_SUPERUSER, "s");
  });

  it("has the certificates of a Secret mounted where only its user reads them, and no plain connection beside them", () => {
    const yamlOf = (tls: ClientCertificates) =>
      JSON.parse(configurationFile({}, { needsLogin: false, tls })["cassandra.json"]) as Record<
        string,
        Record<string, unknown>
      >;
    const { server_encryption_options: server, client_encryption_options: client } = yamlOf("none");
    assert.deepEqual([server.internode_encryption, server.require_client_auth, server.optional], ["all", true, false]);
    assert.deepEqual([client.enabled, client.optional, client.keystore], [true, false, "/config/keystore.pem"]);
    assert.equal(client.require_client_auth, false);
    assert.equal(yamlOf("required").client_encryption_options.require_client_auth, true);
    const spec = cassandraPodSpec(args, { ...ring, tls: "certificates" });
    assert.ok(
      (spec.volumes as object[]).some(
        (volume) =>
          JSON.stringify(volume) ===
          JSON.stringify({ name: "tls", secret: { secretName: "certificates", defaultMode: 0o440 } }),
      ),
    );
    assert.equal(environment(spec, "RING_").RING_TLS, "certificates");
  });

  it("keeps its rows in itself without a volume, and has time to hand them over", () => {
    const spec = cassandraPodSpec(args, { ...ring, disk: "emptyDir" });
    assert.deepEqual(spec.volumes, [
      { name: "data", emptyDir: {} },
      { name: "ring", configMap: { name: "scripts-1", defaultMode: 0o555 } },
      ...scratch,
    ]);
    assert.equal(spec.terminationGracePeriodSeconds, 86400);
    const [{ resources }] = spec.containers as { resources: object }[];
    // At its limit it would be evicted, and its rows with it.
    assert.doesNotMatch(JSON.stringify(resources), /ephemeral-storage/);
    assert.deepEqual(environment(spec, "RING_"), {
      ...names,
      RING_MEMBER: "metadata.name",
      RING_PODS: "crowd",
      RING_DISK: "pod",
    });
    assert.equal(spec.initContainers, undefined);
  });

  it("is the member of its node's folder, which it is given first", () => {
    const spec = cassandraPodSpec(args, { ...ring, disk: { hostPath: "/mnt/ring" } });
    assert.deepEqual((spec.volumes as object[])[0], {
      name: "data",
      hostPath: { path: "/mnt/ring", type: "DirectoryOrCreate" },
    });
    assert.equal(spec.terminationGracePeriodSeconds, 86400);
    assert.deepEqual(environment(spec, "RING_"), {
      ...names,
      RING_MEMBER: "spec.nodeName",
      RING_PODS: "crowd",
      RING_DISK: "node",
    });
    const [own] = spec.initContainers as { command: string[]; securityContext: object }[];
    assert.deepEqual(own.command, ["chown", "999:999", "/var/lib/cassandra"]);
    assert.deepEqual(own.securityContext, {
      ...containerSecurity,
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
    });
  });

  it("has a revision that follows from all that it is made of", async () => {
    const revision = (memory: string) =>
      new Promise<string>((resolve) => revisionOf(cassandraPodSpec({ ...args, memory }, ring)).apply(resolve));
    assert.match(await revision("1Gi"), /^[0-9a-f]{12}$/);
    assert.equal(await revision("1Gi"), await revision("1Gi"));
    assert.notEqual(await revision("1Gi"), await revision("2Gi"));
  });
});
