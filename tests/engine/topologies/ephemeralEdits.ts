import * as assert from "node:assert/strict";
import { minikube, Scene } from "./scene";

/** What a preview says of an edit of the ephemeral ring. */
export function ephemeralEdits(scene: () => Scene): void {
  it("tells in preview what an edit of the ephemeral ring means", async () => {
    const ring = { topologies: ["ephemeral"], replicas: 2 };
    scene().configure(ring);
    await scene().stack.up();
    scene().configure({ ...ring, replicas: 3, cpu: "200m" });
    assert.match(
      await scene().stack.pulumi("preview"),
      /ring cassandra: replicas 2 -> 3: new members stream their share, one at a time; its pods are replaced one by one/,
    );
    const before = (await scene().stack.pods("app=cassandra")).map(({ metadata }) => metadata.uid);
    const said = await scene().stack.up();
    assert.equal(new Set(said.match(/replacing cassandra-\S+/g)).size, 2, said);
    const after = await scene().stack.pods("app=cassandra");
    assert.equal(after.length, 3);
    assert.ok(
      after.every(({ metadata }) => !before.includes(metadata.uid)),
      "a pod has the old template",
    );
    await scene().refuses({ ...minikube, topologies: ["persistent"] }, "leaves ring cassandra (ephemeral) behind");
    scene().configure({ topologies: ["daemon"], acceptDataLoss: "true" });
    assert.match(
      await scene().stack.pulumi("preview"),
      /leaves ring cassandra \(ephemeral\) behind: its data is not carried over/,
    );
    await scene().destroy();
  });
}
