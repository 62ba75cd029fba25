import * as assert from "node:assert/strict";
import { DaemonCluster, DaemonClusterArgs } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

interface DaemonSet {
  metadata: object;
  spec: {
    selector: object;
    updateStrategy: object;
    template: { metadata: { labels: object }; spec: { nodeSelector?: object; volumes: { name: string }[] } };
  };
}

describe("DaemonCluster", () => {
  const make = (overrides: Partial<DaemonClusterArgs> = {}) =>
    record(() => new DaemonCluster("cassandra-daemon", { ...ringArgs, name: "cassandra-daemon", ...overrides }));
  const identity = { name: "cassandra-daemon", topology: "daemon" };

  describe("with a folder of the nodes", () => {
    const edit = { newInputs: { metadata: { namespace: "db" } } };
    const check = (namespace: object | undefined, refusal?: { code: number; message: string }) =>
      withApiServer(
        { "/api/v1/namespaces/db": namespace },
        async (kubeconfig) => {
          await make({ hostPath: "/mnt/ring", cluster: { kubeconfig } });
          await callHook("cassandra-daemon-needs-privileges", edit, { onDryRun: true });
        },
        refusal,
      );
    const enforcing = (level: string) => ({ metadata: { labels: { "pod-security.kubernetes.io/enforce": level } } });

    it("is refused in preview where the namespace would admit none of its pods", async () => {
      await assert.rejects(check(enforcing("restricted")), {
        message:
          'hostPath: "/mnt/ring" is not allowed in namespace db, which enforces the Pod Security Standard ' +
          "restricted: a folder of the node (hostPath), whose owner root changes to Cassandra's user; allowed is a namespace labelled " +
          "pod-security.kubernetes.io/enforce: privileged",
      });
      await assert.rejects(check(enforcing("baseline")), /enforces the Pod Security Standard baseline/);
    });

    it("passes where the namespace allows it, is yet to come, or may not be looked at", async () => {
      await check(enforcing("privileged"));
      await check({ metadata: {} });
      await check(undefined);
      await check(undefined, { code: 403, message: "no" });
      await assert.rejects(check(undefined, { code: 500, message: "broken" }));
    });
  });

  it("makes a DaemonSet for every node, whose rows lie in its pods", async () => {
    const { metadata, spec } = only(await make(), "apps/v1:DaemonSet").inputs as unknown as DaemonSet;
    assert.deepEqual(metadata, { namespace: "db", labels: labels(identity), name: "cassandra-daemon" });
    assert.deepEqual(spec.selector, { matchLabels: selectorLabels(identity) });
    assert.deepEqual(spec.template.metadata.labels, labels(identity));
    assert.equal(spec.template.spec.nodeSelector, undefined);
    assert.deepEqual(spec.template.spec.volumes[0], { name: "data", emptyDir: {} });
    assert.deepEqual(spec.updateStrategy, { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  it("registers these objects and no others", async () => {
    const objects = (await make()).map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(objects, [
      "apps/v1:DaemonSet cassandra-daemon",
      "cassandra:index:CassandraService cassandra-daemon",
      "cassandra:index:DaemonCluster cassandra-daemon",
      "cassandra:index:DataGuard cassandra-daemon-ring",
      "cassandra:index:PasswordChange cassandra-daemon-password",
      "cassandra:index:RingRecord cassandra-daemon",
      "cassandra:index:Roles cassandra-daemon-roles",
      "cassandra:index:Superuser cassandra-daemon-superuser",
      "cassandra:index:WorkloadMemory cassandra-daemon",
      "core/v1:ConfigMap cassandra-daemon",
      "core/v1:ConfigMap cassandra-daemon-scripts",
      "core/v1:Secret cassandra-daemon-superuser",
      "core/v1:SecretPatch cassandra-daemon-superuser",
      "core/v1:Service cassandra-daemon",
      "core/v1:Service cassandra-daemon-client",
      "core/v1:ServiceAccount cassandra-daemon",
      "networking.k8s.io/v1:NetworkPolicy cassandra-daemon",
      "random:index/randomPassword:RandomPassword cassandra-daemon-superuser",
      "rbac.authorization.k8s.io/v1:Role cassandra-daemon",
      "rbac.authorization.k8s.io/v1:RoleBinding cassandra-daemon",
    ]);
  });

  it("picks nodes by their labels", async () => {
    const all = await make({ nodeSelector: { disk: "ssd" } });
    const { spec } = only(all, "apps/v1:DaemonSet").inputs as unknown as DaemonSet;
    assert.deepEqual(spec.template.spec.nodeSelector, { disk: "ssd" });
  });

  it("keeps rows in a folder of each node, which two pods never share, and lets pods look at their node", async () => {
    const all = await make({ hostPath: "/mnt/ring" });
    const { spec } = only(all, "apps/v1:DaemonSet").inputs as unknown as DaemonSet;
    assert.deepEqual(spec.template.spec.volumes[0], {
      name: "data",
      hostPath: { path: "/mnt/ring", type: "DirectoryOrCreate" },
    });
    assert.deepEqual(spec.updateStrategy, { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
    const role = only(all, "rbac.authorization.k8s.io/v1:ClusterRole").inputs as { rules: object };
    assert.deepEqual(role.rules, [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }]);
    const binding = only(all, "rbac.authorization.k8s.io/v1:ClusterRoleBinding").inputs as { subjects: object };
    assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: "cassandra-daemon-auto", namespace: "db" }]);
  });
});
