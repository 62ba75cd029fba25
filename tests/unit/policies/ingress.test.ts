import * as assert from "node:assert/strict";
import { objectsOf } from "../../../policies/objects";
import { check } from "./check";

/** What is said of a policy of the network that is a custom resource. */
const said = (type: string, given: object) => {
  const [object] = objectsOf(`kubernetes:${type}`, { metadata: { name: "cql" }, ...given });
  return check("private-services", object);
};

describe("the policy against what is open, of other network policies", () => {
  for (const kind of ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]) {
    const of = (...ingress: object[]) => said(`cilium.io/v2:${kind}`, { spec: { ingress } });
    it(`wants none of ${kind} that lets the world in`, () => {
      for (const entity of ["world", "all", "world-ipv4", "World"])
        assert.deepEqual(of({ fromEntities: ["cluster", entity] }), [
          `${kind} cql lets everybody in: one of its rules is for the entity ${entity}; name the pods or networks of clients`,
        ]);
      assert.match(of({ fromCIDR: ["0.0.0.0/0"] })[0], / lets 0\.0\.0\.0\/0 in; name the networks of clients$/);
      assert.equal(of({ fromCIDRSet: [{ cidr: "::/0", except: ["10.0.0.0/8"] }] }).length, 1);
      assert.equal(of({ fromCIDR: ["0.0.0.0/1"] }, { fromCIDRSet: [{ cidr: "128.0.0.0/1" }] }).length, 1);
      assert.match(of({ toPorts: [{ ports: [{ port: "9042" }] }] })[0], /everybody in: one of its rules has no `from`/);
      const specs = [{ ingress: [] }, { ingress: [{ fromEntities: ["world"] }] }];
      assert.equal(said(`cilium.io/v2:${kind}`, { specs }).length, 1, "several in one object");
    });

    it(`lets ${kind} name its clients`, () => {
      for (const rule of [
        {},
        { fromEntities: ["cluster", "host"] },
        { fromEntities: [], toPorts: [{}] },
        { fromEndpoints: [{}], toPorts: [{}] },
        { fromCIDR: ["10.0.0.0/8"], toPorts: [{}] },
        { fromCIDRSet: [{ cidrGroupRef: "office" }] },
      ])
        assert.deepEqual(of(rule), [], JSON.stringify(rule));
      assert.deepEqual(said(`cilium.io/v2:${kind}`, { spec: { egress: [{ toEntities: ["world"] }] } }), []);
    });
  }

  for (const kind of ["NetworkPolicy", "GlobalNetworkPolicy"]) {
    it(`wants none of Calico's ${kind} that lets the world in`, () => {
      const of = (...ingress: object[]) => said(`projectcalico.org/v3:${kind}`, { spec: { ingress } });
      for (const source of [undefined, {}, { notNets: ["10.0.0.0/8"] }, { ports: [9042] }])
        assert.match(
          of({ action: "Allow", source })[0],
          /lets everybody in: one of its rules has no source; name the pods/,
        );
      assert.match(of({ action: "Allow", source: { nets: ["0.0.0.0/0"] } })[0], /lets 0\.0\.0\.0\/0 in/);
      for (const rule of [
        { action: "Deny" },
        { action: "Allow", source: { selector: "app == 'shop'" } },
        { action: "Allow", source: { nets: ["10.0.0.0/8"] } },
      ])
        assert.deepEqual(of(rule), [], JSON.stringify(rule));
    });
  }
});
