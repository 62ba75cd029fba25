import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { nameOf, Pod, smallMembers } from "../support/stack";
import { ids, inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;
const rows = 3000;

describe("a ring whose pods get each other's addresses", function () {
  this.timeout(20 * minutes);
  let lab: Lab;
  let stack: RingStack;
  inRingLab((made) => ({ lab, stack } = made), { nodes: 1 });

  const find = async (name: string) => (await stack.pods()).find((one) => nameOf(one) === name);
  const patch = (name: string, finalizers: string[] | null) =>
    lab.kubectl(["patch", "pod", name, "--type=merge", "-p", JSON.stringify({ metadata: { finalizers } })]);

  async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    for (let i = 0; i < 120; i++, await sleep(1000)) {
      const seen = await look();
      if (seen) return seen;
    }
    throw new Error(`waited in vain for ${what}`);
  }

  /** Deletes both pods, and has the one that follows each get the address of the other one. */
  async function swap(one: Pod, other: Pod): Promise<void> {
    const both = [one, other];
    const addressOf = ({ status }: Pod) => status.podIP!;
    // The pods stay, without containers and addresses, until the addresses are free.
    for (const pod of both) await patch(nameOf(pod), ["example.com/stays"]);
    await lab.kubectl(["delete", "pod", ...both.map(nameOf), "--wait=false"]);
    await until(async () => {
      const held = await lab.faults.podAddresses("node1");
      return both.every((pod) => !held.includes(addressOf(pod)));
    }, "the addresses to be free");
    for (const [pod, before] of [
      [one, other],
      [other, one],
    ]) {
      await lab.faults.nextPodAddress("node1", addressOf(before));
      await patch(nameOf(pod), null);
      const address = await until(
        async () => {
          const next = await find(nameOf(pod));
          return next?.metadata.uid === pod.metadata.uid ? undefined : next?.status.podIP;
        },
        `another pod ${nameOf(pod)}`,
      );
      assert.equal(address, addressOf(before));
    }
  }

  it("@all has each member back as who it was, with every row at one copy, after `pulumi up`", async () => {
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", replicas: 3 });
    await stack.up();
    const before = ids(await stack.oneRing(3));
    await stack.writeRows("cassandra-0", rows);
    const [, one, other] = await stack.serving(3);
    await swap(one, other);
    await stack.says("cassandra-1", /cassandra-2 must come back at another address: the ring knows it by/, 120);
    await stack.says("cassandra-2", /cassandra-1 must come back at another address: the ring knows it by/, 120);

    await stack.up();
    assert.deepEqual(ids(await stack.oneRing(3)), before);
    await stack.serving(3);
    await stack.everyPodCounts(rows);
    await stack.up("--expect-no-changes");
  });
});
