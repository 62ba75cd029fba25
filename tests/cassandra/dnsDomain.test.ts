import * as assert from "node:assert/strict";
import { inRingLab, RingStack } from "../support/ringStack";
import { nameOf, Pod, smallMembers } from "../support/stack";

const minutes = 60_000;
const rows = 1000;
const domain = "example.internal";

/** Python, which the image has: connects to a host whose certificate must be signed by the ring's authority and hold the host's name. */
const verify = `
import socket, ssl, sys
context = ssl.create_default_context(cafile="/tls/ca.crt")
with context.wrap_socket(socket.create_connection((sys.argv[1], 9042), 5), server_hostname=sys.argv[1]):
    print("verified")
`;

describe("a ring on a cluster whose DNS domain is not cluster.local", function () {
  this.timeout(20 * minutes);
  let stack: RingStack;
  inRingLab((made) => ({ stack } = made), {
    nodes: 1,
    simulatedNodes: 1,
    certManager: true,
    dnsDomain: domain,
  });

  const settings = {
    ...smallMembers,
    storage: "minikube-hostpath",
    storageClassName: "fast",
    nodeSelector: { "kubernetes.io/hostname": "node1" },
    tls: "cert-manager",
  };
  const resolve = async (host: string) =>
    (await stack.exec("cassandra-0", ["sh", "-c", `getent ahosts ${host} | awk '{ print $1 }' | sort -u`]))
      .split("\n")
      .filter(Boolean);

  it("@all forms, and its contact points and its certificates hold in that domain", async () => {
    stack.configure({ ...settings, replicas: 2, clusterDomain: domain });
    await stack.up();
    await stack.oneRing(2);
    await stack.writeRows("cassandra-0", rows);
    await stack.everyPodCounts(rows);

    const usage = JSON.parse(await stack.pulumi("stack", "output", "usage", "--json")) as {
      persistent: { contactPoints: string[] };
    };
    const { contactPoints } = usage.persistent;
    const pods = await stack.pods();
    assert.deepEqual(
      contactPoints,
      pods.map((pod) => `${nameOf(pod)}.cassandra.default.svc`),
    );
    const addresses = pods.map(({ status }) => status.podIP);
    const names: [string, unknown[]][] = [
      ...contactPoints.map((host, i): [string, unknown[]] => [host, [addresses[i]]]),
      ["cassandra.default.svc", [...addresses].sort()],
    ];
    for (const [name, expected] of names) {
      for (const host of [name, `${name}.${domain}`]) {
        assert.deepEqual(await resolve(host), expected);
        assert.match(await stack.exec("cassandra-0", ["python3", "-c", verify, host]), /^verified$/m);
      }
      assert.deepEqual(await resolve(`${name}.cluster.local`), []);
    }
  });

  it("@all stands beside a CockroachDB cluster whose nodes join by names that resolve", async () => {
    stack.configure({
      ...settings,
      replicas: 2,
      clusterDomain: domain,
      topologies: ["persistent", "cockroachdb"],
      cockroachdb: { insecure: true, replicas: 3, nodeSelector: { "cassandra-lab/simulated": "true" } },
    });
    await stack.up();
    type Node = Pod & { spec: { containers: { command: string[] }[] } };
    const nodes = (await stack.get<{ items: Node[] }>("pods", "-l", "app=cockroachdb")).items.filter((pod) =>
      /^cockroachdb-\d$/.test(nameOf(pod)),
    );
    assert.equal(nodes.length, 3);
    const join = nodes[0].spec.containers[0].command.find((option) => option.startsWith("--join="))!;
    const hosts = join.replace("--join=", "").split(",");
    assert.equal(hosts.length, 3);
    for (const host of hosts.map((host) => host.replace(/:\d+$/, ""))) {
      const node = nodes.find((pod) => nameOf(pod) === host.split(".")[0])!;
      assert.deepEqual(await resolve(host), [node.status.podIP]);
    }
    assert.equal((await resolve("cockroachdb-public")).length, 1);
    await stack.everyPodCounts(rows);
    await stack.destroy();
  });
});
