import * as assert from "node:assert/strict";
import { allAreRepaired, type World } from "./podWorld";
import { run } from "./runScript";
import { start, asked, idOf, member, members, formed, all } from "./unorderedRing";

describe("pods without ordinal: how they leave", function () {
  this.timeout(60_000);
  const ring = { ...members("a", "b", "c"), ...formed };
  const going = (...lines: string[]) => [
    "pod a 10.0.0.1 here",
    "pod b 10.0.0.99 leaving",
    "pod c 10.0.0.3 here",
    ...(lines.length > 0 ? lines : asked(3, "leaving")),
  ];
  const stop = (world: Partial<World>) =>
    run("pre-stop.sh", [], {
      pod: "b",
      env: { POD_IDENTITY: "none", RING_DISK: "pod" },
      view: going(),
      record: ring,
      serving: ["10.0.0.1", "10.0.0.3", "10.0.0.99"],
      files: { "ring-member": idOf("b"), "ring-way": "joins" },
      ...world,
    });

  it("hands its rows over, and is then no member", async () => {
    const outcome = await stop({});
    assert.deepEqual(outcome.nodetool, ["decommission --force"]);
    assert.deepEqual(outcome.record, { ...members("a", "c"), ...formed });
    assert.match(outcome.said, /this member has left the ring: the other members hold its data/);
    assert.deepEqual(
      outcome.files,
      { "ring-way": "left this-pod" },
      "a folder of the node must not be taken for a member's again",
    );
  });

  it("only drains when its container is restarted and the pod stays", async () => {
    const outcome = await stop({ view: going(...asked(3, "here")) });
    assert.deepEqual(outcome.nodetool, ["drain"]);
    assert.deepEqual(outcome.record, ring);
  });

  it("hands nothing over when the whole ring goes", async () => {
    const outcome = await stop({ view: going(...asked(0, "leaving")) });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /the whole ring is being deleted: this member does not decommission/);
  });

  it("breaks a hand-over off when the whole ring goes meanwhile", async () => {
    const outcome = await stop({ nodetool: `echo "replicas 0" >>"$world/view"; exec timeout 1 tail -f /dev/null` });
    assert.deepEqual(outcome.nodetool, ["decommission --force"]);
    assert.match(outcome.said, /the decommission is abandoned/);
    assert.equal(outcome.code, 0);
  });

  it("waits for its turn", async () => {
    const outcome = await stop({ record: { ...ring, moving: "a leaves" } });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /waiting: another topology change must end before this member leaves \(a leaves\)/);
  });

  it("waits for another member when it is the only one and another pod is made in its place", async () => {
    const outcome = await stop({ record: { ...members("b"), ...formed, c: "empty" } });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /waiting: another member must exist, to which this member can stream its data/);
  });

  it("waits without the turn, which the member that it waits for needs to join", async () => {
    const outcome = await stop({ record: { ...members("b"), ...formed, moving: "b leaves", c: "empty" } });
    assert.deepEqual(outcome.nodetool, []);
    assert.deepEqual(outcome.record, { ...members("b"), ...formed, c: "empty" });
  });

  it("goes at once when it is the only member and none can come, and says what that means", async () => {
    const view = ["pod b 10.0.0.99 leaving", ...asked(1, "leaving", "no")];
    const outcome = await stop({ record: { ...members("b"), ...formed }, view });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /no other member exists and no controller makes one: the data is deleted with this pod/);
  });

  it("takes members out first that are gone: rows cannot be handed over to them", async () => {
    const record = { ...ring, d: member("d") };
    const removal = `removenode ${member("d").split(" ")[0]}`;
    const owed = await stop({ record });
    assert.deepEqual(owed.nodetool, [removal]);
    assert.deepEqual(
      Object.keys(owed.record).filter((key) => key.startsWith("repair.")),
      ["a", "b", "c"].map((name) => `repair.${name}`),
    );
    assert.match(owed.said, /waiting: a must finish its repair before this member leaves/);
    const outcome = await stop({ record, meanwhile: allAreRepaired });
    assert.deepEqual(outcome.nodetool, [removal, "decommission --force"]);
    assert.deepEqual(outcome.record, { ...members("a", "c"), ...formed });
  });

  it("takes nobody out while another member is down, which would own rows afterwards that nobody has sent it", async () => {
    const outcome = await stop({ record: { ...ring, d: member("d") }, serving: ["10.0.0.1", "10.0.0.99"] });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /waiting: member c must serve CQL before member d can be removed from the ring/);
  });

  it("tries again when the hand-over failed, and stays a member until it has succeeded", async () => {
    const nodetool = `[ -e "$world/tried" ] || { touch "$world/tried"; exit 2; }`;
    const outcome = await stop({ nodetool, meanwhile: ":" });
    assert.deepEqual(outcome.nodetool, ["decommission --force", "decommission --force"]);
    assert.match(outcome.said, /the decommission failed, b is still a member; trying again/);
    assert.deepEqual(outcome.record, { ...members("a", "c"), ...formed });
  });

  it("does not go before it knows whether it goes for good", async () => {
    const outcome = await stop({ refusal: 1 });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(
      outcome.said,
      /waiting: the API server must answer: only it tells whether this pod is deleted or just restarted/,
    );
  });

  it("goes when the API server no longer knows it", async () => {
    const outcome = await stop({ refusal: 4 });
    assert.equal(outcome.code, 0);
    assert.match(outcome.said, /the API server no longer knows this pod/);
  });

  it("does not take a token that is refused for the pod's end: the account may have been made anew", async () => {
    const outcome = await stop({ refusal: 5 });
    assert.notEqual(outcome.code, 0, "the pod ended, and its data with it");
    assert.doesNotMatch(outcome.said, /no longer knows this pod/);
  });

  it("ends at once, and is forgotten, while it still waits to enter", async () => {
    const record = { ...members("a"), ...formed, b: "empty" };
    const outcome = await stop({ record, files: {}, gossiping: [] });
    assert.deepEqual(outcome.nodetool, []);
    assert.deepEqual(outcome.record, { ...members("a"), ...formed });
  });

  it("makes the others start over when it goes while the first ring forms", async () => {
    const record = { a: "empty", b: "empty", c: "empty", forming: "a b c" };
    const outcome = await stop({ record, files: { "ring-way": "forming a b c" } });
    assert.deepEqual(outcome.nodetool, []);
    assert.deepEqual(outcome.record, {});
  });

  it("first ends joining: a member that nobody has on record would be missed by nobody", async () => {
    const outcome = await stop({ record: { ...members("a"), ...formed, moving: "b joins" } });
    assert.deepEqual(outcome.nodetool, []);
    assert.match(outcome.said, /waiting: this pod must finish joining before it can decommission/);
  });

  it("does not take a Cassandra that answers nobody for one that has ended", async () => {
    const joins = { record: { ...members("a"), ...formed, moving: "b joins" }, gossiping: ["10.0.0.1"], files: {} };
    const mute = await stop({
      ...joins,
      states: "start bootstrap 10.0.0.99\nJOINING: Starting to bootstrap\n",
      runs: true,
    });
    assert.match(mute.said, /waiting: this pod must finish joining before it can decommission/);
    assert.equal(mute.record.moving, "b joins");
    // A drained one has given its bootstrap up.
    for (const gone of [
      { states: "start bootstrap 10.0.0.99\nDRAINED\n", runs: true },
      { states: "", runs: false },
    ])
      assert.deepEqual((await stop({ ...joins, ...gone })).record, { ...members("a"), ...formed });
  });

  it("does not end where its disk holds a member that is not on record yet, since it ended a moment after it had joined", async () => {
    const record = { ...members("a"), ...formed, moving: "b joins" };
    const outcome = await stop({ record, serving: ["10.0.0.1"] });
    assert.match(outcome.said, /waiting: this member must serve CQL before it can decommission/);
    const started = await stop({ record: { ...members("a"), ...formed } });
    assert.match(started.said, /waiting: the ring record must list this member before it can decommission/);
    assert.deepEqual(started.nodetool, []);
  });

  it("starts Cassandra anew where it has flushed to come back, and is to go for good by now", async () => {
    const drained = { states: "start restart 10.0.0.99\nDRAINED\n", gossiping: ["10.0.0.1"], runs: true, ends: true };
    const outcome = await stop(drained);
    assert.ok(outcome.hasEnded);
    assert.match(outcome.said, /Cassandra must restart: it was drained/);
    const coming = await stop({ ...drained, view: going(...asked(3, "here")) });
    assert.ok(!coming.hasEnded);
  });

  /** A pod of the ring whose container starts on the disk of its member. */
  const startsAsMember = { record: ring, serving: all, data: true, files: { "ring-member": idOf("b") } };

  it("starts Cassandra anew where it has ended before its rows were handed over, as no container of a pod that goes is started again", async () => {
    const outcome = await start({
      ...startsAsMember,
      view: going(),
      cassandra:
        'echo >>"$world/starts"; [ $(wc -l <"$world/starts") -lt 2 ] || echo "replicas 0" >>"$world/view"; exit 7',
    });
    assert.equal(outcome.said.match(/restart: this disk holds member/g)?.length, 2);
    assert.match(outcome.said, /Cassandra ended \(exit code 7\) before this member had left the ring/);
    assert.equal(outcome.code, 7);
  });

  for (const [refusal, what, starts] of [
    [5, "while its token is refused", 2],
    [4, "unless the API server no longer knows it", 1],
  ] as const)
    it(`starts Cassandra anew ${what}`, async () => {
      const outcome = await start({
        ...startsAsMember,
        view: going(),
        cassandra:
          `echo >>"$world/starts"; if [ $(wc -l <"$world/starts") -lt 2 ]; then yes ${refusal} | head -20 >"$world/refusals"; ` +
          'else echo "replicas 0" >>"$world/view"; fi; exit 7',
      });
      assert.equal(outcome.said.match(/restart: this disk holds member/g)?.length, starts, outcome.said);
      assert.equal(outcome.code, 7);
    });

  it("leaves it to Kubernetes to start a container again whose pod stays", async () => {
    const outcome = await start({
      ...startsAsMember,
      cassandra: "exit 7",
    });
    assert.equal(outcome.said.match(/restart: this disk holds member/g)?.length, 1);
    assert.equal(outcome.code, 7);
  });
});
