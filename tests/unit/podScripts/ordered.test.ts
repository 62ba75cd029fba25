import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { Outcome, run, scripts, World } from "./world";

/** A pod of a StatefulSet as it starts. */
interface Start extends Pick<World, "record" | "replicas" | "data"> {
  ordinal: number;
  /** Ordinals that serve CQL. */
  serving?: number[];
  /** Host ID in the marker file of the volume. */
  marker?: string;
}

const start = ({ ordinal, serving = [], marker, ...world }: Start) =>
  run("start.sh", [], {
    ...world,
    pod: `cassandra-${ordinal}`,
    env: { RING_PODS: "ordered" },
    serving: serving.map((i) => `cassandra-${i}.cassandra`),
    files: marker ? { "ring-member": marker } : {},
  });

const id = (i: number) => `0000000${i}-aaaa-bbbb-cccc-dddddddddddd`;
const member = (i: number) => `${id(i)} 10.0.0.${i}`;
const formed = { formed: "2026-01-01T00:00:00Z" };
const three = { "cassandra-0": member(0), "cassandra-1": member(1), "cassandra-2": member(2) };
const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);

describe("pods with ordinals", function () {
  this.timeout(20_000);

  it("says that an empty disk is empty and waits for the others", async () => {
    const outcome = await start({ ordinal: 1, record: { "cassandra-0": "empty" } });
    never(outcome);
    assert.equal(outcome.record["cassandra-1"], "empty");
    assert.match(outcome.said, /waiting: cassandra-0 to say that the first ring forms/);
  });

  it("forms no ring before every pod of the set has said that its disk is empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
    assert.match(outcome.said, /waiting: all 3 pods to say that their disks are empty/);
  });

  it("forms no ring beside a pod that is a member already", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": member(1), "cassandra-2": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
  });

  it("forms the first ring once all disks are known to be empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty", "cassandra-2": "empty" } });
    assert.equal(outcome.record.forming, "3");
    assert.equal(outcome.way, "form");
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
    assert.match(outcome.said, /waiting: the first 3 members to form the ring/);
  });

  it("joins a ring by streaming, never as a seed of its own", async () => {
    const outcome = await start({ ordinal: 3, record: { ...three, ...formed }, serving: [0, 1, 2] });
    assert.equal(outcome.way, "join");
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-1.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, []);
  });

  it("joins only after every pod of lower ordinal", async () => {
    const outcome = await start({ ordinal: 4, record: { ...three, ...formed }, serving: [0, 1, 2] });
    never(outcome);
    assert.match(outcome.said, /waiting: .*cassandra-3\.cassandra must serve CQL before this pod joins it/);
  });

  it("never forms a second ring while the members of the first are silent", async () => {
    const outcome = await start({ ordinal: 0, record: { ...three, ...formed } });
    never(outcome);
    assert.match(outcome.said, /this disk is empty, though cassandra-0 is a member .* will not form a second ring/);
  });

  it("takes its own place again when its disk is gone", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, ...formed }, serving: [0, 2] });
    assert.equal(outcome.way, "replace");
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
    assert.equal(outcome.way, "restart");
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
    assert.equal(outcome.way, "restart");
    assert.equal(outcome.seeds, "cassandra-0.cassandra");
  });

  it("waits for the API server when its disk is empty", async () => {
    const outcome = await start({ ordinal: 0 });
    never(outcome);
    assert.match(outcome.said, /waiting: the ring record cassandra-ring to be readable/);
  });

  it("takes a disk with rows and no record for a member, not for an empty one", async () => {
    const outcome = await start({ ordinal: 0, record: {}, data: true });
    assert.equal(outcome.way, "restart");
    assert.equal(outcome.record["cassandra-0"], undefined);
  });

  it("goes on with a formation that was cut off", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, "cassandra-1": "empty", forming: "3" }, data: true });
    assert.equal(outcome.way, "form");
    assert.ok(outcome.options.includes("-Dcassandra.start_native_transport=false"));
  });

  it("joins anew, on an emptied disk, where a pod before it moved its rows to the others and left", async () => {
    const outcome = await start({
      ordinal: 3,
      record: { ...three, ...formed, "cassandra-3": "left another-pod" },
      serving: [0, 1, 2],
      data: true,
    });
    assert.equal(outcome.way, "join");
    assert.equal(outcome.data, false, "rows that are no member's any more must not come back");
    assert.equal(outcome.record["cassandra-3"], "empty");
  });

  it("joins anew as well if that pod ended before it could unmark its disk", async () => {
    const record = { ...three, ...formed, "cassandra-3": "left another-pod" };
    const outcome = await start({ ordinal: 3, record, serving: [0, 1, 2], data: true, marker: id(3) });
    assert.equal(outcome.way, "join");
    assert.deepEqual([outcome.data, outcome.files], [false, { "ring-way": "joins" }]);
  });

  it("waits to be deleted when it has left the ring itself, and keeps its disk until then", async () => {
    const record = { ...three, ...formed, "cassandra-3": "left this-pod" };
    const outcome = await start({ ordinal: 3, record, serving: [0, 1, 2], data: true });
    never(outcome);
    assert.equal(outcome.data, true);
    assert.match(outcome.said, /waiting: this pod to be deleted: its member has left the ring/);
  });

  it("starts, whether or not it had left, when its container ended in between", async () => {
    const world = { pod: "cassandra-1", env: { RING_PODS: "ordered" }, record: { ...three, ...formed }, data: true };
    const files = { "ring-member": id(1), "ring-way": "leaving" };
    const outcome = await run("start.sh", [], { ...world, files, serving: ["cassandra-0.cassandra"] });
    assert.equal(outcome.way, "restart");
    assert.deepEqual(outcome.options, ["-Dcassandra.override_decommission=true"]);
  });

  describe("when pulumi up has it leave", () => {
    const leave = (world: Partial<World>) =>
      run("decommission.sh", [], {
        pod: "cassandra-2",
        env: { RING_PODS: "ordered" },
        record: { ...three, ...formed },
        files: { "ring-member": id(2) },
        data: true,
        ...world,
      });

    it("moves its rows first, and then goes on record as this pod's that left", async () => {
      const outcome = await leave({});
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
      assert.deepEqual([outcome.data, outcome.files], [false, {}]);
    });

    it("stays a member when that failed", async () => {
      const outcome = await leave({ nodetool: "echo 'Stream failed'; exit 2" });
      assert.equal(outcome.record["cassandra-2"], member(2));
      assert.deepEqual([outcome.data, outcome.files["ring-member"]], [true, id(2)]);
      assert.match(outcome.said, /could not leave: Stream failed/);
    });
  });

  describe("in racks with a set each", () => {
    const sets = ["cassandra-a", "cassandra-b", "cassandra-c"];
    const inRack = (pod: string, world: Partial<World>) =>
      run("start.sh", [], { pod, env: { RING_PODS: "ordered", RING_SETS: sets.join(" ") }, ...world });
    const ring = { ...formed, ...Object.fromEntries(sets.map((set, i) => [`${set}-0`, member(i)])) };
    const serving = (...pods: string[]) => pods.map((pod) => `${pod}.cassandra`);

    it("form one ring of all, once the disks of all sets are known to be empty", async () => {
      const record = Object.fromEntries(sets.flatMap((set) => [`${set}-0`, `${set}-1`]).map((pod) => [pod, "empty"]));
      const some = await inRack("cassandra-a-0", { replicas: 2, record: { ...record, "cassandra-c-1": "left x" } });
      never(some);
      assert.match(some.said, /waiting: all 6 pods to say that their disks are empty/);
      const first = await inRack("cassandra-a-0", { replicas: 2, record });
      assert.equal(first.record.forming, "6");
      const names = ["a-0", "b-0", "c-0", "a-1", "b-1", "c-1"].map((name) => `cassandra-${name}.cassandra`);
      assert.equal(first.seeds, names.join().replace("cassandra-a-0.cassandra", "10.0.0.99"));
      const last = await inRack("cassandra-c-1", { record: { ...record, forming: "6" } });
      assert.equal(last.way, "form");
      const tokens = (outcome: Outcome) => outcome.options.find((option) => option.includes("initial_token"));
      assert.notEqual(tokens(last), tokens(first));
    });

    it("join in turn over the racks", async () => {
      const all = serving("cassandra-a-0", "cassandra-b-0", "cassandra-c-0");
      assert.equal((await inRack("cassandra-a-1", { record: ring, serving: all })).way, "join");
      const third = await inRack("cassandra-c-1", { record: ring, serving: [...all, ...serving("cassandra-a-1")] });
      never(third);
      assert.match(third.said, /waiting: .*cassandra-b-1\.cassandra must serve CQL before this pod joins it/);
    });

    it("come back with members of all racks as seeds", async () => {
      const outcome = await inRack("cassandra-b-0", { record: ring, data: true, files: { "ring-member": id(1) } });
      assert.equal(outcome.way, "restart");
      assert.equal(outcome.seeds, "cassandra-a-0.cassandra,10.0.0.99,cassandra-c-0.cassandra");
    });
  });

  it("ends on SIGTERM while it waits, or it would use up the grace period of the pod", async () => {
    const names = {
      HOSTNAME: "cassandra-0",
      RING_MEMBER: "cassandra-0",
      RING_NAME: "cassandra",
      RING_SETS: "cassandra",
      RING_RECORD: "record",
    };
    const child = spawn("bash", [path.join(scripts, "start.sh")], {
      env: {
        PATH: process.env.PATH,
        RING_PODS: "ordered",
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
    const world = { pod: "cassandra-1", env: { RING_PODS: "ordered" }, record: three };
    const outcome = await run("stop.sh", [], { ...world, serving: ["10.0.0.99"] });
    assert.deepEqual(outcome.nodetool, ["drain"]);
    assert.deepEqual(outcome.record, three);
    assert.deepEqual((await run("stop.sh", [], world)).nodetool, [], "a pod that waits has nothing to drain");
  });
});
