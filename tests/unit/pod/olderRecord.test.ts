import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";
import * as ordinal from "./statefulSetRing";
import { asked, formed, idOf, member, members, ofNode, pods, start } from "./unorderedRing";

const { never, three, id } = ordinal;

/** Somebody has restored an older copy of the ring record, edited the record, or deleted it. */
describe("a ring record that differs from the disk", function () {
  this.timeout(60_000);
  const serving = [0, 1];
  const restart = (world: Partial<World>) =>
    run("entrypoint.sh", [], {
      pod: "cassandra-2",
      env: { POD_IDENTITY: "ordinal" },
      serving: serving.map((i) => `cassandra-${i}.cassandra`),
      files: { "ring-member": id(2) },
      data: true,
      ...world,
    });
  const peers = Object.fromEntries([0, 1, 2].map((i) => [id(i), `10.0.0.${i}`]));

  for (const [what, entry] of [
    ["says that the member has left", "left old-pod"],
    ["has another member in its place", `${id(7)} 10.0.0.2`],
  ])
    it(`is not believed where it ${what}, and the ring lists the member`, async () => {
      const record = { ...three, ...formed, "cassandra-2": entry };
      const listed = await restart({ record, peers });
      assert.equal(listed.startMode, "restart", listed.said);
      assert.equal(listed.data, true);
      const silent = await restart({ record, serving: [] });
      never(silent);
      assert.equal(silent.data, true, "nobody has told that the data is not needed");
      assert.match(silent.said, /waiting: another member must serve CQL and tell whether this one is in the ring/);
    });

  it("is not believed where it lacks the member of a node's folder, and the ring lists the member", async () => {
    const world = {
      env: ofNode,
      record: { ...members("a", "c"), ...formed },
      files: { "ring-member": idOf("b") },
      data: true,
    };
    const all = Object.fromEntries(["a", "b", "c"].map((name) => [idOf(name), "10.0.0.9"]));
    const listed = await start({ ...world, serving: ["10.0.0.1", "10.0.0.3"], peers: all });
    assert.equal(listed.startMode, "restart", listed.said);
  });

  describe("of a pod whose data goes with it", () => {
    const stop = (world: Partial<World>) =>
      run("pre-stop.sh", [], {
        pod: "b",
        env: { POD_IDENTITY: "none", RING_DISK: "pod" },
        view: ["pod a 10.0.0.1 here", "pod b 10.0.0.99 leaving", ...asked(2, "leaving")],
        record: { ...members("a"), ...formed },
        serving: ["10.0.0.1", "10.0.0.99"],
        files: { "ring-member": idOf("b") },
        ...world,
      });

    it("has the pod decommission its member where the ring lists the member", async () => {
      const outcome = await stop({ peers: { [idOf("a")]: "10.0.0.1", [idOf("b")]: "10.0.0.99" } });
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.deepEqual(outcome.record, { ...members("a"), ...formed });
    });

    it("has the pod end where the ring does not list the member, and wait where nobody tells", async () => {
      const removed = await stop({ peers: { [idOf("a")]: "10.0.0.1" } });
      assert.deepEqual([removed.code, removed.nodetool], [0, []]);
      assert.match(removed.said, /the other members do not list this one/);
      const silent = await stop({ serving: ["10.0.0.99"] });
      assert.match(silent.said, /waiting: another member must serve CQL and tell whether this one is in the ring/);
    });

    it("opens a CQL port that somebody has closed: a member that serves no client cannot decommission", async () => {
      const nodetool = `[ "$1" != enablebinary ] || echo 10.0.0.99 >>"$world/serving"`;
      const record = { ...members("a"), ...formed, b: `${idOf("b")} 10.0.0.99` };
      const gossiping = ["10.0.0.1", "10.0.0.99"];
      const outcome = await stop({ record, serving: ["10.0.0.1"], gossiping, nodetool });
      assert.equal(outcome.nodetool[0], "enablebinary", outcome.said);
    });
  });

  it("gets back what a running member knows of itself and of its ring", async () => {
    const nap = `[ -e "$world/lost" ] || { touch "$world/lost"; echo a=${member("a")} >"$world/record"; }`;
    const record = { ...members("a"), ...formed, superuser: "admin", b: `${idOf("b")} 10.0.0.99` };
    const outcome = await run("post-start.sh", ["restart"], {
      pod: "b",
      env: { POD_IDENTITY: "none", RING_DISK: "node" },
      view: pods("a", "b"),
      record,
      serving: ["10.0.0.99", "10.0.0.1"],
      files: { "ring-member": idOf("b") },
      nodetool: `echo "ID : ${idOf("b")}"`,
      nap,
    });
    assert.deepEqual(outcome.record, { ...record, a: member("a") }, outcome.said);
    assert.match(outcome.said, /the ring record has lost entries of this member or its ring/);
  });

  it("is left alone while the member leaves", async () => {
    const record = { ...members("a"), ...formed };
    const outcome = await run("post-start.sh", ["restart"], {
      pod: "b",
      env: { POD_IDENTITY: "none", RING_DISK: "node" },
      view: pods("a", "b"),
      record: { ...record, b: `${idOf("b")} 10.0.0.99` },
      serving: ["10.0.0.99", "10.0.0.1"],
      files: { "ring-member": idOf("b") },
      nap: `sed -i /^b=/d "$world/record"; echo leaving >"$world/data/ring-way"`,
    });
    assert.equal(outcome.record.b, undefined);
  });
});

describe("a Cassandra that somebody has drained by hand", function () {
  this.timeout(60_000);
  const drained = (scratch: Record<string, string>) =>
    run("post-start.sh", ["restart"], {
      pod: "cassandra-0",
      env: { POD_IDENTITY: "ordinal" },
      record: { ...three, ...formed },
      serving: ["10.0.0.99"],
      files: { "ring-member": id(0) },
      states: "DRAINED",
      scratch,
      ends: true,
    });

  it("is restarted after a while, unless its pod is about to end", async () => {
    const restarted = await drained({});
    assert.match(
      restarted.said,
      /Cassandra was drained 10 minutes ago, and this pod is not about to end: it is restarted/,
    );
    assert.equal(restarted.hasEnded, true);
    assert.equal((await drained({ "stopping.note": "" })).hasEnded, false);
  });
});
