import * as assert from "node:assert/strict";
import { allAreRepaired, type World } from "./podWorld";
import { run } from "./runScript";
import { id, member, formed, three, never } from "./statefulSetRing";

describe("pods with ordinals", function () {
  this.timeout(60_000);

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

    it("join anew where somebody has removed the member by hand meanwhile, once all others are repaired", async () => {
      const removed = { serving, peers: { [id(2)]: "10.0.0.2" } };
      const owed = await lost(removed);
      never(owed);
      assert.deepEqual(
        Object.keys(owed.record).filter((key) => key.startsWith("repair.")),
        ["repair.cassandra-0", "repair.cassandra-2"],
      );
      assert.match(owed.said, /waiting: cassandra-0 must finish its repair/);
      assert.equal((await lost({ ...removed, meanwhile: allAreRepaired })).startMode, "bootstrap");
    });
  });
});
