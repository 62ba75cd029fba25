import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const address = "203.0.113.7";
const ranges = ["198.51.100.0/24"];

describe("clients from outside, on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  const service = (name = "cassandra-client") =>
    stack.get<{ metadata: { uid: string }; spec: { type: string; loadBalancerSourceRanges?: string[] } }>(
      `service/${name}`,
    );

  /** Gives a Service an address, as the cloud's controller does, once the Service asks for a load balancer. */
  async function balance(name = "cassandra-client"): Promise<void> {
    while ((await service(name).catch(() => undefined))?.spec.type !== "LoadBalancer") await sleep(500);
    const status = { status: { loadBalancer: { ingress: [{ ip: address }] } } };
    await lab.kubectl(["patch", "service", name, "--subresource=status", "-p", JSON.stringify(status)]);
  }

  const usage = async () =>
    (
      JSON.parse(await stack.pulumi("stack", "output", "--json", "usage")) as {
        persistent: { loadBalancer: string; port: number; memberAddresses?: Record<string, string> };
      }
    ).persistent;

  it("reach a load balancer whose address is an output, and the ring's policy admits them", async () => {
    const asked = { ...smallMembers, storage: "minikube-hostpath", replicas: 1 };
    stack.configure(asked);
    await stack.up();
    const before = await service();
    stack.configure({ ...asked, service: { type: "LoadBalancer", loadBalancerSourceRanges: ranges } });
    await Promise.all([stack.up(), balance()]);
    const { metadata, spec } = await service();
    assert.deepEqual([metadata.uid, spec.loadBalancerSourceRanges], [before.metadata.uid, ranges]);
    const { loadBalancer, port } = await usage();
    assert.deepEqual([loadBalancer, port], [address, 9042]);
    const policy = await stack.get<object>("networkpolicies", "-l", "app=cassandra");
    assert.match(JSON.stringify(policy), /\{"ipBlock":\{"cidr":"198.51.100.0\/24"\}\}/);
    await stack.up("--expect-no-changes");
    stack.configure(asked);
    await stack.up();
    assert.equal((await service()).spec.type, "ClusterIP");
  });

  it("reach each member at an address of its own, for which the engine does not wait, and for which an output stands", async () => {
    const asked = { ...smallMembers, storage: "minikube-hostpath", replicas: 2 };
    stack.configure({ ...asked, memberService: { type: "LoadBalancer", loadBalancerSourceRanges: ranges } });
    // These pods wait for no address: it is the engine that must not.
    await stack.up();
    assert.deepEqual((await usage()).memberAddresses, { "cassandra-0": "", "cassandra-1": "" });
    await balance("cassandra-1");
    await stack.up("--expect-no-changes");
    assert.deepEqual((await usage()).memberAddresses, { "cassandra-0": "", "cassandra-1": address });
    stack.configure(asked);
    await stack.up();
    await assert.rejects(service("cassandra-0"), /not found/);
    assert.equal((await usage()).memberAddresses, undefined);
  });
});
