import * as assert from "node:assert/strict";
import { KubeList, localVolumes, minikube, Scene } from "./scene";

/** What becomes of the volumes of a persistent ring. */
export function volumes(scene: () => Scene): void {
  it("binds the static volumes again that destroy has kept, and deletes them with volumeRetention: delete", async () => {
    const local = { topologies: ["persistent"], storage: "local", localVolumes };
    scene().configure(local);
    await scene().stack.up();
    await scene().stack.destroy();
    const kept = (await scene().stack.get<KubeList>("pv", "-l", "type=local")).items;
    assert.equal(kept.length, 4);
    await scene().stack.up();
    const again = (await scene().stack.get<KubeList>("pv", "-l", "type=local")).items;
    assert.deepEqual(
      again.map(({ metadata, status }) => [metadata.uid, status.phase]),
      kept.map(({ metadata }, i) => [metadata.uid, i < 3 ? "Bound" : "Available"]),
    );
    scene().configure({ ...local, volumeRetention: "delete" });
    await scene().stack.up();
    await scene().destroy();
  });

  it("expands volumes without restarting a pod, and refuses to shrink them", async () => {
    const cloud = { storage: "gce-pd", volumeRetention: "delete", replicas: 3 };
    scene().configure({ ...cloud, volumeSize: "1Gi" });
    await scene().stack.up();
    const uids = async () => (await scene().stack.pods("app=cassandra")).map(({ metadata }) => metadata.uid);
    const before = await uids();
    const larger = { ...cloud, volumeSize: "2Gi" };
    await scene().refuses(
      { ...larger, replicas: 4 },
      "cassandra:replicas: 4 is not allowed together with other volumes",
    );
    scene().configure(larger);
    assert.match(
      await scene().stack.pulumi("preview"),
      /volumeSize 1Gi -> 2Gi: the volumes grow while their members serve/,
    );
    await scene().stack.up();
    assert.deepEqual(await uids(), before);
    const { items } = await scene().stack.get<{ items: { status: { capacity: { storage: string } } }[] }>(
      "pvc",
      "-l",
      "app=cassandra",
    );
    assert.deepEqual(
      items.map(({ status }) => status.capacity.storage),
      ["2Gi", "2Gi", "2Gi"],
    );
    await scene().stack.up("--expect-no-changes");
    await scene().refuses(
      { ...cloud, volumeSize: "1Gi" },
      'cassandra:volumeSize: "1Gi" is not allowed for ring cassandra: its volumes have 2Gi',
    );
    scene().configure({ ...larger, storageClassName: "slow" });
    assert.match(
      await scene().stack.pulumi("preview"),
      /existing volumes stay of class default-cassandra, volumes of members to come are of class slow/,
    );
    await scene().stack.up();
    assert.deepEqual(await uids(), before);
    scene().configure({ ...larger, storageClassName: "slow", replicas: 4 });
    await scene().stack.up();
    const classes = await scene().stack.get<KubeList>("pvc", "-l", "app=cassandra");
    assert.deepEqual(
      classes.items.map(({ spec }) => spec.storageClassName),
      ["default-cassandra", "default-cassandra", "default-cassandra", "slow"],
    );
    await scene().destroy();
  });

  it("@all refuses a larger volumeSize where the StorageClass does not allow expansion", async () => {
    scene().configure({ ...minikube, replicas: 1 });
    await scene().stack.up();
    await scene().refuses(
      { ...minikube, replicas: 1, volumeSize: "2Gi" },
      'class "fast" of its volumes does not let them grow',
    );
    await scene().destroy();
  });
}
