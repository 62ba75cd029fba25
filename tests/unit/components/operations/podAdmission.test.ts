import * as assert from "node:assert/strict";
import { forbidden, namespaced, quota, running, set, templateOf, update } from "./admissions";

describe("an update whose pods the namespace does not admit", () => {
  it("is found out by a dry run of a pod, as the controller makes it, and of its PersistentVolumeClaim", async () => {
    const { asked, warned } = await update(set(3));
    assert.deepEqual(warned, []);
    const [pod, claim] = asked.map(({ body }) => body as Record<string, Record<string, unknown>>);
    assert.deepEqual(pod.metadata.ownerReferences, [
      { apiVersion: "apps/v1", kind: "StatefulSet", name: "cassandra", uid: "cassandra", controller: true },
    ]);
    assert.deepEqual(pod.spec.volumes, [
      { name: "ring", configMap: { name: "unknown" } },
      { name: "data", persistentVolumeClaim: { claimName: "data-cassandra" } },
    ]);
    assert.deepEqual(claim.spec.resources, { requests: { storage: "2Gi" } });
  });

  it("is refused with the API server's words, the property and its value", async () => {
    const words = "maximum memory usage per Container is 512Mi, but limit is 1Gi";
    const objects = {
      [`POST ${namespaced}/pods`]: forbidden(words),
      [`${namespaced}/limitranges`]: { items: [{ metadata: { name: "small" } }] },
    };
    await assert.rejects(update(set(3), objects), {
      message: `memory: "1Gi" is not allowed for ring cassandra in namespace db: ${words}; allowed is what LimitRange small admits, or have it changed`,
    });
    const storage = "minimum storage usage per PersistentVolumeClaim is 10Gi, but request is 2Gi";
    await assert.rejects(update(set(3), { [`POST ${namespaced}/persistentvolumeclaims`]: forbidden(storage) }), {
      message: `volumeSize: "2Gi" is not allowed for ring cassandra in namespace db: ${storage}; allowed is what the LimitRange of the namespace admits, or have it changed`,
    });
    const unlimited = forbidden("failed quota: team: must specify limits.cpu for: cassandra");
    await assert.rejects(update(set(3), { [`POST ${namespaced}/pods`]: unlimited }), {
      message:
        "cpuLimit: none is not allowed for ring cassandra in namespace db: failed quota: team: must specify limits.cpu for: cassandra; " +
        "allowed is a value for all that the ResourceQuota counts, or a LimitRange that gives each container a default",
    });
    const insecure = 'violates PodSecurity "restricted:latest": hostPath volumes (volume "data")';
    await assert.rejects(update(set(3), { [`POST ${namespaced}/pods`]: forbidden(insecure) }), {
      message:
        `ring cassandra is not allowed in namespace db: ${insecure}; allowed is a namespace whose Pod Security Standard admits what the ` +
        "message names (docs/concepts/security.md)",
    });
  });

  it("is refused where a quota has room for one pod and not for all, of all racks together", async () => {
    const small = quota({ "limits.memory": "5Gi" }, { "limits.memory": "1Gi" });
    await update(set(4), small);
    await assert.rejects(update(set(2), small, { sets: 3 }), {
      message:
        'memory: "1Gi", replicas: 6 is not allowed for ring cassandra in namespace db: ResourceQuota team leaves 4.0 GiB of its 5.0 GiB ' +
        "limits.memory, and this update needs 6.0 GiB; allowed is what the ResourceQuota leaves, or have it raised",
    });
    await assert.rejects(update(set(3), quota({ "requests.storage": "5Gi", "requests.cpu": "1" })), {
      message:
        /^cpu: "500m", volumeSize: "2Gi", replicas: 3 .* leaves 5.0 GiB of its 5.0 GiB requests.storage, and this update needs 6.0 GiB; ResourceQuota team leaves 1 of its 1 requests.cpu, and this update needs 1.5;/,
    });
  });

  it("is refused by the words of a quota that the account may not read", async () => {
    const full = forbidden("exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2");
    const objects = { [`POST ${namespaced}/pods`]: full, [`${namespaced}/resourcequotas`]: undefined };
    await assert.rejects(update(set(3), objects), {
      message:
        /^replicas: 3 is not allowed for ring cassandra in namespace db: exceeded quota: team, .*; allowed is what the ResourceQuota leaves, or have it raised$/,
    });
    // Pods that are about to end give their room back, and restarted ones take that of those before them.
    await update(set(3), { ...objects, ...running(3, { deletionTimestamp: "2026-01-01T00:00:00Z" }) });
    await update(set(3, "512Mi"), { ...objects, ...running(3) }, { oldInputs: set(3) });
  });

  it("asks nothing where no pod is made and none restarts", async () => {
    const { asked } = await update(set(3), running(3), { oldInputs: set(3) });
    assert.deepEqual(asked, []);
    await update(set(3), { ...running(3), ...quota({ pods: "3" }, { pods: "3" }) }, { oldInputs: set(3, "2Gi") });
  });

  it("is warned of where somebody's own rules may judge who asks", async () => {
    const words = 'admission webhook "rules" denied the request: no';
    const { warned } = await update(set(3), {
      [`POST ${namespaced}/pods`]: { kind: "Status", code: 403, message: words },
    });
    assert.deepEqual(warned, [`ring cassandra: namespace db may not admit its pods: ${words}`]);
  });

  it("is left to Kubernetes where the account may ask nothing, and before there is a namespace", async () => {
    const denied = { kind: "Status", code: 403, message: 'pods is forbidden: User "x" cannot create resource "pods"' };
    assert.deepEqual((await update(set(3), { [`POST ${namespaced}/pods`]: denied })).warned, []);
    const { asked } = await update({ ...set(3), metadata: { name: "cassandra" } });
    assert.deepEqual(asked, []);
  });

  it("is tried with the namespace's own ServiceAccount where the ring's is yet to be made", async () => {
    const { asked } = await update(set(3), {
      [`POST ${namespaced}/pods`]: forbidden("error looking up service account db/account: not found"),
    });
    const accounts = asked.slice(0, 2).map(({ body }) => (body as { spec: object }).spec);
    assert.deepEqual(
      accounts.map((spec) => "serviceAccountName" in spec),
      [true, false],
    );
  });

  it("counts the nodes that a DaemonSet picks, and one pod more that comes before the old one ends", async () => {
    const node = (disk: string, taints: object[] = []) => ({ metadata: { labels: { disk } }, spec: { taints } });
    const nodes = {
      "/api/v1/nodes": {
        items: [node("ssd"), node("ssd"), node("hdd"), node("ssd", [{ key: "a", effect: "NoSchedule" }])],
      },
    };
    const daemon = (memory: string) => {
      const template = templateOf(memory);
      return {
        ...set(1),
        kind: "DaemonSet",
        spec: {
          template: { ...template, spec: { ...template.spec, nodeSelector: { disk: "ssd" } } },
          updateStrategy: { rollingUpdate: { maxSurge: 1 } },
        },
      };
    };
    await update(daemon("1Gi"), { ...nodes, ...quota({ pods: "2" }) });
    await assert.rejects(
      update(daemon("1Gi"), { ...nodes, ...quota({ pods: "1" }) }),
      /leaves 1 of its 1 pods, and this update needs 2;/,
    );
    const full = { ...nodes, ...running(2), ...quota({ pods: "2" }, { pods: "2" }) };
    await assert.rejects(
      update(daemon("512Mi"), full, { oldInputs: daemon("1Gi") }),
      /leaves 0 of its 2 pods, and this update needs 1;/,
    );
  });
});
