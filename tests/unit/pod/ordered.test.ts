import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import type { Outcome, World } from "./podWorld";
import { run, scripts } from "./runScript";

/** A pod of a StatefulSet as it starts. */
interface Start extends Pick<World, "record" | "replicas" | "data"> {
  ordinal: number;
  /** Ordinals that serve CQL. */
  serving?: number[];
  /** Host ID in the marker file of the volume. */
  marker?: string;
}

const start = ({ ordinal, serving = [], marker, ...world }: Start) =>
  run("entrypoint.sh", [], {
    ...world,
    pod: `cassandra-${ordinal}`,
    env: { POD_IDENTITY: "ordinal" },
    serving: serving.map((i) => `cassandra-${i}.cassandra`),
    files: marker ? { "ring-member": marker } : {},
  });

const id = (i: number) => `0000000${i}-aaaa-bbbb-cccc-dddddddddddd`;
const member = (i: number) => `${id(i)} 10.0.0.${i}`;
const formed = { formed: "2026-01-01T00:00:00Z" };
const three = { "cassandra-0": member(0), "cassandra-1": member(1), "cassandra-2": member(2) };
const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);

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
    assert.match(outcome.said, /waiting: cassandra-1 must finish its repair: it replaced a lost member/);
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

  it("looks for the others anew where Cassandra has begun with addresses of before, until it has seen each", async () => {
    const addresses = { "cassandra-0.cassandra": "10.0.0.7", "cassandra-1.cassandra": "10.0.0.8" };
    // The first look after that sees one of the two, and the second one the other.
    const nodetool = `looks=$(grep -c reloadseeds "$world/nodetool.log")
      [ "$1" != status ] || printf '%s  %s  1 KiB %s\\n' "$([ $looks -gt 0 ] && echo UN || echo DN)" 10.0.0.7 ${id(0)} \\
        "$([ $looks -gt 1 ] && echo UN || echo DN)" 10.0.0.8 ${id(1)} UN 10.0.0.99 ${id(2)}`;
    const world = {
      pod: "cassandra-2",
      env: { POD_IDENTITY: "ordinal" },
      record: { ...three, ...formed },
      files: { "ring-member": id(2) },
      data: true,
      serving: ["10.0.0.99"],
      gossiping: Object.values(addresses),
      addresses,
      nodetool,
    };
    const outcome = await run("post-start.sh", ["restart"], world);
    const asked = outcome.nodetool.filter((line) => /status|reloadseeds/.test(line));
    assert.deepEqual(asked, ["status", "reloadseeds", "status", "reloadseeds", "status"]);
    assert.match(outcome.said, /does not see these running members: cassandra-0 cassandra-1\./);
    assert.ok(outcome.configuration.includes('      - seeds: "10.0.0.8"'), outcome.configuration.join("\n"));

    // Names that lead to this member itself, as where members have swapped their addresses, are no way to others.
    const own = "10.0.0.99";
    const swapped = { "cassandra-0.cassandra": own, "cassandra-1.cassandra": own };
    const astray = await run("post-start.sh", ["restart"], { ...world, addresses: swapped, gossiping: [own] });
    assert.ok(!astray.nodetool.includes("reloadseeds"), astray.nodetool.join());
    assert.ok(!astray.configuration.some((line) => line.includes(own)), astray.configuration.join("\n"));
    // Nor is one whose name leads to another member seen.
    const led = { ...addresses, "cassandra-1.cassandra": "10.0.0.7" };
    const misled = await run("post-start.sh", ["restart"], { ...world, addresses: led, gossiping: Object.values(led) });
    assert.ok(misled.nodetool.filter((line) => line === "reloadseeds").length > 1, misled.nodetool.join());

    const alone = await run("post-start.sh", ["restart"], { ...world, gossiping: [] });
    assert.deepEqual(
      alone.nodetool.filter((line) => /status|reloadseeds/.test(line)),
      [],
      "who does not run is not asked for",
    );
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

  describe("whose container ended in a decommission", () => {
    const leaving = { "ring-member": id(1), "ring-way": "leaving" };
    const cutOff = (world: Partial<World>) =>
      run("entrypoint.sh", [], {
        pod: "cassandra-1",
        env: { POD_IDENTITY: "ordinal" },
        record: { ...three, ...formed },
        data: true,
        files: leaving,
        serving: ["cassandra-0.cassandra"],
        ...world,
      });

    it("come back on their tokens while the others count them as members", async () => {
      const outcome = await cutOff({});
      assert.equal(outcome.startMode, "restart");
      assert.deepEqual(outcome.options, ["-Dcassandra.auto_bootstrap=false"]);
    });

    it("wait for another member to tell whether they are", async () => {
      const silent = await cutOff({ serving: [] });
      never(silent);
      assert.match(silent.said, /waiting: another member must serve CQL and tell whether this one is in the ring/);
    });

    it("come back when no other member has run for minutes: all may have ended so, and wait for one another", async () => {
      const outcome = await cutOff({ serving: [], waits: 121 });
      assert.equal(outcome.startMode, "restart");
      assert.deepEqual(outcome.options, ["-Dcassandra.auto_bootstrap=false"]);
      never(await cutOff({ serving: [], gossiping: ["cassandra-0.cassandra"], waits: 121 }));
    });

    it("do not come back once the others count them no more, and keep their rows", async () => {
      const outcome = await cutOff({ peers: { [id(2)]: "10.0.0.2" } });
      never(outcome);
      assert.match(outcome.said, /waiting: this disk holds member 00000001-.*, which the other members no longer list/);
      assert.equal(outcome.data, true);
    });

    for (const [what, line] of [
      ["said that it had", "Announcing that I have left the ring for 30000ms"],
      ["says that it is decommissioned", "DECOMMISSIONED"],
      [
        "refuses to start for it",
        "Fatal configuration error ConfigurationException: This node was decommissioned and will not rejoin the ring",
      ],
    ]) {
      it(`have left where Cassandra ${what}, whether or not that could be noted`, async () => {
        const states = `start restart 10.0.0.9\nLEAVING: streaming\n${line}\n`;
        const outcome = await cutOff({ states, files: { "ring-member": id(1) }, peers: {} });
        never(outcome);
        assert.equal(outcome.record["cassandra-1"], "left this-pod");
        assert.equal(outcome.files["ring-way"], "left this-pod");
        assert.match(outcome.said, /waiting: this pod must be deleted: its member has left the ring/);
        assert.equal(outcome.data, true);
      });
    }

    it("are members again where a decommission by hand failed in an earlier life", async () => {
      const states =
        "start restart 10.0.0.9\nLEAVING: x\nstart restart 10.0.0.9\nNode /10.0.0.9:7000 state jump to NORMAL\n";
      const outcome = await cutOff({ states, files: { "ring-member": id(1) }, serving: [] });
      assert.deepEqual([outcome.startMode, outcome.options], ["restart", []]);
    });

    it("give their turn back with the note that could not be written", async () => {
      const record = { ...three, ...formed, moving: "cassandra-1 leaves" };
      const outcome = await cutOff({ record, files: { "ring-way": "left this-pod" } });
      assert.deepEqual(outcome.record, { ...three, ...formed, "cassandra-1": "left this-pod" });
    });
  });

  describe("that were cut off on their way in", () => {
    const enter = (world: Partial<World>) =>
      run("entrypoint.sh", [], {
        pod: "cassandra-2",
        env: { POD_IDENTITY: "ordinal" },
        record: { ...three, ...formed },
        serving: ["cassandra-0.cassandra", "cassandra-1.cassandra"],
        data: true,
        ...world,
      });
    const alone = { "cassandra-0": member(0), "cassandra-1": member(1), ...formed };
    const finished = "start join 10.0.0.9\nJOINING: Starting to bootstrap...\nJOINING: Finish joining ring\n";

    it("join afresh, on an empty disk", async () => {
      const outcome = await enter({ record: alone, files: { "ring-way": "joins" } });
      assert.deepEqual([outcome.startMode, outcome.data], ["bootstrap", false]);
    });

    it("replace afresh, and do not come up as an ordinary member with half of its rows", async () => {
      const outcome = await enter({ files: { "ring-way": "replaces cassandra-2", "ring-repair": "" } });
      assert.deepEqual([outcome.startMode, outcome.data], ["replace", false]);
      assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.2"]);
      assert.ok("ring-repair" in outcome.files, "a repair is owed for this try as well");
    });

    it("come back where Cassandra had come to the end of it, noted or not: their rows may be the only copies", async () => {
      for (const way of ["joins", "replaces cassandra-2"]) {
        const peers = { [id(8)]: "10.0.0.9" };
        const outcome = await enter({ files: { "ring-way": way }, states: finished, peers });
        assert.deepEqual([outcome.startMode, outcome.data], ["restart", true], way);
        assert.equal(outcome.files["ring-way"], "joined");
      }
    });

    it("join afresh where no other member came to know it: nobody has sent them what was written since", async () => {
      const world = { record: alone, files: { "ring-way": "joins" }, states: finished };
      const outcome = await enter({ ...world, peers: {} });
      assert.deepEqual([outcome.startMode, outcome.data], ["bootstrap", false]);
      const another = await enter({ ...world, peers: { [id(1)]: "10.0.0.9" } });
      assert.equal(another.startMode, "bootstrap", "that address is another member's by now");
      const marked = await enter({ ...world, files: { "ring-way": "joins", "ring-member": id(8) }, peers: {} });
      assert.deepEqual(
        [marked.startMode, marked.data],
        ["bootstrap", false],
        "its own note alone makes no member of it",
      );
      const silent = await enter({ ...world, serving: [] });
      never(silent);
      assert.match(silent.said, /waiting: another member must serve CQL and tell whether this one has joined/);
      assert.equal(silent.data, true);
    });

    it("come back where nobody can log in to tell, since they hold the roles themselves", async () => {
      // Of a ring of one, say: the roles were on the one token range that the second member has just taken.
      const complaint =
        "Connection error: AuthenticationFailed: code=0100 [Bad credentials] message=Unable to perform authentication: Cannot achieve " +
        "consistency level LOCAL_QUORUM";
      const world = { record: alone, files: { "ring-way": "joined" }, states: finished, complaint };
      const outcome = await enter(world);
      assert.deepEqual([outcome.startMode, outcome.data], ["restart", true], outcome.said);
      // It may be another one that they miss, or something else that keeps them from letting anybody in.
      for (const other of [
        { ...world, serving: ["cassandra-0.cassandra"] },
        { ...world, complaint: "Bad credentials" },
      ]) {
        const waiting = await enter(other);
        never(waiting);
        assert.match(waiting.said, /another member must serve CQL and tell whether this one has joined/);
      }
    });

    it("join afresh where Cassandra then does not take the disk for a member's", async () => {
      const states = `${finished}start restart 10.0.0.9\nJOINING: Starting to bootstrap...\n`;
      const outcome = await enter({ record: alone, files: { "ring-way": "joined" }, states });
      assert.deepEqual([outcome.startMode, outcome.data], ["bootstrap", false]);
    });

    it("end a process whose join has failed, so that it is tried again", async () => {
      const outcome = await run("post-start.sh", ["bootstrap"], {
        pod: "cassandra-2",
        env: { POD_IDENTITY: "ordinal" },
        record: alone,
        states: "start join 10.0.0.9\nJOINING: Starting to bootstrap...\nJOINING_FAILED\n",
        ends: true,
      });
      assert.match(outcome.said, /the bootstrap failed: it is tried again on an empty disk/);
      assert.equal(outcome.hasEnded, true);
    });
  });

  describe("whose disk is gone", () => {
    const record = { ...three, ...formed };
    const lost = (world: Partial<World>) =>
      run("entrypoint.sh", [], { pod: "cassandra-1", env: { POD_IDENTITY: "ordinal" }, record, ...world });
    const serving = ["cassandra-0.cassandra", "cassandra-2.cassandra"];

    it("take their place under the address by which the others know it now", async () => {
      const outcome = await lost({ serving, peers: { [id(1)]: "10.0.0.41" } });
      assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.41"]);
    });

    it("take turns", async () => {
      const outcome = await lost({ serving, record: { ...record, moving: "cassandra-2 replaces cassandra-2" } });
      never(outcome);
      assert.match(
        outcome.said,
        /waiting: another topology change must end before this pod replaces cassandra-1, whose disk is lost/,
      );
    });

    it("wait until one that took a place before is repaired, as far as it can be without them", async () => {
      const owed = await lost({ serving, record: { ...record, "repair.cassandra-2": "2026-01-01T00:00:00Z" } });
      never(owed);
      assert.match(owed.said, /waiting: cassandra-2 must finish its repair before this pod replaces cassandra-1/);
      const without = "2026-01-01T00:00:00Z without cassandra-1";
      assert.equal(
        (await lost({ serving, record: { ...record, "repair.cassandra-2": without } })).startMode,
        "replace",
      );
    });

    it("join anew where somebody has removed the member by hand meanwhile", async () => {
      const outcome = await lost({ serving, peers: { [id(2)]: "10.0.0.2" } });
      assert.equal(outcome.startMode, "bootstrap");
    });
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

  describe("when pulumi up has it leave", () => {
    const leave = (world: Partial<World>) =>
      run("decommission.sh", [], {
        pod: "cassandra-2",
        env: { POD_IDENTITY: "ordinal" },
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

    it("begins once its own join has ended with the copies of the roles and the note: they would come after it", async () => {
      const { "cassandra-2": own, ...others } = three;
      const joining = { ...others, ...formed, moving: "cassandra-2 joins" };
      const waiting = await leave({ record: joining });
      assert.deepEqual([waiting.nodetool, waiting.record.moving], [[], "cassandra-2 joins"]);
      // One that takes a lost member's place is on record as the one before until then.
      const replacing = await leave({ record: { ...three, ...formed }, files: { "ring-member": id(7) } });
      assert.deepEqual(replacing.nodetool, []);
      const noted = `sed -i /^moving=/d "$world/record"; echo "cassandra-2=${own}" >>"$world/record"`;
      const outcome = await leave({ record: joining, nap: `(( naps != 3 )) || { ${noted}; }` });
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
    });

    it("watches one that somebody has begun by hand, and does not take its end for the end of that", async () => {
      // As Cassandra 5.0 does: a second `nodetool decommission` ends at once and well.
      const states = "start restart 10.0.0.99\nLEAVING: streaming\n";
      const outcome = await leave({ states, nodetool: "exit 0" });
      assert.deepEqual(outcome.nodetool, []);
      assert.equal(outcome.record["cassandra-2"], member(2));
      assert.deepEqual([outcome.data, outcome.files["ring-member"]], [true, id(2)]);
      const nap = '(( naps != 3 )) || echo DECOMMISSIONED >>"$world/data/ring-states"';
      assert.equal((await leave({ states, nap })).record["cassandra-2"], "left this-pod");
    });

    it("goes on with one that failed, and needs no CQL for it", async () => {
      const states = "start restart 10.0.0.99\nLEAVING: streaming\nDECOMMISSION_FAILED\n";
      const secret = { username: "admin", password: "x", known: "x" };
      const outcome = await leave({ states, secret, roles: {} });
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      assert.equal(outcome.record["cassandra-2"], "left this-pod");
    });

    it("has it forget what an earlier life sent, or does not leave at all", async () => {
      const owing = { scratch: { "owes-forgetting": "" }, folders: ["data/shop"] };
      const secret = { username: "admin", password: "x", known: "x" };
      const record = { ...three, ...formed, superuser: "admin", "cassandra-3": member(3) };
      const outcome = await leave({ ...owing, record, secret, roles: { admin: "x" } });
      assert.match(outcome.cqlsh.join(), /DELETE FROM system.transferred_ranges_v2 WHERE .* IN \('shop', 'system'\);/);
      assert.deepEqual(outcome.nodetool, ["decommission --force"]);
      const barred = await leave({ ...owing, record, secret, roles: {} });
      assert.deepEqual([barred.nodetool, barred.record["cassandra-2"]], [[], member(2)]);
    });

    it("does not leave while another one moves its rows", async () => {
      const outcome = await leave({ record: { ...three, ...formed, moving: "cassandra-1 replaces cassandra-1" } });
      assert.deepEqual(outcome.nodetool, []);
      assert.match(
        outcome.said,
        /the decommission failed, cassandra-2 is still a member: another topology change is in progress \(cassandra-1 replaces cassandra-1\)/,
      );
    });

    it("stays a member when that failed", async () => {
      const outcome = await leave({ nodetool: "echo 'Stream failed'; exit 2" });
      assert.equal(outcome.record["cassandra-2"], member(2));
      assert.deepEqual([outcome.data, outcome.files["ring-member"]], [true, id(2)]);
      assert.match(outcome.said, /the decommission failed, cassandra-2 is still a member: Stream failed/);
    });
  });

  describe("in racks with a set each", () => {
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
