import * as assert from "node:assert/strict";
import { isIP } from "node:net";
import type { IpFamily } from "../../lab/src/addresses";
import { Lab } from "../../lab/src/lab";
import { ids, inRingLab, RingStack } from "../support/ringStack";
import { nameOf, Pod, smallMembers } from "../support/stack";

const minutes = 60_000;
const rows = 1000;
/** Pods with a label, and the lab's network, from which the tests' own requests come, in both families. */
const clientsFrom = [{ podLabels: { role: "client" } }, { cidr: "10.99.0.0/16" }, { cidr: "fdca:5500:99::/48" }];
const persistent = { ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", clientsFrom };
const addressOf = ({ status }: Pod) => status.podIP!;

describe("rings on a cluster that has IPv6 alone", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  inRingLab((made) => ({ lab, stack } = made), { ipFamilies: ["IPv6"] });

  const scaleTo = async (replicas: number) => {
    stack.configure({ ...persistent, replicas });
    await stack.up();
    await stack.oneRing(replicas);
    await stack.everyPodCounts(rows);
  };
  const record = async () => (await stack.get<{ data: Record<string, string> }>("configmap", "cassandra-ring")).data;

  it("@all forms, and serves rows of three copies under addresses of IPv6", async () => {
    stack.configure({ ...persistent, replicas: 3 });
    await stack.up();
    const members = await stack.oneRing(3);
    const pods = await stack.serving(3);
    for (const pod of pods) assert.equal(isIP(addressOf(pod)), 6);
    for (const pod of pods) assert.ok((await record())[nameOf(pod)].endsWith(` ${addressOf(pod)}`));
    assert.ok(
      members.every(({ address }) => isIP(address) === 6 && !pods.map(addressOf).includes(address)),
      "two forms",
    );
    await stack.writeRows("cassandra-0", rows, 3);
    await stack.everyPodCounts(rows);
    await stack.up("--expect-no-changes");
  });

  it("@all lets in the clients that its NetworkPolicy names, by the Service's address and by its name, and nobody else", async () => {
    await lab.kubectl(["create", "namespace", "elsewhere"]);
    await stack.bystander("client", "--namespace=elsewhere", "--labels=role=client");
    await stack.bystander("client", "--labels=role=client");
    await stack.bystander("stranger");
    const [first, second] = await stack.serving(3);
    for (const [from, open] of [
      ["client", [9042]],
      ["stranger", []],
      ["elsewhere/client", []],
    ] as const)
      assert.deepEqual(await stack.reachable(from, first, [9042, 7000, 7199]), open, from);
    assert.deepEqual(await stack.reachable("cassandra-0", second, [9042, 7000, 7199]), [9042, 7000]);
    const address = await lab.kubectl(["get", "service", "cassandra-client", "-o", "jsonpath={.spec.clusterIP}"]);
    for (const host of [address, "cassandra.default.svc"]) {
      const said = await stack.exec("cassandra-0", ["/ring/cqlsh.sh", host, "-e", "SHOW HOST"]);
      assert.ok(said.includes(`at ${host}:9042`), said);
    }
  });

  it("@all takes a member whose pod was deleted back at another address", async () => {
    const [before, pod] = [ids(await stack.oneRing(3)), (await stack.serving(3))[1]];
    await lab.kubectl(["delete", "pod", nameOf(pod)]);
    const back = (await stack.serving(3, { gone: [pod.metadata.uid] }))[1];
    assert.notEqual(addressOf(back), addressOf(pod));
    assert.deepEqual(ids(await stack.oneRing(3)), before);
    await stack.says(nameOf(pod), /is in the ring, at /, 60);
    assert.ok((await record())[nameOf(pod)].endsWith(` ${addressOf(back)}`));
    await stack.everyPodCounts(rows);
  });

  it("@all grows and shrinks with rows of one copy, and refuses fewer members than a row has copies", async () => {
    await stack.writeRows("cassandra-0", rows);
    await scaleTo(4);
    const replication = `{'class': 'NetworkTopologyStrategy', '${smallMembers.datacenter}': 3}`;
    await stack.cql("cassandra-0", `CREATE KEYSPACE copied WITH replication = ${replication};`);
    stack.configure({ ...persistent, replicas: 3 });
    assert.match(await stack.pulumi("preview"), /replicas 4 -> 3: cassandra-3 will be decommissioned/);
    await scaleTo(3);
    assert.match((await record())["cassandra-3"], /^left /);
    stack.configure({ ...persistent, replicas: 2 });
    assert.match(
      await stack.refused("preview"),
      /cassandra:replicas: 2 is not allowed .*\n.*keyspace copied has replication factor 3, which needs at least 3 members/,
    );
    stack.configure({ ...persistent, replicas: 3 });
    await stack.up("--expect-no-changes");
    await stack.destroy();
  });

  it("@all moves the rows of a pod without a volume to its successor", async () => {
    await lab.kubectl(["delete", "pvc", "-l", "app=cassandra"]);
    stack.configure({ ...smallMembers, clientsFrom, topologies: ["ephemeral"], replicas: 2 });
    await stack.up();
    const [first, second] = await stack.serving(2);
    await stack.oneRing(2);
    await stack.writeRows(nameOf(first), rows);
    await lab.kubectl(["delete", "pod", nameOf(second)]);
    await stack.serving(2, { gone: [second.metadata.uid] });
    await stack.oneRing(2);
    await stack.everyPodCounts(rows);
    await stack.destroy();
  });
});

for (const [first, other] of [
  ["IPv4", "IPv6"],
  ["IPv6", "IPv4"],
] satisfies [IpFamily, IpFamily][]) {
  describe(`a ring on a cluster of ${first} and ${other}`, function () {
    this.timeout(15 * minutes);
    let lab: Lab;
    let stack: RingStack;
    inRingLab((made) => ({ lab, stack } = made), { ipFamilies: [first, other] });

    it(`@all has members at their pods' addresses of ${first}, also where DNS has both for a name`, async () => {
      stack.configure({ ...persistent, replicas: 2 });
      await stack.up();
      const families = async () => {
        const pods = (await stack.oneRing(2)).map(({ address }) => isIP(address));
        return [...pods, ...(await stack.pods()).map((pod) => isIP(addressOf(pod)))];
      };
      const expected = Array.from({ length: 4 }, () => ({ IPv4: 4, IPv6: 6 })[first]);
      assert.deepEqual(await families(), expected);
      await stack.writeRows("cassandra-0", rows);
      await stack.everyPodCounts(rows);

      const both = JSON.stringify({ spec: { ipFamilyPolicy: "PreferDualStack" } });
      await lab.kubectl(["patch", "service", "cassandra", "--type=merge", "-p", both]);
      const ofName = ["sh", "-c", "getent ahosts cassandra-0.cassandra | awk '{ print $1 }' | sort -u | wc -l"];
      for (let i = 0; (await stack.exec("cassandra-1", ofName)).trim() !== "2"; i++) assert.ok(i < 60, "DNS has one");
      // All at once: each finds the others by DNS alone.
      const before = await stack.pods();
      await lab.kubectl(["delete", "pod", ...before.map(nameOf)]);
      await stack.serving(2, { gone: before.map(({ metadata }) => metadata.uid) });
      assert.deepEqual(await families(), expected);
      await stack.everyPodCounts(rows);
    });
  });
}
