import * as assert from "node:assert/strict";
import { canonicalAddress } from "../../../components/cassandra/address";
import type { BareNode } from "./bareNode";
import { inBareLab } from "./bareRing";

const minutes = 60_000;
const withIPv6 = "-Djava.net.preferIPv4Stack=false";

describe("Cassandra in a pod that has IPv6 alone", function () {
  this.timeout(10 * minutes);
  let node: BareNode;
  inBareLab(1, (ring) => ([node] = ring.nodes), { nodes: 1, ipFamilies: ["IPv6"] });

  const listens = async (host: string, port: number) =>
    (await node.outcome("bash", "-c", `: </dev/tcp/${host}/${port}`)).code === 0;

  beforeEach(() => node.wipe());

  it("@all does not start as the image has it, which has Java use IPv4 alone", async () => {
    assert.notEqual(await node.refuses(), 0);
    assert.match(await node.log(), /Unable to resolve hostname or get valid IP address/);
  });

  it("@all serves clients at every address of both families, members at the pod's, and nodetool at 127.0.0.1", async () => {
    await node.serve(withIPv6);
    const open: string[] = [];
    for (const host of ["127.0.0.1", "::1", node.address])
      for (const port of [7000, 7199, 9042]) if (await listens(host, port)) open.push(`${host} ${port}`);
    assert.deepEqual(open, [
      "127.0.0.1 7199",
      "127.0.0.1 9042",
      "::1 9042",
      `${node.address} 7000`,
      `${node.address} 9042`,
    ]);
  });

  it("@all writes all groups of its address, in brackets where a port follows", async () => {
    await node.serve(withIPv6);
    const { said } = await node.nodetool("status");
    const [, listed] = /^UN +(\S+)/m.exec(said)!;
    const [local] = await node.query("rpc_address FROM system.local");
    const [, logged] = /Node (\S+) state jump to NORMAL/.exec((await node.states()).join("\n"))!;
    const whole = /^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/;
    assert.match(listed, whole);
    assert.equal(local.rpc_address, listed);
    assert.equal(logged, `/[${listed}]:7000`);
    for (const form of [listed, logged]) assert.equal(canonicalAddress(form), node.address);
  });

  it("@all is not found by nodetool where Java prefers IPv6", async () => {
    await node.serve(withIPv6, "-Djava.net.preferIPv6Addresses=true");
    const { code, said } = await node.nodetool("status");
    assert.notEqual(code, 0);
    assert.match(said, /Failed to connect to '127\.0\.0\.1:7199'/);
    assert.ok(await listens("::1", 7199));
  });
});
