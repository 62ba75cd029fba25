import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { PersistentCluster, PersistentClusterArgs } from "../../../../components/index";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

const args: PersistentClusterArgs = { ...ringArgs, replicas: 3, storageClassName: "fast", volumeSize: "1Gi" };

describe("PersistentCluster", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const metadata = { namespace: "db", labels: labels(identity) };
  const matchLabels = selectorLabels(identity);

  it("makes exactly this StatefulSet at its defaults", async () => {
    const all = await record(() => new PersistentCluster("cassandra", args));
    const spec = cassandraPodSpec(args, {
      name: "cassandra",
      service: "cassandra",
      disk: { kind: "persistentVolumeClaim", template: "data" },
      record: "cassandra-ring",
      repairInterval: 345_600,
      superuser: "cassandra-superuser",
      scripts: "cassandra-scripts-auto",
      serviceAccountName: "cassandra-auto",
      selector: matchLabels,
    });
    const { revision } = only(all, "cassandra:index:RollingUpdate").inputs;
    assert.match(revision as string, /^[0-9a-f]{12}$/);
    assert.deepEqual(only(all, "apps/v1:StatefulSet").inputs, {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: {
        ...metadata,
        name: "cassandra",
        annotations: { "cassandra/volume-size": "1Gi", "cassandra/storage-class": "fast" },
      },
      spec: {
        replicas: 3,
        serviceName: "cassandra",
        selector: { matchLabels },
        podManagementPolicy: "Parallel",
        minReadySeconds: 10,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        updateStrategy: { type: "OnDelete" },
        template: {
          metadata: {
            labels: labels(identity),
            annotations: { "kubectl.kubernetes.io/default-container": "cassandra", "cassandra/revision": revision },
          },
          spec,
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data", labels: labels(identity) },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: "fast",
              resources: { requests: { storage: "1Gi" } },
            },
          },
        ],
      },
    });
  });

  it("registers these objects and no others", async () => {
    const all = await record(() => new PersistentCluster("cassandra", args));
    assert.deepEqual(all.map(({ type, name }) => `${type} ${name}`).sort(), [
      "apps/v1:StatefulSet cassandra",
      "cassandra:index:CassandraService cassandra",
      "cassandra:index:CleanUp cassandra",
      "cassandra:index:DataGuard cassandra-ring",
      "cassandra:index:PasswordChange cassandra-password",
      "cassandra:index:PersistentCluster cassandra",
      "cassandra:index:RingRecord cassandra",
      "cassandra:index:Roles cassandra-roles",
      "cassandra:index:RollingUpdate cassandra",
      "cassandra:index:Superuser cassandra-superuser",
      "cassandra:index:WorkloadMemory cassandra",
      "core/v1:ConfigMap cassandra-scripts",
      "core/v1:ConfigMapPatch cassandra",
      "core/v1:SecretPatch cassandra-superuser",
      "core/v1:Service cassandra",
      "core/v1:Service cassandra-client",
      "core/v1:ServiceAccount cassandra",
      "networking.k8s.io/v1:NetworkPolicy cassandra",
      "policy/v1:PodDisruptionBudget cassandra",
      "random:index/randomPassword:RandomPassword cassandra-superuser",
      "rbac.authorization.k8s.io/v1:Role cassandra",
      "rbac.authorization.k8s.io/v1:RoleBinding cassandra",
    ]);
  });

  it("lets its pods look at their set, their claims and their superuser", async () => {
    const all = await record(() => new PersistentCluster("cassandra", args));
    assert.deepEqual((only(all, "rbac.authorization.k8s.io/v1:Role").inputs as { rules: unknown[] }).rules.slice(1), [
      { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: ["cassandra"], verbs: ["get"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["cassandra-superuser"], verbs: ["get", "patch"] },
    ]);
  });

  it("has static volumes made of the disks that it is given, before the set", async () => {
    const localVolumes = [0, 1, 2].map((i) => ({ node: `node${i}`, path: "/mnt/disk" }));
    const all = await record(() => new PersistentCluster("cassandra", { ...args, localVolumes }));
    const order = all.map(({ type }) => type);
    const volumes = all.filter(({ type }) => type === "core/v1:PersistentVolumePatch");
    assert.deepEqual(
      volumes.map(({ inputs }) => (inputs as { spec: { claimRef: { name: string } } }).spec.claimRef.name),
      ["data-cassandra-0", "data-cassandra-1", "data-cassandra-2"],
    );
    assert.ok(order.lastIndexOf("core/v1:PersistentVolumePatch") < order.indexOf("apps/v1:StatefulSet"));
  });

  it("lets one member at a time be evicted", async () => {
    const all = await record(() => new PersistentCluster("cassandra", args));
    assert.deepEqual((only(all, "policy/v1:PodDisruptionBudget").inputs as { spec: unknown }).spec, {
      maxUnavailable: 1,
      selector: { matchLabels },
    });
  });

  it("takes other sizes, another name and the cluster's default class", async () => {
    const all = await record(
      () =>
        new PersistentCluster("orders", {
          ...args,
          name: "orders",
          replicas: 5,
          volumeSize: "20Gi",
          storageClassName: undefined,
          volumeRetention: "delete",
        }),
    );
    const { metadata, spec } = only(all, "apps/v1:StatefulSet").inputs as Record<string, Record<string, unknown>>;
    assert.equal(metadata.name, "orders");
    assert.equal(spec.replicas, 5);
    assert.equal(spec.serviceName, "orders");
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: "Delete", whenScaled: "Retain" });
    const [claim] = spec.volumeClaimTemplates as { spec: object }[];
    assert.deepEqual(claim.spec, { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "20Gi" } } });
  });

  it("names at most three members as contact points", async () => {
    const points: string[][] = [];
    const keep = (value: string[]) => points.push(value);
    await record(() => {
      new PersistentCluster("a", { ...args, replicas: 1 }).contactPoints.apply(keep);
      new PersistentCluster("b", { ...args, replicas: 5 }).contactPoints.apply(keep);
    });
    const host = (i: number) => `cassandra-${i}.cassandra.db.svc`;
    assert.deepEqual(points, [[host(0)], [host(0), host(1), host(2)]]);
  });

  it("is refused the lock on memory in preview where the namespace would admit none of its pods", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "baseline" };
    await withApiServer({ "/api/v1/namespaces/db": { metadata: { labels } } }, async (kubeconfig) => {
      const asked = { ...args, lockMemory: true, cluster: { kubeconfig } };
      const all = await record(() => new PersistentCluster("cassandra", asked));
      assert.match(JSON.stringify(only(all, "apps/v1:StatefulSet").inputs), /"add":\["IPC_LOCK"\]/);
      await assert.rejects(
        callHook("cassandra-needs-privileges", { newInputs: { metadata: { namespace: "db" } } }, { onDryRun: true }),
        /^Error: lockMemory: "true" is not allowed in namespace db, .* baseline: the capability IPC_LOCK; allowed/,
      );
    });
  });

  it("does not lose an Input namespace", async () => {
    const all = await record(() => new PersistentCluster("cassandra", { ...args, namespace: pulumi.output("later") }));
    const { metadata } = only(all, "apps/v1:StatefulSet").inputs as { metadata: { namespace: string } };
    assert.equal(metadata.namespace, "later");
  });
});
