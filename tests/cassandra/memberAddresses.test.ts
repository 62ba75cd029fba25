import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { addressPlan } from "../../lab/src/addresses";
import { OutsideClient } from "../support/outsideClient";
import { inRingLab, RingStack } from "../support/ringStack";
import { isServing, nameOf, Pod, smallMembers } from "../support/stack";

const minutes = 60_000;
const rows = 1000;
const uidOf = ({ metadata }: Pod) => metadata.uid;

/**
 * Python's driver, which cqlsh brings: finds all members from the Service, connects to them at the addresses that it is told, and prints
 * each with the host ID of who answers there. The Service's own address is no member's, so that a second connection leaves it out.
 */
const findAll = `
import sys
sys.path.insert(0, "/opt/cassandra/pylib")
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
contact, name, password = sys.argv[1:]
def connected(addresses):
    cluster = Cluster(addresses, auth_provider=PlainTextAuthProvider(name, password))
    return cluster, cluster.connect(wait_for_all_pools=True)
first, _ = connected([contact])
told = sorted({host.broadcast_rpc_address for host in first.metadata.all_hosts() if host.broadcast_rpc_address})
cluster, session = connected(told)
for host in cluster.metadata.all_hosts():
    row = session.execute("SELECT host_id FROM system.local", host=host).one()
    print(host.broadcast_rpc_address, row.host_id)
`;

