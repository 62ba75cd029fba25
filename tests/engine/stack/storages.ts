import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { Stack } from "../../support/stack";

interface KubeList {
  items: { status: Record<string, unknown> }[];
}

/** Storage of clouds, whose disks simulated nodes do not need, and static volumes. */
export function storages(scene: () => { lab: Lab; stack: Stack }): void {
  for (const storage of ["gce-pd", "aws-ebs", "azure-disk"]) {
    it(`${storage === "gce-pd" ? "" : "@all "}brings the dev stack up on ${storage} in a namespace that it makes and never deletes`, async () => {
      const dev = await Stack.of(scene().lab, "dev");
      await dev.set({ storage, volumeRetention: "delete" });
      await dev.up();
      const claims = await dev.get<KubeList>("pvc", "-n", "cassandra");
      assert.deepEqual(
        claims.items.map(({ status }) => status.phase),
        ["Bound", "Bound", "Bound"],
      );
      await dev.destroy();
      await dev.get("namespace", "cassandra");
      assert.deepEqual((await dev.get<KubeList>("storageclass", "-l", "app=cassandra")).items, []);
    });
  }

  it("@all binds static local volumes on their nodes", async () => {
    const volumes = [1, 2, 3].map((i) => ({ node: `node${i}`, path: `/mnt/disks/${i}` }));
    for (const [i, { node, path }] of volumes.entries()) {
      await scene().stack.pulumi("config", "set", "--path", `localVolumes[${i}].node`, node);
      await scene().stack.pulumi("config", "set", "--path", `localVolumes[${i}].path`, path);
    }
    await scene().stack.set({ storage: "local", replicas: "3", volumeRetention: "delete" });
    await scene().stack.up();
    const bound = await scene().stack.get<KubeList>("pv", "-l", "type=local");
    assert.deepEqual(
      bound.items.map(({ status }) => status.phase),
      ["Bound", "Bound", "Bound"],
    );
    await scene().stack.destroy();
  });
}
