import * as assert from "node:assert/strict";
import type { Outcome, World } from "./podWorld";
import { run } from "./runScript";

/** A pod without ordinal as it starts: pod `b` of `a`, `b` and `c`, whose addresses end in 1, 2 and 3. */
const start = (world: Partial<World>) =>
  run("entrypoint.sh", [], {
    pod: "b",
    env: { POD_IDENTITY: "none", RING_DISK: "pod" },
    view: pods("a", "b", "c"),
    record: {},
    ...world,
  });

const address = (name: string) => `10.0.0.${name.charCodeAt(0) - 96}`;
const pods = (...names: string[]) => [...names.map((name) => `pod ${name} ${address(name)} here`), ...asked(3)];
const asked = (replicas: number, self = "here", successor = "yes") => [
  `replicas ${replicas}`,
  `self ${self}`,
  `successor ${successor}`,
];
const idOf = (name: string) => `0000000${name.charCodeAt(0) - 96}-aaaa-bbbb-cccc-dddddddddddd`;
const member = (name: string) => `${idOf(name)} ${address(name)}`;
const members = (...names: string[]) => Object.fromEntries(names.map((name) => [name, member(name)]));
const formed = { formed: "2026-01-01T00:00:00Z" };
const all = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const ofNode = { POD_IDENTITY: "none", RING_DISK: "node" };
const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);

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
    const outcome = await start({ record: undefined, data: true, files: { "ring-member": idOf("b") } });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.seeds, "10.0.0.77");
  });

  it("waits for the API server when its disk is empty", async () => {
    const outcome = await start({ record: undefined });
    never(outcome);
    assert.match(outcome.said, /waiting: ConfigMap cassandra-ring \(the ring record\) must be readable/);
  });
});

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
    const outcome = await stop({ record: { ...ring, d: member("d") } });
    assert.deepEqual(outcome.nodetool, [`removenode ${member("d").split(" ")[0]}`, "decommission --force"]);
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

  it("does not end where its disk holds a member that is not on record yet, since it ended a moment after it had joined", async () => {
    const record = { ...members("a"), ...formed, moving: "b joins" };
    const outcome = await stop({ record, serving: ["10.0.0.1"] });
    assert.match(outcome.said, /waiting: this member must serve CQL before it can decommission/);
    const started = await stop({ record: { ...members("a"), ...formed } });
    assert.match(started.said, /waiting: the ring record must list this member before it can decommission/);
    assert.deepEqual(started.nodetool, []);
  });

  it("starts Cassandra anew where it has flushed to come back, and is to go for good by now", async () => {
    const drained = { states: "start restart 10.0.0.99\nDRAINED\n", gossiping: ["10.0.0.1"], ends: true };
    const outcome = await stop(drained);
    assert.ok(outcome.hasEnded);
    assert.match(outcome.said, /Cassandra must restart: it was drained/);
    const coming = await stop({ ...drained, view: going(...asked(3, "here")) });
    assert.ok(!coming.hasEnded);
  });

  it("starts Cassandra anew where it has ended before its rows were handed over, as no container of a pod that goes is started again", async () => {
    const outcome = await start({
      record: ring,
      view: going(),
      serving: all,
      data: true,
      files: { "ring-member": idOf("b") },
      cassandra:
        'echo >>"$world/starts"; [ $(wc -l <"$world/starts") -lt 2 ] || echo "replicas 0" >>"$world/view"; exit 7',
    });
    assert.equal(outcome.said.match(/restart: this disk holds member/g)?.length, 2);
    assert.match(outcome.said, /Cassandra ended \(exit code 7\) before this member had left the ring/);
    assert.equal(outcome.code, 7);
  });

  it("leaves it to Kubernetes to start a container again whose pod stays", async () => {
    const outcome = await start({
      record: ring,
      serving: all,
      data: true,
      files: { "ring-member": idOf("b") },
      cassandra: "exit 7",
    });
    assert.equal(outcome.said.match(/restart: this disk holds member/g)?.length, 1);
    assert.equal(outcome.code, 7);
  });
});

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
      nodetool: `echo "ID : ${id}"`,
      ...world,
    });

  it("with their host ID, and give their turn back", async () => {
    const outcome = await register("bootstrap", {});
    assert.deepEqual(outcome.record, { ...members("a"), ...formed, b: `${id} 10.0.0.99` });
    assert.equal(outcome.files["ring-member"], id);
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

  it("and are compared as well where the debt comes while they run", async () => {
    const record = { ...members("a"), ...formed, b: `${id} 10.0.0.99` };
    const nap = `grep -q "^repair.b=" "$world/record" || [ -e "$world/owed" ] || { touch "$world/owed"; echo "repair.b=now" >>"$world/record"; }`;
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
      assert.deepEqual(
        removed,
        ["a", "d"].map((name) => `removenode ${member(name).split(" ")[0]}`),
      );
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

describe("remove-node.sh", function () {
  this.timeout(60_000);
  const forget = (node: string, view: string[]) =>
    run("remove-node.sh", [node], { pod: "a", env: ofNode, view, record: { ...members("a", "d"), ...formed } });

  it("takes the member of a lost node out of the ring", async () => {
    const outcome = await forget("d", pods("a"));
    assert.deepEqual(outcome.nodetool, [`removenode ${member("d").split(" ")[0]}`]);
    assert.deepEqual(outcome.record, { ...members("a"), ...formed });
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
