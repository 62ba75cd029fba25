import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { Lab } from "../../lab/src/lab";
import { run } from "../../lab/src/run";
import { inLab } from "../support/stack";
import { RingStack } from "../support/ringStack";

const minutes = 60_000;
const root = path.join(__dirname, "../..");
const name = "ring";

describe("the persistent ring, as npm start makes it", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;

  /** `npm start` on the tests' own lab, as a person types it. */
  const start = (...args: string[]) =>
    run("npm", ["start", "--silent", "--", "--name", name, ...args], { cwd: root, timeout: 40 * minutes });

  inLab({ name }, (made) => {
    lab = made;
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

  it("tells names that pods resolve, and a driver's port and data centre", async () => {
    const { persistent } = JSON.parse(await stack.pulumi("stack", "output", "--json", "usage")) as {
      persistent: { contactPoints: string[]; port: number; localDatacenter: string };
    };
    const { contactPoints, port, localDatacenter } = persistent;
    assert.equal(contactPoints.length, 3);
    for (const host of contactPoints) {
      const address = (await stack.pods()).find(({ metadata }) => host.startsWith(metadata.name))!.status.podIP!;
      assert.equal((await stack.exec("cassandra-0", ["getent", "hosts", host])).split(/\s+/)[0], address);
    }
    assert.deepEqual([port, localDatacenter], [9042, "DC1-K8Demo"]);
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

  it("lets pods of its namespace reach CQL, other pods nothing, and members each other", async () => {
    await lab.kubectl(["create", "namespace", "elsewhere"]);
    await stack.bystander("neighbour");
    await stack.bystander("outsider", "--namespace=elsewhere");
    const [member, other] = await stack.pods();
    const ports = [7000, 7199, 9042];
    assert.deepEqual(await stack.reachable("neighbour", member, ports), [9042]);
    assert.deepEqual(await stack.reachable("elsewhere/outsider", member, ports), []);
    assert.deepEqual(await stack.reachable(other.metadata.name, member, ports), [7000, 9042]);
    await lab.kubectl(["delete", "pod", "neighbour", "--now"]);
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

  it("@all npm start -- --set replicas=4 adds a member that streams its share, and is remembered", async () => {
    const before = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
    const printed = await start("--set", "replicas=4");
    assert.equal(printed.match(/^UN /gm)?.length, 4, printed);
    assert.equal((await stack.pulumi("config", "get", "replicas")).trim(), "4");
    await stack.everyPodCounts(1000);
    assert.equal(execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }), before);
  });
});
