import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { addressesFor, routesFor } from "../../../lab/src/loadBalancerController";

const service = (name: string, type: string, ip?: string): V1Service => ({
  metadata: { namespace: "db", name },
  spec: { type },
  status: { loadBalancer: { ...(ip && { ingress: [{ ip }] }) } },
});

const slice = (name: string, ...endpoints: [nodeName: string, ready: boolean][]): V1EndpointSlice => ({
  metadata: { namespace: "db", labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  endpoints: endpoints.map(([nodeName, ready]) => ({ addresses: ["10.244.1.2"], nodeName, conditions: { ready } })),
});

const node = (name: string, address: string) => ({
  metadata: { name },
  status: { addresses: [{ type: "InternalIP", address }] },
});

describe("the lab's load balancers", () => {
  const range = "10.98.3.0/24";

  it("gives each Service that asks for one an address, and lets it keep the one that it has", () => {
    const services = [
      service("new", "LoadBalancer"),
      service("inside", "ClusterIP"),
      service("old", "LoadBalancer", "10.98.3.1"),
      service("elsewhere", "LoadBalancer", "10.98.2.9"),
    ];
    assert.deepEqual(Object.fromEntries(addressesFor(services, range)), {
      "db/new": "10.98.3.2",
      "db/old": "10.98.3.1",
      "db/elsewhere": "10.98.3.3",
    });
  });

  it("sends an address to a node with a ready pod of its Service, and to none where there is no such pod", () => {
    const addresses = new Map([
      ["db/a", "10.98.3.1"],
      ["db/b", "10.98.3.2"],
    ]);
    const slices = [
      slice("a", ["node1", false], ["node2", true]),
      slice("b", ["node1", false]),
      slice("c", ["node1", true]),
    ];
    const nodes = [node("node1", "10.99.3.11"), node("node2", "10.99.3.12")];
    assert.deepEqual(Object.fromEntries(routesFor(addresses, slices, nodes)), { "10.98.3.1": "10.99.3.12" });
  });
});
