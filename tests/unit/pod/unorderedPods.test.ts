import * as assert from "node:assert/strict";
import { start, pods, asked, idOf, members, formed, all, never } from "./unorderedRing";

describe("pods without ordinal: how they enter a ring", function () {
  this.timeout(60_000);

  it("says that its disk is empty, and waits for the others to say so", async () => {
    const outcome = await start({ record: { a: "empty" }, meanwhile: ":" });
    never(outcome);
    assert.deepEqual(outcome.record, { a: "empty", b: "empty" });
    assert.match(outcome.said, /waiting: all 3 pods must report an empty disk before the first ring forms \(2 have\)/);
  });

  it("forms the first ring with all others at once, in an order that all see alike", async () => {
    const outcome = await start({ record: { c: "empty", a: "empty" } });
    assert.equal(outcome.record.forming, "a b c");
    assert.equal(outcome.startMode, "bootstrap_ring");
    assert.equal(outcome.seeds, "10.0.0.1,10.0.0.99,10.0.0.3");
    assert.ok(outcome.options.includes("-Dcassandra.auto_bootstrap=false"));
    assert.ok(
      outcome.options.includes("-Dcassandra.start_native_transport=false"),
      "CQL must stay closed until all are there",
    );
    const [token] = outcome.options.filter((option) => option.startsWith("-Dcassandra.initial_token="));
    assert.equal(token.split(",").length, 16);
  });

  it("forms alone where the controller asks for one pod", async () => {
    const outcome = await start({ view: ["pod b 10.0.0.2 here", ...asked(1)] });
    assert.equal(outcome.startMode, "bootstrap_ring");
    assert.equal(outcome.seeds, "10.0.0.99");
  });

  it("does not form while more pods are to come, or one of them is about to go", async () => {
    never(await start({ view: pods("a", "b"), record: { a: "empty", b: "empty" }, meanwhile: ":" }));
    const leaving = ["pod a 10.0.0.1 leaving", "pod b 10.0.0.2 here", "pod c 10.0.0.3 here", ...asked(3)];
    never(await start({ view: leaving, record: { a: "empty", b: "empty", c: "empty" }, meanwhile: ":" }));
  });

  it("does not form before the API server knows the addresses of all", async () => {
    const record = { a: "empty", b: "empty", c: "empty", forming: "a b c" };
    const unknown = ["pod a - here", "pod b 10.0.0.2 here", "pod c 10.0.0.3 here", ...asked(3)];
    const outcome = await start({ view: unknown, record, meanwhile: ":" });
    never(outcome);
    assert.match(
      outcome.said,
      /waiting: the API server must know the addresses of all pods of the first ring \(a b c\)/,
    );
  });

  it("does not form before the controller has counted", async () => {
    never(await start({ view: ["pod b 10.0.0.2 here", ...asked(-1)], record: { b: "empty" }, meanwhile: ":" }));
  });

  it("starts over when a pod is gone before the first ring had formed", async () => {
    const record = { a: "empty", b: "empty", d: "empty", forming: "a b d" };
    const outcome = await start({ record, meanwhile: ":" });
    never(outcome);
    assert.match(outcome.said, /a pod was deleted before the first ring had formed: all pods start over/);
    assert.deepEqual(outcome.record, { b: "empty" }, "every pod must say anew that its disk is empty");
  });

  it("empties its disk of a first ring that did not come about, before it says that it is empty", async () => {
    const outcome = await start({ data: true, files: { "ring-way": "forming a b d" }, meanwhile: ":" });
    assert.equal(outcome.data, false);
    assert.equal(outcome.record.b, "empty");
  });

  it("goes on with a first ring that is still forming, on the disk that it has", async () => {
    const record = { a: "empty", b: "empty", c: "empty", forming: "a b c" };
    const outcome = await start({ record, data: true, files: { "ring-way": "forming a b c" } });
    assert.equal(outcome.startMode, "bootstrap_ring");
    assert.equal(outcome.data, true);
  });

  it("joins a ring by streaming when it is its turn, never as a seed of its own", async () => {
    const outcome = await start({ record: { ...members("a", "c"), ...formed }, serving: all });
    assert.equal(outcome.startMode, "bootstrap");
    assert.equal(outcome.seeds, "10.0.0.1,10.0.0.3");
    assert.deepEqual(outcome.options, []);
    assert.equal(outcome.record.moving, "b joins");
  });

  it("waits while another one joins or leaves", async () => {
    const record = { ...members("a"), ...formed, moving: "c joins" };
    const outcome = await start({ record, serving: all });
    never(outcome);
    assert.match(outcome.said, /waiting: another topology change must end before this pod joins \(c joins\)/);
  });

  it("takes the turn of a pod that no longer exists", async () => {
    const record = { ...members("a", "c"), ...formed, moving: "d joins" };
    assert.equal((await start({ record, serving: all })).record.moving, "b joins");
  });

  it("joins only while every member serves, and gives its turn to whoever can use it", async () => {
    const record = { ...members("a", "c"), ...formed, moving: "b joins" };
    const outcome = await start({ record, serving: ["10.0.0.1"] });
    never(outcome);
    assert.match(outcome.said, /waiting: member c must serve CQL before this pod joins, or be gone for good/);
    assert.equal(outcome.record.moving, undefined);
  });

  it("takes the place of a member whose pod is gone", async () => {
    const record = { ...members("a", "c", "d"), ...formed };
    const outcome = await start({ record, serving: all });
    assert.equal(outcome.startMode, "replace");
    assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.4"]);
    assert.equal(outcome.seeds, "10.0.0.1,10.0.0.3");
    assert.equal(outcome.record.moving, "b replaces d");
  });

  it("empties its disk when it enters in another way than it had begun to", async () => {
    const record = { ...members("a", "c", "d"), ...formed };
    const outcome = await start({ record, serving: all, data: true, files: { "ring-way": "joins" } });
    assert.equal(outcome.startMode, "replace");
    assert.equal(outcome.data, false);
  });

  it("never forms a second ring while a member of the first exists", async () => {
    const outcome = await start({ record: { ...members("a"), ...formed } });
    never(outcome);
    assert.match(outcome.said, /waiting: a ring exists; one of its members must serve CQL/);
  });

  it("joins a ring that has members, though nobody has written when it was formed", async () => {
    assert.equal((await start({ record: members("a"), serving: all })).startMode, "bootstrap");
  });

  it("forms anew, and says so, when every member is gone with its rows", async () => {
    const record = { ...members("x", "y"), ...formed, moving: "x leaves", a: "empty" };
    const outcome = await start({ record, meanwhile: ":" });
    assert.match(
      outcome.said,
      /every member of the ring formed at 2026-01-01T00:00:00Z is gone, and its data with it: a new ring forms/,
    );
    assert.deepEqual(outcome.record, { b: "empty" });
  });

  it("comes back as itself in its own pod, with others as seeds", async () => {
    const record = { ...members("a", "b", "c"), ...formed };
    const outcome = await start({ record, serving: ["10.0.0.3"], data: true, files: { "ring-member": idOf("b") } });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.seeds, "10.0.0.3");
  });

  it("names the first members as seeds when the whole ring starts again", async () => {
    const record = { ...members("a", "b", "c"), ...formed };
    const outcome = await start({ record, data: true, files: { "ring-member": idOf("b") } });
    assert.equal(outcome.seeds, "10.0.0.1,10.0.0.2,10.0.0.3");
  });

  it("comes back as itself without the API server, which DNS stands in for", async () => {
    const world = { record: undefined, data: true, files: { "ring-member": idOf("b") } };
    const outcome = await start({ ...world, waits: 21 });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.seeds, "10.0.0.77");
    const early = await start({ ...world, waits: 20 });
    never(early);
    assert.match(early.said, /waiting: the API server or another member must answer: without a network/);
  });

  it("waits for the API server when its disk is empty", async () => {
    const outcome = await start({ record: undefined });
    never(outcome);
    assert.match(outcome.said, /waiting: ConfigMap cassandra-ring \(the ring record\) must be readable/);
  });
});
