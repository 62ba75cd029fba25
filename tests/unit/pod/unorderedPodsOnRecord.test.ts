import * as assert from "node:assert/strict";
import { noKeyspaceOfUsers, type World } from "./podWorld";
import { run } from "./runScript";
import { asked, member, members, formed } from "./unorderedRing";

describe("pods without ordinal: how they go on record", function () {
  this.timeout(60_000);
  const id = "99999999-aaaa-bbbb-cccc-dddddddddddd";
  const register = (startMode: string, world: Partial<World>) =>
    run("post-start.sh", [startMode], {
      pod: "b",
      env: { POD_IDENTITY: "none", RING_DISK: "node" },
      view: ["pod a 10.0.0.1 here", "pod b 10.0.0.99 here", ...asked(2)],
      record: { ...members("a"), ...formed, moving: "b joins" },
      serving: ["10.0.0.99", "10.0.0.1"],
      nodetool: `[ "$1" != describecluster ] || { ${noKeyspaceOfUsers}; exit; }; echo "ID : ${id}"`,
      ...world,
    });

  it("with their host ID, and give their turn back", async () => {
    const outcome = await register("bootstrap", {});
    assert.deepEqual(outcome.record, { ...members("a"), ...formed, b: `${id} 10.0.0.99` });
    assert.equal(outcome.files["ring-member"], id);
  });

  it("as repaired no later than the others, from which they have streamed", async () => {
    const repaired = { "repaired.a": "2026-02-01T00:00:00Z" };
    const { record } = await register("bootstrap", {
      record: { ...members("a"), ...formed, ...repaired, moving: "b joins" },
    });
    assert.equal(record["repaired.b"], repaired["repaired.a"]);
    assert.equal(record.cleanup, undefined, "such pods clean up by themselves");
  });

  it("in the place of the member that they replace", async () => {
    const record = { ...members("a", "d"), ...formed, moving: "b replaces d" };
    assert.deepEqual((await register("replace", { record })).record, {
      ...members("a"),
      ...formed,
      b: `${id} 10.0.0.99`,
    });
  });

  it("and are compared with the other copies where they took a member's place, until that has worked", async () => {
    const record = { ...members("a", "d"), ...formed, moving: "b replaces d" };
    const nodetool = (repair: string) => `case $1 in info) echo "ID : ${id}" ;; repair) ${repair} ;; esac`;
    const owed = { record, files: { "ring-repair": "" } };
    const failing = await register("replace", { ...owed, nodetool: nodetool("exit 1") });
    assert.ok(failing.nodetool.filter((line) => line === "repair --full").length > 1, "it is tried again");
    assert.ok("ring-repair" in failing.files);
    const mended = await register("restart", { ...owed, nodetool: nodetool(":") });
    assert.equal(mended.nodetool.filter((line) => line === "repair --full").length, 1);
    assert.ok(!("ring-repair" in mended.files));
    assert.ok(!(await register("bootstrap", {})).nodetool.includes("repair --full"));
  });

  it("and are repaired where they joined a ring with fewer members than a user's keyspace has replicas", async () => {
    const repairs = async (copies: number, keyspace = "rows") => {
      const nodetool = `case $1 in
        info) echo "ID : ${id}" ;;
        status) printf 'UN  10.0.0.1  x\nDN  10.0.0.2  x\nUJ  10.0.0.3  x\nUN  10.0.0.99  x\n' ;;
        describecluster) printf '\t%s -> Replication class: SimpleStrategy {replication_factor=%s}\n' ${keyspace} ${copies}
          printf '\tsystem_distributed -> Replication class: SimpleStrategy {replication_factor=9}\n' ;;
      esac`;
      const outcome = await register("bootstrap", { nodetool });
      assert.equal(outcome.record["repair.b"], undefined, "the debt is paid");
      return outcome.nodetool.filter((line) => line === "repair --full").length;
    };
    // Three members are NORMAL, this one among them.
    assert.deepEqual([await repairs(2), await repairs(3), await repairs(4)], [0, 1, 1]);
    assert.equal(await repairs(3, "system_traces"), 0);
  });

  it("and ask again for the keyspaces of a ring that gives no answer: it may have fewer members than replicas", async () => {
    const keyspace = "printf '\\trows -> Replication class: SimpleStrategy {replication_factor=3}\\n'";
    const nodetool = `case $1 in
      info) echo "ID : ${id}" ;;
      status) [ -e "$world/asked-status" ] && echo 'UN  10.0.0.99  x' || { touch "$world/asked-status"; exit 1; } ;;
      describecluster) [ -e "$world/asked-keyspaces" ] && ${keyspace} || { touch "$world/asked-keyspaces"; exit 1; } ;;
    esac`;
    const outcome = await register("bootstrap", { nodetool });
    const asked = outcome.nodetool.filter((line) => /describecluster|status|repair/.test(line));
    assert.deepEqual(asked.slice(0, 5), ["describecluster", "describecluster", "status", "status", "repair --full"]);
  });

  it("and are compared as well where the debt comes while they run", async () => {
    const record = { ...members("a"), ...formed, b: `${id} 10.0.0.99` };
    const nap = `grep -q "^repair.b=" "$world/record" || ! mkdir "$world/owed" 2>/dev/null || echo "repair.b=now" >>"$world/record"`;
    const outcome = await register("restart", { record, files: { "ring-member": id }, nap });
    assert.deepEqual(
      outcome.nodetool.filter((line) => line === "repair --full"),
      ["repair --full"],
    );
    assert.equal(outcome.record["repair.b"], undefined);
  });

  it("all at once when the first ring has formed, and open CQL only then", async () => {
    const nodetool = `[ "$1" != status ] || { echo "UN  10.0.0.1  1 KiB ${member("a")}"; echo "UN  10.0.0.99 1 KiB ${id}"; }`;
    const outcome = await register("bootstrap_ring", {
      folders: ["data/system_auth/roles-1"],
      record: { a: "empty", b: "empty", forming: "a b" },
      files: { "ring-way": "forming a b" },
      nodetool,
    });
    assert.match(outcome.record.formed, /^\d{4}-/);
    assert.equal(outcome.record.forming, undefined);
    assert.equal(outcome.record.a, member("a"));
    assert.equal(outcome.record.b, `${id} 10.0.0.99`);
    assert.deepEqual(outcome.nodetool, ["status", "enablebinary"]);
  });

  describe("and then look after the ring", () => {
    const watch = (world: Partial<World>) =>
      register("restart", {
        env: { POD_IDENTITY: "none", RING_DISK: "pod" },
        files: { "ring-member": id },
        record: { ...members("a", "d"), ...formed, b: `${id} 10.0.0.99` },
        view: ["pod b 10.0.0.99 here", "pod c 10.0.0.3 here", ...asked(2)],
        ...world,
      });

    it("take members out that are gone and that no new pod replaces", async () => {
      const view = ["pod b 10.0.0.99 here", ...asked(1)];
      const outcome = await watch({ view });
      const removed = [...new Set(outcome.nodetool)].sort();
      assert.deepEqual(removed, [
        ...["a", "d"].map((name) => `removenode ${member(name).split(" ")[0]}`),
        "repair --full",
      ]);
      assert.deepEqual(outcome.record, { ...formed, b: `${id} 10.0.0.99` });
    });

    it("leave that to a new pod while there is one", async () => {
      assert.deepEqual((await watch({})).nodetool, []);
    });

    it("give the turn back that they took for it, though no answer told them so", async () => {
      const record = { ...members("a", "d"), ...formed, b: `${id} 10.0.0.99`, moving: "b takes out a d" };
      const outcome = await watch({ record });
      assert.deepEqual(outcome.nodetool, []);
      assert.equal(outcome.record.moving, undefined);
    });

    it("leave that to the first of several members", async () => {
      const record = { ...members("a", "d"), ...formed, b: `${id} 10.0.0.99` };
      const view = ["pod a 10.0.0.1 here", "pod b 10.0.0.99 here", ...asked(2)];
      assert.deepEqual((await watch({ record, view })).nodetool, []);
    });
  });
});
