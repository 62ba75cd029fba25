import * as assert from "node:assert/strict";
import { run } from "./runScript";
import { start, pods, idOf, member, members, formed, all, ofNode, never } from "./unorderedRing";

describe("pods whose disk is a folder of their node", function () {
  this.timeout(60_000);
  const world = { env: ofNode };

  it("come back to it, though their pods are others", async () => {
    const record = { ...members("a", "b"), ...formed };
    const outcome = await start({ ...world, record, serving: all, data: true, files: { "ring-member": idOf("b") } });
    assert.equal(outcome.startMode, "restart");
  });

  it("come back to it, though the record knows nothing yet", async () => {
    const outcome = await start({ ...world, data: true, files: { "ring-member": "id" } });
    assert.equal(outcome.startMode, "restart");
  });

  it("take their own place again when the folder was lost", async () => {
    const outcome = await start({ ...world, record: { ...members("a", "b"), ...formed }, serving: all });
    assert.equal(outcome.startMode, "replace");
    assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.2"]);
  });

  it("do not come back to a folder whose member was taken out of the ring, nor empty it", async () => {
    const record = { ...members("a"), ...formed };
    const outcome = await start({ ...world, record, serving: all, data: true, files: { "ring-member": idOf("b") } });
    never(outcome);
    assert.match(outcome.said, /waiting: this disk holds member 00000002-.*, which was removed from the ring/);
    assert.equal(outcome.data, true);
  });

  it("never empty a folder that they did not fill", async () => {
    const outcome = await start({ ...world, record: { ...members("a"), ...formed }, serving: all, data: true });
    never(outcome);
    assert.match(outcome.said, /waiting: the folder of this node holds data of no member that the ring knows/);
    assert.equal(outcome.data, true);
  });

  it("join anew after they had left, on an emptied folder", async () => {
    const record = { ...members("a"), ...formed };
    const outcome = await start({ ...world, record, serving: all, data: true, files: { "ring-way": "left" } });
    assert.equal(outcome.startMode, "bootstrap");
    assert.equal(outcome.data, false);
  });

  it("do not take the place of a member whose node is away: it may come back with its rows", async () => {
    const record = { ...members("a", "d"), ...formed };
    const outcome = await start({ ...world, record, serving: all });
    never(outcome);
    assert.match(
      outcome.said,
      /waiting: member d must serve CQL before this pod joins, or be gone for good: .*`\/ring\/remove-node\.sh d`/,
    );
  });
});

describe("pods without ordinal, at an address by which the ring knows another member", function () {
  this.timeout(60_000);
  const record = { ...members("a", "b"), ...formed, c: `${idOf("c")} 10.0.0.99` };
  const world = { record, serving: all, data: true, files: { "ring-member": idOf("b") } };

  it("wait, and advise nobody to delete them where their rows would go with them", async () => {
    const outcome = await start(world);
    never(outcome);
    assert.match(outcome.said, /waiting: c must come back at another address: .* which this pod has now\n/);
  });

  it("may be made again where the disk is their node's", async () => {
    const outcome = await start({ ...world, env: ofNode });
    never(outcome);
    assert.match(outcome.said, /`kubectl delete pod -n NAMESPACE b` gives this pod another address/);
  });
});

describe("remove-node.sh", function () {
  this.timeout(60_000);
  const forget = (node: string, view: string[]) =>
    run("remove-node.sh", [node], { pod: "a", env: ofNode, view, record: { ...members("a", "d"), ...formed } });

  it("takes the member of a lost node out of the ring", async () => {
    const outcome = await forget("d", pods("a"));
    assert.deepEqual(outcome.nodetool, [`removenode ${member("d").split(" ")[0]}`]);
    const { "repair.a": owed, ...rest } = outcome.record;
    assert.match(owed, /^\d{4}-/, "a new owner has streamed from one replica alone");
    assert.deepEqual(rest, { ...members("a"), ...formed });
  });

  it("refuses a node that has a pod, and one that has no member", async () => {
    for (const [node, view, why] of [
      ["d", pods("a", "d"), /d still has a pod/],
      ["x", pods("a"), /x is no member of the ring; members are: a d/],
    ] as const) {
      const outcome = await forget(node, view);
      assert.match(outcome.said, why);
      assert.equal(outcome.code, 1);
      assert.deepEqual(outcome.nodetool, []);
    }
  });
});