describe("a ring whose members have addresses outside of the Kubernetes cluster", function () {
  this.timeout(20 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let client: OutsideClient;

  const memberService = { type: "LoadBalancer" };
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({
      ...smallMembers,
      storage: "minikube-hostpath",
      storageClassName: "fast",
      clientsFrom: [...smallMembers.clientsFrom, { podLabels: { role: "client" } }],
      ...settings,
    });
  const memberAddresses = async () => {
    const usage = JSON.parse(await stack.pulumi("stack", "output", "--json", "usage")) as {
      persistent: { memberAddresses: Record<string, string> };
    };
    return usage.persistent.memberAddresses;
  };

  /** Waits until the nodes have heard whom they are to let through to an address from the pod `inside`. */
  const isReached = async (address: string, wanted: boolean) => {
    for (let i = 0; (await connects("inside", address)) !== wanted; i++) {
      assert.ok(i < 20, `whether pods reach ${address} is not ${wanted}`);
      await sleep(500);
    }
  };

  inRingLab((made) => ({ lab, stack } = made), { loadBalancers: true });
  after(() => client?.close());

  it("@all tells drivers these addresses after a rolling restart, and a driver outside is connected to each member", async () => {
    configure({ replicas: 3 });
    await stack.up();
    await stack.writeRows("cassandra-0", rows, 3);

    configure({ replicas: 3, memberService });
    assert.match(await stack.pulumi("preview"), /ring cassandra: its members restart one at a time/);
    await stack.up();
    await stack.up("--expect-no-changes");
    await stack.oneRing(3);
    const addresses = await memberAddresses();
    assert.deepEqual(Object.keys(addresses), ["cassandra-0", "cassandra-1", "cassandra-2"]);
    for (const [pod, address] of Object.entries(addresses)) {
      assert.match(address, /^10\.98\.\d+\.\d+$/);
      assert.ok((await stack.log(pod)).includes(`clients are told the address of Service ${pod}, ${address}`));
    }
    client = await OutsideClient.connect(addresses["cassandra-1"], await stack.superuser());
    await client.finds(Object.values(addresses));
    await client.writeRows(rows);
    assert.deepEqual(await client.counts(), { one: rows, quorum: rows });
    await stack.everyPodCounts(rows);
  });

  it("@all serves a driver in a pod that finds members by itself, at the same addresses, and no pods but those of clientsFrom", async () => {
    await stack.bystander("inside", "--labels=role=client");
    await stack.bystander("stranger");
    for (const address of Object.values(await memberAddresses())) await isReached(address, true);
    const { username, password } = await stack.superuser();
    const command = ["python3", "-c", findAll, "cassandra-client.default.svc", username, password];
    const said = (await lab.kubectl(["exec", "inside", "--", ...command])).trim().split("\n");
    const found = Object.fromEntries(said.map((line) => line.split(" ") as [string, string]));
    assert.deepEqual(Object.keys(found).sort(), Object.values(await memberAddresses()).sort());
    assert.equal(new Set(Object.values(found)).size, 3, "each address leads to a member of its own");
    for (const address of Object.keys(found))
      assert.deepEqual([await connects("inside", address), await connects("stranger", address)], [true, false]);
  });

  it("@all holds pods, too, to the ranges of its balancers, and restarts nobody for other ranges", async () => {
    const before = await stack.pods();
    const [address] = Object.values(await memberAddresses());
    const admit = async (...loadBalancerSourceRanges: string[]) => {
      configure({ replicas: 3, memberService: { ...memberService, loadBalancerSourceRanges } });
      await stack.up();
    };
    await admit("10.99.0.0/16");
    await isReached(address, false);
    await client.finds(Object.values(await memberAddresses()));
    await admit("10.99.0.0/16", addressPlan("IPv4", 0).podRange);
    await isReached(address, true);
    assert.equal(await connects("stranger", address), true, "the policy admits all of the range");
    assert.deepEqual((await stack.pods()).map(uidOf), before.map(uidOf));
  });

  /** Whether a pod can connect to CQL at an address. */
  async function connects(pod: string, address: string): Promise<boolean> {
    const connect = `: </dev/tcp/${address}/9042 && echo open || echo closed`;
    const said = await lab
      .kubectl(["exec", pod, "--", "timeout", "2", "bash", "-c", connect])
      // A packet that is dropped is never answered.
      .catch((error: Error) => error.message);
    assert.match(said, /^open$|^closed$|exit code 124/m);
    return /^open$/m.test(said);
  }

  it("@all gives a new member an address, at which the driver finds it", async () => {
    configure({ replicas: 4, memberService });
    await stack.up();
    const addresses = await memberAddresses();
    assert.equal(new Set(Object.values(addresses)).size, 4);
    await client.finds(Object.values(addresses));
    assert.deepEqual(await client.counts(), { one: rows, quorum: rows });
  });

  it("@all keeps the address of a member that leaves until it has left, and loses no row", async () => {
    configure({ replicas: 3, memberService });
    let isDone = false;
    const seen: string[] = [];
    async function watch(): Promise<void> {
      for (; !isDone; await sleep(500)) {
        // The Service is asked for first: a pod that is there afterwards was there at that time as well.
        const has = await lab.kubectl(["get", "service", "cassandra-3", "-o", "name", "--ignore-not-found"]);
        const pods = await stack.pods();
        if (pods.some((pod) => nameOf(pod) === "cassandra-3")) seen.push(has.trim() || "none");
      }
    }
    const watching = watch();
    await stack.up().finally(() => (isDone = true));
    await watching;
    assert.ok(seen.length > 0, "the member has left before anybody looked");
    assert.deepEqual([...new Set(seen)], ["service/cassandra-3"]);
    const left = await lab.kubectl(["get", "service", "cassandra-3", "-o", "name", "--ignore-not-found"]);
    assert.equal(left.trim(), "");

    const addresses = await memberAddresses();
    assert.deepEqual(Object.keys(addresses), ["cassandra-0", "cassandra-1", "cassandra-2"]);
    await client.finds(Object.values(addresses));
    assert.deepEqual(await client.counts(), { one: rows, quorum: rows });
    await stack.everyPodCounts(rows);
  });

  it("@all comes back at its address where its pod is deleted", async () => {
    const before = await memberAddresses();
    const [pod] = (await stack.pods()).filter((one) => nameOf(one) === "cassandra-2");
    await lab.kubectl(["delete", "pod", "cassandra-2"]);
    await stack.serving(3, { gone: [pod.metadata.uid] });
    assert.ok((await stack.pods()).every(isServing));
    await client.finds(Object.values(before));
    assert.deepEqual(await client.counts(), { one: rows, quorum: rows });
  });
});
