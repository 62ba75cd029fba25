import * as assert from "node:assert/strict";
import { LocalVolumes, LocalVolumesArgs } from "../../../../components/index";
import { labels } from "../../../../components/objects/labels";
import { record } from "../../../support/recorder";

const identity = { name: "cassandra", topology: "persistent" };
const args: LocalVolumesArgs = {
  ...identity,
  namespace: "db",
  sets: ["cassandra"],
  claim: "data",
  disks: [
    { node: "node1", path: "/mnt/a" },
    { node: "node2", path: "/mnt/b" },
  ],
  volumeSize: "1Gi",
  storageClassName: "fast",
};

describe("LocalVolumes", () => {
  const volumes = async (overrides: Partial<LocalVolumesArgs>) =>
    (await record(() => new LocalVolumes("cassandra", { ...args, ...overrides }))).filter(({ type }) =>
      type.startsWith("core/v1:"),
    );

  it("make a volume of each folder, on its node, reserved for one claim and never emptied", async () => {
    const all = await volumes({});
    assert.deepEqual(
      all.map(({ type, name }) => [type, name]),
      [0, 1].map((i) => ["core/v1:PersistentVolumePatch", `cassandra-${i}`]),
    );
    assert.deepEqual(all[1].inputs, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "db-data-cassandra-1", labels: { ...labels(identity), type: "local" } },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "fast",
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "db", name: "data-cassandra-1" },
        local: { path: "/mnt/b" },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node2"] }] },
            ],
          },
        },
      },
    });
  });

  it("make volumes that go with the stack where the claims do", async () => {
    const all = await volumes({ volumeRetention: "delete" });
    assert.deepEqual(
      all.map(({ type }) => type),
      ["core/v1:PersistentVolume", "core/v1:PersistentVolume"],
    );
  });
});
