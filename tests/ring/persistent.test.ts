import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { Ring, StackOutputs } from "../../lab/src/ring";
import { run } from "../../lab/src/run";
import { isServing, nameOf } from "../stack";
import { ids, RingStack } from "./ringStack";

const minutes = 60_000;
const root = path.join(__dirname, "../..");
const name = "ring";

describe("the persistent ring, as npm start makes it", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let ring: Ring;

  /** `npm start` on the tests' own lab, as a person types it. */
  const start = (...args: string[]) =>
    run("npm", ["start", "--silent", "--", "--name", name, ...args], { cwd: root, timeout: 40 * minutes });

  /** The employees that a pod reads, by their number. */
  async function employees(pod: string): Promise<string[]> {
    const table = await ring.readEmployees(pod);
    return [...table.matchAll(/^ +(\d) \| +(\w+) \| +(\w+) \| +(\d+) \| +(\d+)$/gm)]
      .map((row) => row.slice(1, 6).join(" "))
      .sort();
  }

  before(async () => {
    // What a run before this one left behind, if it was killed.
    await Lab.find(name).down({ delete: true });
    lab = await Lab.up({ name });
  });

  after(async () => {
    await lab?.down({ delete: true });
  });

  it("npm start ends with three members and the employees as each of them reads them", async () => {
    const before = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
    const printed = await start();
    assert.equal(printed.match(/^UN /gm)?.length, 3, printed);
    for (const employee of ["David", "Robin", "Bob"]) {
      assert.equal(
        printed.match(new RegExp(`^ +\\d \\| .*${employee}.*$`, "gm"))?.length,
        3,
        `${employee} through each of three pods:\n${printed}`,
      );
    }
    assert.match(printed, /kubernetes:apps\/v1:StatefulSet\s+cassandra/);
    assert.match(printed, /npm start -- --set replicas=4/);
    assert.equal(execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }), before);

    stack = await RingStack.of(lab, "minikube");
    const outputs = JSON.parse(await stack.pulumi("stack", "output", "--json")) as StackOutputs;
    [ring] = Ring.of((args, input) => lab.kubectl(args, { input }), outputs);
    await stack.writeRows("cassandra-0", 1000);
  });

  it("npm start again changes nothing and ends with the same picture", async () => {
    const before = (await stack.pods()).map(({ metadata }) => metadata.uid);
    const printed = await start();
    assert.match(printed, /^ +\d+ unchanged$/m);
    assert.doesNotMatch(printed, /\d+ (created|updated|replaced|deleted)/);
    assert.equal(printed.match(/^UN /gm)?.length, 3, printed);
    assert.deepEqual(
      (await stack.pods()).map(({ metadata }) => metadata.uid),
      before,
    );
  });

  it("formed as one even ring, seen alike by every member", async () => {
    const views = await Promise.all([0, 1, 2].map((i) => stack.members(`cassandra-${i}`, "rows")));
    for (const view of views) {
      assert.deepEqual(
        view.map(({ state }) => state),
        ["UN", "UN", "UN"],
      );
      assert.deepEqual(
        view.map(({ owns }) => owns),
        ["33.3%", "33.3%", "33.3%"],
      );
    }
    assert.equal(new Set(views.flat().map(({ id }) => id)).size, 3);
  });

  it("keeps the ring record: formed, and host ID and address of each member", async () => {
    const { data } = await stack.get<{ data: Record<string, string> }>("configmap", "cassandra-ring");
    assert.match(data.formed, /^\d{4}-\d\d-\d\dT/);
    const recorded = [0, 1, 2].map((i) => data[`cassandra-${i}`]).sort();
    assert.deepEqual(
      recorded,
      (await stack.members("cassandra-0")).map(({ id, address }) => `${id} ${address}`).sort(),
    );
  });

  it("a deleted pod comes back as itself, with its rows", async () => {
    const before = await stack.members("cassandra-0");
    const [, victim] = await stack.pods();
    await lab.kubectl(["delete", "pod", nameOf(victim)]);
    await stack.serving(3, { gone: [victim.metadata.uid] });
    assert.deepEqual(ids(await stack.oneRing(3)), ids(before));
    await stack.everyPodCounts(1000);
  });

  it("the whole ring killed at once comes back by itself, with its rows", async () => {
    const before = await stack.members("cassandra-0");
    const gone = (await stack.pods()).map(({ metadata }) => metadata.uid);
    await lab.kubectl(["delete", "pods", "-l", "app=cassandra", "--grace-period=0", "--force"]);
    await stack.serving(3, { gone });
    assert.deepEqual(ids(await stack.oneRing(3)), ids(before));
    await stack.everyPodCounts(1000);
    for (const pod of await stack.pods()) assert.equal((await employees(nameOf(pod))).length, 3);
  });

  it("an empty pod whose ring is silent waits and says so; the ring comes back and it takes its place again", async () => {
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=0"]);
    await stack.serving(0);
    await lab.kubectl(["delete", "pvc", "data-cassandra-0"]);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=1"]);
    const waits = /waiting: this disk is empty, though cassandra-0 is a member/;
    for (let i = 0; !waits.test(await stack.log("cassandra-0")); i++) {
      assert.ok(i < 60, `cassandra-0 does not wait: ${await stack.log("cassandra-0")}`);
      await sleep(1000);
    }
    assert.ok(!(await stack.pods()).some(isServing), "a pod that waits must not be ready");
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=3"]);
    await stack.serving(3);
    await stack.oneRing(3);
    for (const pod of await stack.pods()) assert.equal((await employees(nameOf(pod))).length, 3, nameOf(pod));
  });

  it("grows from one member to three while every row at RF 1 stays readable at ONE", async () => {
    await stack.set({ volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await stack.set({ replicas: "1" });
    await stack.up();
    await stack.writeRows("cassandra-0", 1000);
    await stack.set({ replicas: "3" });
    let growing = true;
    const counts: number[] = [];
    const reader = (async () => {
      while (growing) counts.push(await stack.countRows("cassandra-0"));
    })();
    await stack.up().finally(() => (growing = false));
    await reader;
    assert.ok(counts.length > 3, "the reader never got to read");
    assert.deepEqual([...new Set(counts)], [1000]);
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    for (const { owns } of await stack.members("cassandra-0", "rows"))
      assert.ok(parseFloat(owns) > 10, `a member owns ${owns}: it joined without a share`);
  });

  it("npm start -- --set replicas=4 adds a member that streams its share, and is remembered", async () => {
    const before = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
    const printed = await start("--set", "replicas=4");
    assert.equal(printed.match(/^UN /gm)?.length, 4, printed);
    assert.equal((await stack.pulumi("config", "get", "replicas")).trim(), "4");
    await stack.everyPodCounts(1000);
    assert.equal(execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }), before);
  });
});
