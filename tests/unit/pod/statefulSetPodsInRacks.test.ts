import * as assert from "node:assert/strict";
import type { Outcome, World } from "./podWorld";
import { run } from "./runScript";
import { id, member, formed, never } from "./statefulSetRing";

describe("pods with ordinals", function () {
  this.timeout(60_000);

  describe("in racks with a StatefulSet each", () => {
    const sets = ["cassandra-a", "cassandra-b", "cassandra-c"];
    const inRack = (pod: string, world: Partial<World>) =>
      run("entrypoint.sh", [], { pod, env: { POD_IDENTITY: "ordinal", RING_SETS: sets.join(" ") }, ...world });
    const ring = { ...formed, ...Object.fromEntries(sets.map((set, i) => [`${set}-0`, member(i)])) };
    const serving = (...pods: string[]) => pods.map((pod) => `${pod}.cassandra`);

    it("form one ring of all, once the disks of all sets are known to be empty", async () => {
      const record = Object.fromEntries(sets.flatMap((set) => [`${set}-0`, `${set}-1`]).map((pod) => [pod, "empty"]));
      const some = await inRack("cassandra-a-0", { replicas: 2, record: { ...record, "cassandra-c-1": "left x" } });
      never(some);
      assert.match(some.said, /waiting: all 6 pods must report an empty disk before the first ring forms/);
      const first = await inRack("cassandra-a-0", { replicas: 2, record });
      assert.equal(first.record.forming, "6");
      const names = ["a-0", "b-0", "c-0", "a-1", "b-1", "c-1"].map((name) => `cassandra-${name}.cassandra`);
      assert.equal(first.seeds, names.join().replace("cassandra-a-0.cassandra", "10.0.0.99"));
      const last = await inRack("cassandra-c-1", { record: { ...record, forming: "6" } });
      assert.equal(last.startMode, "bootstrap_ring");
      const tokens = (outcome: Outcome) => outcome.options.find((option) => option.includes("initial_token"));
      assert.notEqual(tokens(last), tokens(first));
    });

    it("join in turn over the racks", async () => {
      const all = serving("cassandra-a-0", "cassandra-b-0", "cassandra-c-0");
      assert.equal((await inRack("cassandra-a-1", { record: ring, serving: all })).startMode, "bootstrap");
      const third = await inRack("cassandra-c-1", { record: ring, serving: [...all, ...serving("cassandra-a-1")] });
      never(third);
      assert.match(third.said, /waiting: .*cassandra-b-1\.cassandra must serve CQL before this pod joins it/);
    });

    it("come back with members of all racks as seeds", async () => {
      const outcome = await inRack("cassandra-b-0", { record: ring, data: true, files: { "ring-member": id(1) } });
      assert.equal(outcome.startMode, "restart");
      assert.equal(outcome.seeds, "cassandra-a-0.cassandra,10.0.0.99,cassandra-c-0.cassandra");
    });
  });
});
