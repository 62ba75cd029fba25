import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { run, scripts } from "./runScript";
import { start, id, member, formed, three, never } from "./statefulSetRing";

describe("pods with ordinals", function () {
  this.timeout(60_000);

  it("waits while the ring knows another member by the address that it has, whether it comes back or joins", async () => {
    const record = { ...three, ...formed, "cassandra-2": `${id(2)} 10.0.0.99` };
    const world = { ordinal: 1, serving: [0], record, data: true, marker: id(1) };
    const outcome = await start(world);
    never(outcome);
    assert.match(
      outcome.said,
      /waiting: cassandra-2 must come back at another address: the ring knows it by 10\.0\.0\.99, .*`kubectl delete pod -n NAMESPACE cassandra-1`/,
    );
    const joining = { "cassandra-0": member(0), ...formed, "cassandra-2": record["cassandra-2"] };
    const joins = await start({ ordinal: 1, serving: [0], record: joining });
    never(joins);
    assert.match(joins.said, /waiting: cassandra-2 must come back at another address/);
    // Its own address of before it has again; that of one that has left is free.
    const free = { ...three, ...formed, "cassandra-1": `${id(1)} 10.0.0.99`, "cassandra-2": "left some-pod" };
    assert.equal((await start({ ...world, record: free })).startMode, "restart");
  });

  it("says that an empty disk is empty and waits for the others", async () => {
    const outcome = await start({ ordinal: 1, record: { "cassandra-0": "empty" } });
    never(outcome);
    assert.equal(outcome.record["cassandra-1"], "empty");
    assert.match(outcome.said, /waiting: cassandra-0 must record that the first ring forms/);
  });

  it("forms no ring before every pod of the set has said that its disk is empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
    assert.match(outcome.said, /waiting: all 3 pods must report an empty disk before the first ring forms/);
  });

  it("forms no ring beside a pod that is a member already", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": member(1), "cassandra-2": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
  });

  it("forms the first ring once all disks are known to be empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty", "cassandra-2": "empty" } });
    assert.equal(outcome.record.forming, "3");
    assert.equal(outcome.startMode, "bootstrap_ring");
    assert.equal(outcome.seeds, "10.0.0.99,cassandra-1.cassandra,cassandra-2.cassandra");
    assert.ok(outcome.options.includes("-Dcassandra.auto_bootstrap=false"));
    assert.ok(
      outcome.options.includes("-Dcassandra.start_native_transport=false"),
      "CQL must stay closed until all are there",
    );
  });

  it("keeps a pod beyond the first ring waiting until that has formed", async () => {
    const outcome = await start({ ordinal: 3, record: { ...three, forming: "3" } });
    never(outcome);
    assert.match(outcome.said, /waiting: the first 3 members must form the ring before this pod joins/);
  });

  it("joins a ring by streaming, never as a seed of its own", async () => {
    const outcome = await start({ ordinal: 3, record: { ...three, ...formed }, serving: [0, 1, 2] });
    assert.equal(outcome.startMode, "bootstrap");
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-1.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, []);
  });

  it("joins only after every pod of lower ordinal", async () => {
    const outcome = await start({ ordinal: 4, record: { ...three, ...formed }, serving: [0, 1, 2] });
    never(outcome);
    assert.match(outcome.said, /waiting: .*cassandra-3\.cassandra must serve CQL before this pod joins it/);
  });

  it("does not join while a member that took a lost one's place is not repaired: its rows may be missing there", async () => {
    const record = { ...three, ...formed, "repair.cassandra-1": "2026-01-01T00:00:00Z without cassandra-0" };
    const outcome = await start({ ordinal: 3, record, serving: [0, 1, 2] });
    never(outcome);
    assert.match(outcome.said, /waiting: cassandra-1 must finish its repair: until then it may lack data/);
  });

  it("never forms a second ring while the members of the first are silent", async () => {
    const outcome = await start({ ordinal: 0, record: { ...three, ...formed } });
    never(outcome);
    assert.match(outcome.said, /this disk is empty, though cassandra-0 is a member .* will not form a second ring/);
  });

  it("takes its own place again when its disk is gone", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, ...formed }, serving: [0, 2] });
    assert.equal(outcome.startMode, "replace");
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.1"]);
  });

  it("comes back as itself, with others as seeds", async () => {
    const outcome = await start({
      ordinal: 0,
      record: { ...three, ...formed },
      serving: [1, 2],
      data: true,
      marker: id(0),
    });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.seeds, "cassandra-1.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, []);
  });

  it("names the first members as seeds when the whole ring starts again", async () => {
    const outcome = await start({ ordinal: 2, record: { ...three, ...formed }, data: true, marker: id(2) });
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-1.cassandra,10.0.0.99");
    assert.deepEqual(outcome.options, []);
  });

  it("comes back as itself without the API server", async () => {
    const outcome = await start({ ordinal: 1, serving: [0], data: true, marker: id(1) });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.seeds, "cassandra-0.cassandra");
  });

  it("waits for the API server when its disk is empty", async () => {
    const outcome = await start({ ordinal: 0 });
    never(outcome);
    assert.match(outcome.said, /waiting: ConfigMap cassandra-ring \(the ring record\) must be readable/);
  });

  it("takes a disk with rows and no record for a member, not for an empty one", async () => {
    const outcome = await start({ ordinal: 0, record: {}, data: true });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.record["cassandra-0"], undefined);
  });

  it("goes on with a formation that was cut off", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, "cassandra-1": "empty", forming: "3" }, data: true });
    assert.equal(outcome.startMode, "bootstrap_ring");
    assert.ok(outcome.options.includes("-Dcassandra.start_native_transport=false"));
  });

  it("joins anew, on an emptied disk, where a pod before it moved its rows to the others and left", async () => {
    const outcome = await start({
      ordinal: 3,
      record: { ...three, ...formed, "cassandra-3": "left another-pod" },
      serving: [0, 1, 2],
      data: true,
    });
    assert.equal(outcome.startMode, "bootstrap");
    assert.equal(outcome.data, false, "rows that are no member's any more must not come back");
    assert.equal(outcome.record["cassandra-3"], "empty");
  });

  it("joins anew as well if that pod ended before it could unmark its disk", async () => {
    const record = { ...three, ...formed, "cassandra-3": "left another-pod" };
    const outcome = await start({ ordinal: 3, record, serving: [0, 1, 2], data: true, marker: id(3) });
    assert.equal(outcome.startMode, "bootstrap");
    assert.deepEqual([outcome.data, outcome.files], [false, { "ring-way": "joins" }]);
  });

  it("waits to be deleted when it has left the ring itself, and keeps its disk until then", async () => {
    const record = { ...three, ...formed, "cassandra-3": "left this-pod" };
    const outcome = await start({ ordinal: 3, record, serving: [0, 1, 2], data: true });
    never(outcome);
    assert.equal(outcome.data, true);
    assert.match(outcome.said, /waiting: this pod must be deleted: its member has left the ring/);
  });

  it("does not come back to a disk whose place another member has taken", async () => {
    const outcome = await start({
      ordinal: 1,
      record: { ...three, ...formed },
      serving: [0],
      data: true,
      marker: id(7),
    });
    never(outcome);
    assert.match(outcome.said, /waiting: this disk holds member 00000007-.*, which member 00000001-.* has replaced/);
    assert.equal(outcome.data, true);
  });

  it("ends on SIGTERM while it waits, or it would use up the grace period of the pod", async () => {
    const names = {
      HOSTNAME: "cassandra-0",
      RING_MEMBER: "cassandra-0",
      RING_NAME: "cassandra",
      RING_SETS: "cassandra",
      RING_RECORD: "record",
    };
    const child = spawn("bash", [path.join(scripts, "entrypoint.sh")], {
      env: {
        PATH: process.env.PATH,
        POD_IDENTITY: "ordinal",
        POD_IP: "10.0.0.99",
        POD_UID: "this-pod",
        CASSANDRA_DATA: "/nonexistent",
        ...names,
      },
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("waiting: ") && child.kill("SIGTERM"));
    assert.deepEqual(await once(child, "close"), [143, null]);
  });

  it("drains when its pod ends, and hands nothing over: it comes back to its volume", async () => {
    const world = { pod: "cassandra-1", env: { POD_IDENTITY: "ordinal" }, record: three };
    const outcome = await run("pre-stop.sh", [], { ...world, serving: ["10.0.0.99"] });
    assert.deepEqual(outcome.nodetool, ["drain"]);
    assert.deepEqual(outcome.record, three);
    assert.deepEqual((await run("pre-stop.sh", [], world)).nodetool, [], "a pod that waits has nothing to drain");
  });
});
