import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, Stack } from "../support/stack";
import { admission } from "./stack/admission";
import { storages } from "./stack/storages";

interface KubeObject {
  metadata: { name: string; uid: string; generation?: number; resourceVersion: string };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}
interface KubeList {
  items: KubeObject[];
}

const minutes = 60_000;

describe("the program on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  it("previews a new ring without making any of it", async () => {
    const printed = await stack.pulumi("preview");
    assert.match(printed, /kubernetes:apps\/v1:StatefulSet\s+cassandra\s+create/);
    assert.match(printed, /kubernetes:storage\.k8s\.io\/v1:StorageClass\s+cassandra\s+create/);
    assert.deepEqual(await stack.objects(), []);
  });

  it("brings the ring up: three ready pods on three bound claims", async () => {
    await stack.up();
    const set = await stack.get<KubeObject>("statefulset", "cassandra");
    assert.equal(set.status.readyReplicas, 3);
    const claims = await stack.get<KubeList>("pvc", "-l", "app=cassandra");
    assert.deepEqual(
      claims.items.map(({ metadata, spec, status }) => [metadata.name, spec.storageClassName, status.phase]),
      [0, 1, 2].map((i) => [`data-cassandra-${i}`, "fast", "Bound"]),
    );
  });

  it("has outputs that say what a person uses next", async () => {
    const outputs = JSON.parse(await stack.pulumi("stack", "output", "--json")) as Record<string, unknown>;
    assert.deepEqual(outputs, {
      namespace: "default",
      superuser: { persistent: { username: "admin", password: "[secret]" } },
      usage: {
        persistent: {
          contactPoints: [0, 1, 2].map((i) => `cassandra-${i}.cassandra.default.svc`),
          port: 9042,
          localDatacenter: "DC1-K8Demo",
          discoveryService: "cassandra",
          clientService: "cassandra-client",
          cqlsh: "kubectl exec -it -n default cassandra-0 -- /ring/cqlsh.sh",
          superuserSecret: "cassandra-superuser",
          nodetool: "kubectl exec -n default cassandra-0 -- nodetool status",
        },
      },
    });
  });

  it("changes nothing when run again", async () => {
    const before = await stack.objects();
    await stack.pulumi("preview", "--expect-no-changes");
    await stack.up("--expect-no-changes");
    assert.deepEqual(await stack.objects(), before);
  });

  it("previews an edit as an update of the StatefulSet and a restart of its members, and of nothing else, then makes it", async () => {
    await stack.set({ memory: "2Gi" });
    const printed = await stack.pulumi("preview", "--diff");
    assert.match(printed, /~ kubernetes:apps\/v1:StatefulSet: \(update\)/);
    assert.match(printed, /memory: "1Gi" => "2Gi"/);
    assert.match(printed, /~ cassandra:index:RollingUpdate: \(update\)/);
    assert.match(await stack.pulumi("preview"), /ring cassandra: its members restart one at a time/);
    assert.match(printed, /~ 2 to update/);
    assert.doesNotMatch(printed, /to (create|replace|delete)/);
    const before = await stack.get<KubeObject>("statefulset", "cassandra");
    await stack.up();
    const after = await stack.get<KubeObject>("statefulset", "cassandra");
    assert.equal(after.metadata.uid, before.metadata.uid, "the StatefulSet must not be replaced");
    const pods = await stack.get<{ items: { spec: { containers: { resources: { limits: object } }[] } }[] }>(
      "pods",
      "-l",
      "app=cassandra",
    );
    for (const { spec } of pods.items)
      assert.deepEqual(spec.containers[0].resources.limits, { memory: "2Gi", "ephemeral-storage": "1Gi" });
    const { template } = after.spec as { template: { spec: { containers: { resources: unknown }[] } } };
    assert.deepEqual(template.spec.containers[0].resources, {
      limits: { memory: "2Gi", "ephemeral-storage": "1Gi" },
      requests: { cpu: "100m", memory: "2Gi", "ephemeral-storage": "256Mi" },
    });
  });

  it("scales up in place", async () => {
    await stack.set({ replicas: "4" });
    await stack.up();
    const set = await stack.get<KubeObject>("statefulset", "cassandra");
    assert.equal(set.status.readyReplicas, 4);
  });

  it("does not scale down a ring that it cannot look at, says so in preview, and changes no object", async () => {
    const before = await stack.objects();
    await stack.set({ replicas: "2" });
    const printed = await stack.pulumi("preview");
    assert.match(printed, /warning: cassandra: the ring could not be checked: .*`pulumi up` checks again/);
    const refusedUp = await stack.refused("up", "--yes", "--skip-preview");
    assert.match(refusedUp, /ring cassandra: the ring could not be checked: .* No pod was removed/);
    assert.deepEqual(await stack.objects(), before);
    await stack.set({ replicas: "4" });
  });

  it("says how a deleted ring record is made again, and makes it", async () => {
    await lab.kubectl(["delete", "configmap", "cassandra-ring"]);
    const advice =
      /ConfigMap cassandra-ring \(the ring record\) is not in namespace default: `pulumi up --refresh` makes it again/;
    assert.match(await stack.pulumi("preview"), advice);
    assert.match(await stack.refused("up", "--yes", "--skip-preview"), advice);
    await stack.up("--refresh");
    await stack.get("configmap", "cassandra-ring");
    await stack.up("--expect-no-changes");
  });

  it("@all shows in refresh what was changed by hand, and sets it back", async () => {
    await lab.kubectl([
      "patch",
      "service",
      "cassandra-client",
      "-p",
      '{"spec":{"ports":[{"name":"cql","port":9042,"targetPort":1}]}}',
    ]);
    const [{ metadata }] = (await stack.get<KubeList>("pdb", "-l", "app=cassandra")).items;
    await lab.kubectl(["patch", "pdb", metadata.name, "-p", '{"spec":{"maxUnavailable":3}}']);
    const printed = await stack.pulumi("refresh", "--preview-only", "--diff");
    assert.match(printed, /maxUnavailable: 1 => 3/);
    await stack.pulumi("refresh", "--yes");
    await stack.up();
    const budget = await stack.get<KubeObject>("pdb", metadata.name);
    assert.equal(budget.spec.maxUnavailable, 1);
  });

  admission(() => ({ lab, stack }));

  it("@all completes an update after kill -9 of the engine and the commands that Pulumi then advises", async () => {
    const before = await stack.get<KubeObject>("statefulset", "cassandra");
    await stack.set({ replicas: "6" });
    // Pods of simulated nodes that may not be scheduled keep the update waiting until the engine is dead.
    await lab.kubectl(["cordon", "node1", "node2", "node3"]);
    try {
      await stack.killUp(30, async () => (await stack.get<KubeObject>("statefulset", "cassandra")).spec.replicas === 6);
    } finally {
      await lab.kubectl(["uncordon", "node1", "node2", "node3"]);
    }

    assert.match(await stack.refused("up", "--yes", "--skip-preview"), /pulumi cancel/);
    await stack.pulumi("cancel", "--yes");
    await stack.pulumi("refresh", "--yes", "--clear-pending-creates");
    await stack.up();
    const after = await stack.get<KubeObject>("statefulset", "cassandra");
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.equal(after.status.readyReplicas, 6);
    const all = await stack.get<KubeList>("statefulsets,services,configmaps,roles", "-l", "app=cassandra");
    assert.equal(
      all.items.length,
      6,
      `an object exists twice: ${all.items.map(({ metadata }) => metadata.name).join(", ")}`,
    );
    await stack.up("--expect-no-changes");
  });

  it("destroys everything but the claims, the ring record and the superuser", async () => {
    const { spec } = await stack.get<{ spec: { replicas: number } }>("statefulset", "cassandra");
    await stack.destroy();
    const left = await stack.get<KubeList>(
      "all,configmaps,secrets,serviceaccounts,roles,rolebindings,pdb,pvc",
      "-l",
      "app=cassandra",
    );
    assert.deepEqual(left.items.map(({ metadata }) => metadata.name).sort(), [
      "cassandra-ring",
      "cassandra-superuser",
      ...Array.from({ length: spec.replicas }, (_, i) => `data-cassandra-${i}`),
    ]);
  });

  it("takes over what destroy kept at the next up, and deletes all of it with volumeRetention: delete", async () => {
    const kept = await stack.get<KubeObject>("configmap", "cassandra-ring");
    const secret = await stack.get<KubeObject>("secret", "cassandra-superuser");
    // Simulated pods write nothing: this is what real members do.
    const claims = await stack.get<KubeList>("pvc", "-l", "app=cassandra");
    const ownerReferences = claims.items.map(({ metadata: { name, uid } }) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      name,
      uid,
    }));
    const data = { formed: "2026-01-01T00:00:00Z" };
    const known = Buffer.from("known").toString("base64");
    for (const [kind, name, contents] of [
      ["configmap", "cassandra-ring", data],
      ["secret", "cassandra-superuser", { known }],
    ] as const) {
      const patch = JSON.stringify({ metadata: { ownerReferences }, data: contents });
      await lab.kubectl(["patch", kind, name, "-p", patch]);
    }

    await stack.up();
    const record = await stack.get<KubeObject & { data: Record<string, string> }>("configmap", "cassandra-ring");
    assert.equal(record.metadata.uid, kept.metadata.uid);
    assert.deepEqual(record.data, data);
    const superuser = await stack.get<KubeObject & { data: Record<string, string> }>("secret", "cassandra-superuser");
    assert.equal(superuser.metadata.uid, secret.metadata.uid);
    assert.equal(superuser.data.known, known, "with it, the members set the new password");

    await stack.set({ volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await lab.kubectl(["wait", "--for=delete", "pvc,configmap,secret", "-l", "app=cassandra", "--timeout=60s"]);
  });

  storages(() => ({ lab, stack }));
});
