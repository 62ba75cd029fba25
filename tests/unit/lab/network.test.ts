import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { AddressInfo, createServer } from "node:net";
import { stopCluster } from "../../../lab/src/cluster";
import { Instance } from "../../../lab/src/instance";
import { overlaps } from "../../../lab/src/addresses";
import { enter, findNetwork, networkOf, nodeNumbers, ofEach, startNetwork } from "../../../lab/src/network";
import { run } from "../../../lab/src/run";

describe("the network of the lab", () => {
  it("gives each slot addresses of its own", () => {
    const network = networkOf(3);
    assert.equal(network.link, "cassandra-lab3");
    assert.equal(network.controlPlane, "10.99.3.1");
    assert.equal(network.node(2), "10.99.3.12");
    assert.equal(network.pods(2), "10.244.2.0/24");
    assert.equal(network.balancers, "10.98.3.0/24");
    assert.ok(networkOf(15).link.length <= 15, "Linux allows fifteen characters");
  });

  it("has addresses of IPv6 alone, or of both families in the order that is asked for", () => {
    const network = networkOf(11, { ipFamilies: ["IPv6"], dnsDomain: "example.internal" });
    assert.equal(network.controlPlane, "fdca:5500:99:b::1");
    assert.equal(network.node(16), "fdca:5500:99:b::1a");
    assert.equal(network.pods(16), "fdca:5500:244:10::/64");
    assert.equal(network.dnsDomain, "example.internal");
    const both = networkOf(0, { ipFamilies: ["IPv6", "IPv4"] });
    assert.equal(both.apiService, "fdca:5500:96::1");
    assert.equal(
      ofEach(both, ({ podRange }) => podRange),
      "fdca:5500:244::/48,10.244.0.0/16",
    );
  });

  it("writes addresses of IPv6 as the API server wants them, in every slot and of every node", () => {
    assert.equal(networkOf(0, { ipFamilies: ["IPv6"] }).controlPlane, "fdca:5500:99::1");
    for (let slot = 0; slot < 16; slot++) {
      const network = networkOf(slot, { ipFamilies: ["IPv6"] });
      const { controlPlane, host, apiService, dnsService, podRange, serviceRange } = network;
      const numbered = nodeNumbers.flatMap((number) => [network.node(number), network.pods(number)]);
      for (const text of [controlPlane, host, apiService, dnsService, podRange, serviceRange, ...numbered]) {
        const [address] = text.split("/");
        assert.equal(new URL(`http://[${address}]`).hostname, `[${address}]`);
      }
    }
  });

  it("sees a range that another one holds or that holds it, and no other", () => {
    assert.ok(overlaps("10.99.3.0/24", "10.99.3.254/24"));
    assert.ok(overlaps("10.0.0.0/8", "10.99.3.254/24"));
    assert.ok(overlaps("10.99.3.7", "10.99.3.254/24"));
    assert.ok(!overlaps("10.99.2.0/24", "10.99.3.254/24"));
    assert.ok(!overlaps("default", "10.99.3.254/24"));
    assert.ok(overlaps("fdca:5500:99:3::/64", "fdca:5500:99:3::fe/64"));
    assert.ok(overlaps("fdca::/16", "fdca:5500:99:3::fe/64"));
    assert.ok(!overlaps("fdca:5500:99:2::/64", "fdca:5500:99:3::fe/64"));
    assert.ok(!overlaps("::/0", "10.99.3.254/24"));
  });

  it("ends with its instance, though a connection of it waits for an answer that was cut off", async () => {
    const instance = new Instance("unit-network");
    await stopCluster(instance);
    const server = createServer();
    try {
      const { host } = await startNetwork(instance);
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      const { port } = server.address() as AddressInfo;
      // What has been sent and not been acknowledged outlives its process, in the kernel.
      const client =
        `const socket = require("net").connect(${port}, "${host}", () => {` +
        `require("child_process").execFileSync("ip", ["rule", "add", "to", "${host}", "blackhole"]);` +
        'socket.write("lost", () => process.exit()); })';
      const [nsenter, ...inside] = enter(instance, "network", "net");
      await run(nsenter, [...inside, process.execPath, "-e", client]);
      await stopCluster(instance);
      assert.equal(await findNetwork(instance), undefined);
    } finally {
      server.close();
      await stopCluster(instance);
      rmSync(instance.dir, { recursive: true, force: true });
    }
  });
});
