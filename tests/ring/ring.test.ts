import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { Lab } from "../../lab/src/lab";
import { duration } from "../../lab/src/progress";
import { Ring, StackOutputs } from "../../lab/src/ring";
import { run } from "../../lab/src/run";
import { Stack } from "../stack";

const minutes = 60_000;
const root = path.join(__dirname, "../..");
const name = "ring";

interface Pod {
  metadata: { name: string; uid: string };
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
}

describe("the ring: real pods, real Cassandra", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: Stack;
  let ring: Ring;

  /** `npm start` on the tests' own lab, as a person types it. */
  const start = (...args: string[]) =>
    run("npm", ["start", "--silent", "--", "--name", name, ...args], { cwd: root, timeout: 40 * minutes });

  /** State, address and host ID of each member, from `nodetool status` of one pod. */
  async function status(pod = "cassandra-0"): Promise<{ state: string; address: string; id: string; owns: string }[]> {
    const lines = (await ring.nodetool(pod, "status", "--", "rows"))
      .split("\n")
      .filter((line) => /^[UD][NLJM] /.test(line));
    return lines.map((line) => {
      const [state, address, , , , owns, id] = line.split(/\s+/);
      return { state, address, id, owns };
    });
  }

  /** The employees that a pod reads, by their number. */
  async function employees(pod: string): Promise<string[]> {
    const table = await ring.readEmployees(pod);
    return [...table.matchAll(/^ +(\d) \| +(\w+) \| +(\w+) \| +(\d+) \| +(\d+)$/gm)]
      .map((row) => row.slice(1, 6).join(" "))
      .sort();
  }

  /** Makes a table with one copy of each row, and writes `count` rows into it. */
  async function writeRows(count: number): Promise<void> {
    const rows = Array.from(
      { length: count },
      (_, i) => `INSERT INTO rows.single (id, text) VALUES (${i}, 'row ${i}');`,
    );
    await ring.cql(
      "cassandra-0",
      [
        "CREATE KEYSPACE rows WITH replication = {'class': 'NetworkTopologyStrategy', 'DC1-K8Demo': 1};",
        "CREATE TABLE rows.single (id int PRIMARY KEY, text text);",
        ...rows,
      ].join("\n"),
    );
  }

  /** How many rows one pod counts at consistency ONE. */
  async function countRows(pod: string): Promise<number> {
    const printed = await ring.cql(pod, "CONSISTENCY ONE; SELECT count(*) FROM rows.single;");
    return Number(/^ +(\d+)$/m.exec(printed)?.[1]);
  }

  const pods = async () => (await stack.get<{ items: Pod[] }>("pods", "-l", "app=cassandra")).items;

  const isReady = ({ status }: Pod) =>
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");

  /** Waits until that many pods are Ready, none of them one of `gone`. */
  async function ready(count: number, gone: string[] = []): Promise<Pod[]> {
    const began = Date.now();
    for (;;) {
      const all = await pods();
      if (all.length === count && all.every((pod) => isReady(pod) && !gone.includes(pod.metadata.uid))) return all;
      if (Date.now() - began > 6 * minutes) {
        const logs = await Promise.all(all.map((pod) => lab.kubectl(["logs", pod.metadata.name, "--tail=20"])));
        throw new Error(
          `after ${duration(Date.now() - began)}:\n${await lab.kubectl(["get", "pods", "-o", "wide"])}\n${logs.join("\n---\n")}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }

  /** Waits until every member sees every other one up: a row with one copy is readable once its owner is seen. */
  async function settled(count: number): Promise<void> {
    for (let i = 0; ; i++) {
      const views = await Promise.all((await pods()).map(({ metadata }) => status(metadata.name)));
      if (views.every((view) => view.length === count && view.every(({ state }) => state === "UN"))) return;
      assert.ok(i < 60, `the members do not see each other: ${JSON.stringify(views)}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** Asserts that the ring of three has the members that it had before, each of them UN. */
  async function sameMembers(before: { id: string }[]): Promise<void> {
    const after = await status();
    assert.deepEqual(after.map(({ id }) => id).sort(), before.map(({ id }) => id).sort());
    assert.deepEqual(
      after.map(({ state }) => state),
      ["UN", "UN", "UN"],
    );
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

    stack = await Stack.of(lab, "minikube");
    const outputs = JSON.parse(await stack.pulumi("stack", "output", "--json")) as StackOutputs;
    [ring] = Ring.of((args, input) => lab.kubectl(args, { input }), outputs);
    await writeRows(1000);
  });

  it("npm start again changes nothing and ends with the same picture", async () => {
    const before = (await pods()).map(({ metadata }) => metadata.uid);
    const printed = await start();
    assert.match(printed, /^ +\d+ unchanged$/m);
    assert.doesNotMatch(printed, /\d+ (created|updated|replaced|deleted)/);
    assert.equal(printed.match(/^UN /gm)?.length, 3, printed);
    assert.deepEqual(
      (await pods()).map(({ metadata }) => metadata.uid),
      before,
    );
  });

  it("formed as one even ring, seen alike by every member", async () => {
    const views = await Promise.all([0, 1, 2].map((i) => status(`cassandra-${i}`)));
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
    assert.deepEqual(recorded, (await status()).map(({ id, address }) => `${id} ${address}`).sort());
  });

  it("a deleted pod comes back as itself, with its rows", async () => {
    const before = await status();
    const [, victim] = await pods();
    await lab.kubectl(["delete", "pod", victim.metadata.name]);
    await ready(3, [victim.metadata.uid]);
    await settled(3);
    await sameMembers(before);
    for (const pod of await pods()) assert.equal(await countRows(pod.metadata.name), 1000, pod.metadata.name);
  });

  it("the whole ring killed at once comes back by itself, with its rows", async () => {
    const before = await status();
    const victims = (await pods()).map(({ metadata }) => metadata.uid);
    await lab.kubectl(["delete", "pods", "-l", "app=cassandra", "--grace-period=0", "--force"]);
    await ready(3, victims);
    await settled(3);
    await sameMembers(before);
    for (const pod of await pods()) {
      assert.equal(await countRows(pod.metadata.name), 1000, pod.metadata.name);
      assert.equal((await employees(pod.metadata.name)).length, 3);
    }
  });

  it("an empty pod whose ring is silent waits and says so; the ring comes back and it takes its place again", async () => {
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=0"]);
    await ready(0);
    await lab.kubectl(["delete", "pvc", "data-cassandra-0"]);
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=1"]);
    for (
      let i = 0;
      !/waiting: this disk is empty, though cassandra-0 is a member/.test(await log("cassandra-0"));
      i++
    ) {
      assert.ok(i < 60, `cassandra-0 does not wait: ${await log("cassandra-0")}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.ok(!(await pods()).some(isReady), "a pod that waits must not be ready");
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=3"]);
    await ready(3);
    await settled(3);
    assert.deepEqual(
      (await status()).map(({ state }) => state),
      ["UN", "UN", "UN"],
    );
    for (const pod of await pods()) assert.equal((await employees(pod.metadata.name)).length, 3, pod.metadata.name);
  });

  const log = (pod: string) => lab.kubectl(["logs", pod]).catch(() => "");

  it("grows from one member to three while every row at RF 1 stays readable at ONE", async () => {
    await stack.set({ volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await stack.set({ replicas: "1" });
    await stack.up();
    await writeRows(1000);
    await stack.set({ replicas: "3" });
    let growing = true;
    const counts: number[] = [];
    const reader = (async () => {
      while (growing) counts.push(await countRows("cassandra-0"));
    })();
    await stack.up().finally(() => (growing = false));
    await reader;
    assert.ok(counts.length > 3, "the reader never got to read");
    assert.deepEqual([...new Set(counts)], [1000]);
    assert.deepEqual(
      (await status()).map(({ state }) => state),
      ["UN", "UN", "UN"],
    );
    for (const pod of await pods()) assert.equal(await countRows(pod.metadata.name), 1000, pod.metadata.name);
    for (const { owns } of await status())
      assert.ok(parseFloat(owns) > 10, `a member owns ${owns}: it joined without a share`);
  });

  it("npm start -- --set replicas=4 adds a member that streams its share, and is remembered", async () => {
    const before = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
    const printed = await start("--set", "replicas=4");
    assert.equal(printed.match(/^UN /gm)?.length, 4, printed);
    assert.equal((await stack.pulumi("config", "get", "replicas")).trim(), "4");
    for (const pod of await pods()) assert.equal(await countRows(pod.metadata.name), 1000, pod.metadata.name);
    assert.equal(execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }), before);
  });
});
