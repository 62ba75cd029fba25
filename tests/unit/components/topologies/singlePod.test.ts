import * as assert from "node:assert/strict";
import { EphemeralCluster, SinglePod } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { refuseOtherBudget } from "../../../../components/operations/budgetGuard";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

interface Pod {
  metadata: { name: string; labels: object; annotations: Record<string, string>; ownerReferences: object[] };
  spec: object;
}

describe("SinglePod", () => {
  const identity = { name: "cassandra", topology: "pod" };
  const make = () => record(() => new SinglePod("cassandra", ringArgs));

  it("makes a pod that goes with the budget that keeps it from being evicted", async () => {
    const all = await make();
    const budget = only(all, "policy/v1:PodDisruptionBudget");
    assert.deepEqual(budget.inputs.spec, { minAvailable: 1, selector: { matchLabels: selectorLabels(identity) } });
    const { metadata } = only(all, "core/v1:Pod").inputs as unknown as Pod;
    assert.equal(metadata.name, "cassandra");
    assert.deepEqual(metadata.labels, labels(identity));
    const [owner] = metadata.ownerReferences as { uid?: string }[];
    assert.deepEqual(owner, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      name: "cassandra-alone-auto",
      uid: "cassandra-alone-uid",
      // Not its controller: that is who adopts it.
      blockOwnerDeletion: true,
    });
  });

  it("may look at itself and at no other pod", async () => {
    const { rules } = only(await make(), "rbac.authorization.k8s.io/v1:Role").inputs as { rules: unknown };
    assert.deepEqual(rules, [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cassandra-auto"], verbs: ["get", "patch"] },
      { apiGroups: [""], resources: ["pods"], resourceNames: ["cassandra"], verbs: ["get"] },
      { apiGroups: [""], resources: ["namespaces"], resourceNames: ["db"], verbs: ["get"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["cassandra-superuser-auto"], verbs: ["get", "patch"] },
    ]);
  });

  it("remembers its revision, so that an edit that would replace the pod is refused", async () => {
    const all = await make();
    const { metadata } = only(all, "core/v1:Pod").inputs as unknown as Pod;
    const guard = all.find(({ type, name }) => type === "cassandra:index:DataGuard" && name === "cassandra-pod");
    assert.deepEqual(guard?.inputs, { revision: metadata.annotations["cassandra/revision"] });
  });

  describe("its budget", () => {
    const owner = { kind: "PodDisruptionBudget", name: "alone-1", apiVersion: "policy/v1", uid: "budget" };
    const live = { metadata: { name: "cassandra", uid: "one", ownerReferences: [owner] } };
    const make = (pod: object | undefined, uids: Record<string, string>) =>
      withApiServer(pod ? { "/api/v1/namespaces/db/pods/cassandra": pod } : {}, async (kubeconfig) => {
        await record(() =>
          refuseOtherBudget("cassandra", "cassandra", { uids: Promise.resolve(uids) }, { kubeconfig }),
        );
        const newInputs = { metadata: { namespace: "db" } };
        await callHook("cassandra-keeps-its-budget", { newInputs }, { onDryRun: true });
      });

    it("is not replaced while the pod is there that goes with it", async () => {
      await assert.rejects(make(live, { cassandra: "one" }), {
        message:
          /^PodDisruptionBudget db\/alone-1 is not replaced: Pod cassandra would be deleted with it, and its data/,
      });
    });

    it("is made where the pod is not there, is not the stack's, or is somebody else's by now", async () => {
      await make(undefined, { cassandra: "one" });
      await make(live, {});
      await make(live, { cassandra: "another" });
      await make({ metadata: { ...live.metadata, ownerReferences: [] } }, { cassandra: "one" });
    });
  });

  it("makes the very pod that the ephemeral cluster which adopts it would make", async () => {
    const single = only(await make(), "core/v1:Pod").inputs as unknown as Pod;
    const all = await record(() => new EphemeralCluster("cassandra", { ...ringArgs, replicas: 1, adoptPod: true }));
    const { spec } = only(all, "core/v1:ReplicationController").inputs as unknown as { spec: { template: Pod } };
    assert.deepEqual(single.spec, spec.template.spec);
    assert.deepEqual(single.metadata.annotations, spec.template.metadata.annotations);
  });
});
