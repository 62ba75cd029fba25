import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inRingLab, RingStack } from "../support/ringStack";
import { isServing, nameOf, smallMembers } from "../support/stack";

const minutes = 60_000;
const rows = 1000;

describe("a member whose Cassandra hangs", function () {
  this.timeout(30 * minutes);
  let stack: RingStack;

  inRingLab((made) => ({ stack } = made));

  const signal = (pod: string, name: string) =>
    stack.exec(pod, ["sh", "-c", `kill -${name} $(cat /tmp/cassandra.pid)`]);
  const hasHung = async (pod: string) => (await stack.log(pod)).includes("it hangs, and is restarted");
  /** What a member's pod hears from its Cassandra at the port of members. */
  const answers = async (pod: string): Promise<boolean> => {
    const program =
      "import os, sys; sys.path.insert(0, '/ring'); import port_answers as p; print(p.answers_internode(os.environ['POD_IP']))";
    return (await stack.exec(pod, ["python3", "-B", "-c", program])).trim() === "True";
  };

  it("@all is left alone while it stands still for minutes, as in a long collection", async () => {
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", replicas: 3 });
    await stack.up();
    await stack.writeRows("cassandra-0", rows, 3);
    await signal("cassandra-1", "STOP");
    await sleep(4 * minutes);
    assert.equal(await answers("cassandra-1"), false);
    await signal("cassandra-1", "CONT");
    await stack.oneRing(3);
    assert.equal(await stack.restarts("cassandra-1"), 0);
    await stack.everyPodCounts(rows);
  });

  it("@all is left alone while its disk is busy, and answers all the time", async () => {
    const fill =
      "for i in 1 2 3 4; do (end=$(($(date +%s) + 45)); while [ $(date +%s) -lt $end ]; do dd if=/dev/zero of=/var/lib/cassandra/fill.$i bs=1M count=256 oflag=dsync; done) & done; wait; rm /var/lib/cassandra/fill.*";
    let isOver = false;
    const filling = stack.exec("cassandra-1", ["bash", "-c", fill]).finally(() => (isOver = true));
    const heard: boolean[] = [];
    for (; !isOver; await sleep(2000)) heard.push(await answers("cassandra-1"));
    await filling;
    assert.ok(heard.length > 5);
    assert.ok(heard.every(Boolean), heard.join());
    assert.equal(await stack.restarts("cassandra-1"), 0);
  });

  it("@all is restarted after ten minutes without an answer, and no row is lost", async () => {
    await signal("cassandra-1", "STOP");
    const began = Date.now();
    while (!(await hasHung("cassandra-1").catch(() => true)) && (await stack.restarts("cassandra-1")) === 0) {
      assert.ok(Date.now() - began < 13 * minutes, await stack.log("cassandra-1"));
      await sleep(5000);
    }
    assert.ok(Date.now() - began > 9 * minutes, "it was not waited for long enough");
    await stack.restarted("cassandra-1", 1);
    assert.ok((await stack.pods()).every(isServing), (await stack.pods()).map(nameOf).join());
    await stack.oneRing(3);
    await stack.everyPodCounts(rows);
  });
});
