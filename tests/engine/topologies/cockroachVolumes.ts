import * as assert from "node:assert/strict";
import { KubeObject, Scene } from "./scene";

/** What becomes of the nodes and the volumes of CockroachDB. */
export function cockroachVolumes(scene: () => Scene): void {
  it("@all expands the volumes of CockroachDB in place, and keeps nodes that somebody added and volumes that destroy left", async () => {
    const insecure = { insecure: "true" };
    const five = { topologies: ["cockroachdb"], storage: "gce-pd", replicas: 5, cockroachdb: insecure };
    const three = { ...five, replicas: 3 };
    type Claim = KubeObject & { status: { capacity: { storage: string } } };
    const claims = async () =>
      (await scene().stack.get<{ items: Claim[] }>("pvc", "-l", "app=cockroachdb")).items.map(
        ({ metadata, status }) => ({
          uid: metadata.uid,
          size: status.capacity.storage,
        }),
      );
    const nodes = async () =>
      (await scene().stack.pods("app=cockroachdb,app.kubernetes.io/component=persistent")).map(
        ({ metadata }) => metadata.uid,
      );
    scene().configure({ ...three, volumeSize: "1Gi" });
    await scene().stack.up();
    const [pods, small] = [await nodes(), await claims()];
    assert.deepEqual([pods.length, small.map(({ size }) => size)], [3, ["1Gi", "1Gi", "1Gi"]]);
    scene().configure({ ...three, volumeSize: "2Gi" });
    assert.match(
      await scene().stack.pulumi("preview"),
      /volumeSize 1Gi -> 2Gi: the volumes grow while their members serve/,
    );
    await scene().stack.up();
    assert.deepEqual(await nodes(), pods);
    assert.deepEqual(
      await claims(),
      small.map((claim) => ({ ...claim, size: "2Gi" })),
    );
    await scene().stack.up("--expect-no-changes");

    await scene().lab.kubectl(["scale", "statefulset", "cockroachdb", "--replicas=5"]);
    await scene().lab.kubectl([
      "wait",
      "--for=jsonpath={.status.readyReplicas}=5",
      "statefulset/cockroachdb",
      "--timeout=60s",
    ]);
    await scene().refuses(
      { ...three, volumeSize: "2Gi", cockroachdb: { ...insecure, memory: "3Gi" } },
      "cassandra:replicas: 3 is below the 5 nodes of CockroachDB cluster cockroachdb",
    );
    scene().configure({ ...five, volumeSize: "2Gi" });
    await scene().stack.up();
    assert.equal((await nodes()).length, 5);

    const kept = await claims();
    await scene().stack.destroy();
    assert.deepEqual(await claims(), kept);
    scene().configure({ ...three, volumeSize: "2Gi" });
    const missing = [
      "cassandra:replicas: 3 is below the 5 nodes of CockroachDB cluster cockroachdb whose volumes are kept",
    ];
    await scene().stack.refusedWith(missing, "preview");
    await scene().stack.refusedWith(missing, "up", "--yes", "--skip-preview");
    assert.deepEqual(await nodes(), []);
    scene().configure({ ...five, volumeSize: "2Gi" });
    await scene().stack.up();
    assert.deepEqual(await claims(), kept);
    scene().configure({ ...five, volumeSize: "2Gi", volumeRetention: "delete" });
    await scene().stack.up();
    await scene().destroy();
  });
}
