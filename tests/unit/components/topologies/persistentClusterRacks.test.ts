import * as assert from "node:assert/strict";
import { PersistentCluster, PersistentClusterArgs } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { ringArgs } from "../../../support/args";
import { callHook, only, record, warningsOf } from "../../../support/recorder";

const args: PersistentClusterArgs = { ...ringArgs, replicas: 3, storageClassName: "fast", volumeSize: "1Gi" };

describe("PersistentCluster with racks", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const matchLabels = selectorLabels(identity);
  const racks = ["zone-a", "zone-b", "zone-c"];
  const inRacks = () => record(() => new PersistentCluster("cassandra", { ...args, racks, replicas: 6 }));

  it("makes a set for each, pinned to its zone, which no controller rolls", async () => {
    const all = await inRacks();
    const sets = all.filter(({ type }) => type === "apps/v1:StatefulSet");
    const revisions = new Set<string>();
    assert.equal(sets.length, 3);
    for (const [i, { name, inputs }] of sets.entries()) {
      const { metadata, spec } = inputs as { metadata: { name: string }; spec: Record<string, unknown> };
      assert.deepEqual([name, metadata.name], [`cassandra-${racks[i]}`, `cassandra-${racks[i]}`]);
      assert.equal(spec.replicas, 2);
      const ofRack = { ...matchLabels, "cassandra/rack": racks[i] };
      assert.deepEqual(spec.selector, { matchLabels: ofRack });
      assert.deepEqual(spec.updateStrategy, { type: "OnDelete" });
      const template = spec.template as {
        metadata: { labels: object; annotations: Record<string, string> };
        spec: { nodeSelector: object; containers: { env: { name: string; value?: string }[] }[] };
      };
      assert.deepEqual(template.metadata.labels, { ...labels(identity), "cassandra/rack": racks[i] });
      revisions.add(template.metadata.annotations["cassandra/revision"]);
      assert.deepEqual(template.spec.nodeSelector, { "topology.kubernetes.io/zone": racks[i] });
      const env = Object.fromEntries(template.spec.containers[0].env.map(({ name, value }) => [name, value]));
      assert.equal(env.CASSANDRA_RACK, racks[i]);
      assert.equal(env.RING_SETS, racks.map((rack) => `cassandra-${rack}`).join(" "));
    }
    const rolling = only(all, "cassandra:index:RollingUpdate").inputs;
    assert.deepEqual([...revisions], [rolling.revision], "a pod of any rack is of the revision that is waited for");
    assert.equal(rolling.replicas, 6);
  });

  it("takes the nodes of a rack by other labels, beside those of all members, and restarts the members when they change", async () => {
    const room = { "example.com/room": "7" };
    const selectors = { "zone-b": room, "zone-c": { ...room, "topology.kubernetes.io/zone": "zone-a" } };
    const made = async (change: Partial<PersistentClusterArgs>) => {
      const all = await record(() => new PersistentCluster("cassandra", { ...args, racks, replicas: 6, ...change }));
      const templates = all
        .filter(({ type }) => type === "apps/v1:StatefulSet")
        .map(
          ({ inputs }) => (inputs.spec as { template: { spec: { nodeSelector: object } } }).template.spec.nodeSelector,
        );
      return { templates, revision: only(all, "cassandra:index:RollingUpdate").inputs.revision };
    };
    const own = await made({ rackNodeSelectors: selectors, nodeSelector: { disk: "ssd" } });
    assert.deepEqual(own.templates, [
      { disk: "ssd", "topology.kubernetes.io/zone": "zone-a" },
      { disk: "ssd", ...room },
      { disk: "ssd", ...room, "topology.kubernetes.io/zone": "zone-a" },
    ]);
    const [before, after] = [await made({}), await made({ rackNodeSelectors: selectors })];
    assert.notEqual(before.revision, after.revision);
    assert.equal((await made({ rackNodeSelectors: {} })).revision, before.revision);
    const turned = Object.fromEntries(Object.entries(selectors).reverse());
    assert.equal((await made({ rackNodeSelectors: turned })).revision, after.revision);
  });

  it("has one budget, one policy and one Service over all of them", async () => {
    const all = await inRacks();
    const selectors = [
      ["policy/v1:PodDisruptionBudget", "selector"],
      ["networking.k8s.io/v1:NetworkPolicy", "podSelector"],
    ].map(([type, key]) => (only(all, type).inputs as { spec: Record<string, unknown> }).spec[key]);
    assert.deepEqual(selectors, [{ matchLabels }, { matchLabels }]);
    const rules = (only(all, "rbac.authorization.k8s.io/v1:Role").inputs as { rules: { resourceNames: string[] }[] })
      .rules;
    assert.deepEqual(
      rules[1].resourceNames,
      racks.map((rack) => `cassandra-${rack}`),
    );
  });

  it("takes disks for the members in turn", async () => {
    const localVolumes = [0, 1, 2, 3].map((i) => ({ node: `node${i}`, path: "/mnt/disk" }));
    const all = await record(() => new PersistentCluster("cassandra", { ...args, racks, localVolumes }));
    const claims = all
      .filter(({ type }) => type === "core/v1:PersistentVolumePatch")
      .map(({ inputs }) => (inputs as { spec: { claimRef: { name: string } } }).spec.claimRef.name);
    assert.deepEqual(claims, [...racks.map((rack) => `data-cassandra-${rack}-0`), "data-cassandra-zone-a-1"]);
  });

  it("says which values nodes have when a rack has no node", async () => {
    const items = ["zone-a", "zone-b"].map((zone) => ({
      metadata: { labels: { "topology.kubernetes.io/zone": zone } },
    }));
    await withApiServer({ "/api/v1/nodes": { items } }, async (kubeconfig) => {
      await record(() => new PersistentCluster("cassandra", { ...args, racks, cluster: { kubeconfig } }));
      const said = await warningsOf(async () => {
        for (const rack of racks) await callHook(`cassandra-${rack}-has-nodes`, {}, { onDryRun: true });
      });
      assert.equal(said.length, 1);
      assert.match(
        said[0],
        /^racks: no node has topology.kubernetes.io\/zone=zone-c, so the members of rack zone-c wait for one; .* has the values zone-a, zone-b$/,
      );
    });
  });
});
