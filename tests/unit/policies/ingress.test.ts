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
      for (const entity of ["world", "all", "world-ipv4", "World", "cluster"])
        assert.deepEqual(of({ fromEntities: ["host", entity] }), [
          `${kind} cql lets everybody in: one of its rules is for the entity ${entity}; name the pods or networks of clients`,
        ]);
      assert.match(of({ fromCIDR: ["0.0.0.0/0"] })[0], / lets 0\.0\.0\.0\/0 in; name the networks of clients$/);
      assert.equal(of({ fromCIDRSet: [{ cidr: "::/0", except: ["10.0.0.0/8"] }] }).length, 1);
      assert.equal(of({ fromCIDR: ["0.0.0.0/1"] }, { fromCIDRSet: [{ cidr: "128.0.0.0/1" }] }).length, 1);
      assert.match(of({ toPorts: [{ ports: [{ port: "9042" }] }] })[0], /everybody in: one of its rules has no `from`/);
      const specs = [{ ingress: [] }, { ingress: [{ fromEntities: ["world"] }] }];
      assert.equal(said(`cilium.io/v2:${kind}`, { specs }).length, 1, "several in one object");
    });

    it(`wants none of ${kind} that lets all pods in`, () => {
      const labels = ["k8s:io.kubernetes.pod.namespace", "io.kubernetes.pod.namespace"];
      for (const key of [...labels, "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name"])
        assert.match(
          of({ fromEndpoints: [{ matchExpressions: [{ key, operator: "Exists" }] }] })[0],
          /lets everybody in: one of its rules is for all pods of all namespaces; name the pods/,
        );
      // Without a namespace, a selector is for those of the policy's own.
      const isOfCluster = kind === "CiliumClusterwideNetworkPolicy";
      for (const selector of [{}, { matchLabels: {} }])
        assert.equal(of({ fromEndpoints: [selector] }).length, isOfCluster ? 1 : 0);
    });

    it(`lets ${kind} name its clients`, () => {
      for (const rule of [
        {},
        { fromEntities: ["host", "remote-node"] },
        { fromEntities: [], toPorts: [{}] },
        { fromEndpoints: [{ matchLabels: { app: "shop" } }], toPorts: [{}] },
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

    it(`wants none of Calico's ${kind} that lets all pods in`, () => {
      const of = (source: object) =>
        said(`projectcalico.org/v3:${kind}`, { spec: { ingress: [{ action: "Allow", source }] } });
      for (const source of [{ namespaceSelector: "all()" }, { namespaceSelector: " all() ", selector: "all()" }])
        assert.match(of(source)[0], /lets everybody in: one of its rules is for all pods of all namespaces/);
      for (const rest of [{ selector: "app == 'shop'" }, { nets: ["10.0.0.0/8"] }, { services: { name: "shop" } }])
        assert.deepEqual(of({ namespaceSelector: "all()", ...rest }), [], JSON.stringify(rest));
      assert.deepEqual(of({ namespaceSelector: "kubernetes.io/metadata.name == 'shop'" }), []);
    });
  }

  it("wants none of Kubernetes that lets all pods in", () => {
    const of = (...from: object[]) => said("networking.k8s.io/v1:NetworkPolicy", { spec: { ingress: [{ from }] } });
    const every = { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "Exists" }] };
    for (const namespaceSelector of [{}, { matchLabels: {} }, { matchExpressions: [] }, every])
      for (const rest of [{}, { podSelector: {} }, { podSelector: { matchLabels: {} } }])
        assert.deepEqual(of({ podSelector: {} }, { namespaceSelector, ...rest }), [
          "NetworkPolicy cql lets everybody in: one of its rules is for all pods of all namespaces; name the pods or networks of clients",
        ]);
    assert.match(of({ podSelector: {} }, {})[0], /lets everybody in/, "a peer with nothing in it");
    for (const peer of [
      { podSelector: {} },
      { namespaceSelector: {}, podSelector: { matchLabels: { app: "shop" } } },
      { namespaceSelector: { matchLabels: { team: "shop" } } },
      { namespaceSelector: { matchExpressions: [{ key: "team", operator: "Exists" }] } },
      { ipBlock: { cidr: "10.0.0.0/8" } },
    ])
      assert.deepEqual(of(peer), [], JSON.stringify(peer));
  });

  it("wants none of administrators that lets all pods in", () => {
    const of = (kind: string, action: string, peer: object) =>
      said(`policy.networking.k8s.io/v1alpha1:${kind}`, { spec: { ingress: [{ action, from: [peer] }] } }).length;
    for (const kind of ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"]) {
      for (const peer of [{ namespaces: {} }, { pods: { namespaceSelector: {}, podSelector: {} } }]) {
        assert.deepEqual([of(kind, "Allow", peer), of(kind, "Accept", peer), of(kind, "Deny", peer)], [1, 1, 0]);
      }
      assert.equal(of(kind, "Allow", { namespaces: { matchLabels: { team: "shop" } } }), 0);
      assert.equal(of(kind, "Allow", { pods: { namespaceSelector: {}, podSelector: { matchLabels: { a: "b" } } } }), 0);
    }
  });

  it("wants no networks under a name that let the world in", () => {
    const sets: [string, string][] = [
      ["cilium.io/v2alpha1:CiliumCIDRGroup", "externalCIDRs"],
      ["projectcalico.org/v3:GlobalNetworkSet", "nets"],
      ["crd.projectcalico.org/v1:NetworkSet", "nets"],
    ];
    for (const [type, field] of sets) {
      const of = (...networks: string[]) => said(type, { spec: { [field]: networks } });
      const kind = type.split(":")[1];
      assert.deepEqual(of("0.0.0.0/0"), [
        `${kind} cql is 0.0.0.0/0 to the policies that let it in; name the networks of clients`,
      ]);
      assert.equal(of("0.0.0.0/1", "128.0.0.0/1").length, 1);
      assert.equal(of(...Array.from({ length: 200 }, (_, i) => `${i}.0.0.0/8`)).length, 1);
      assert.deepEqual([...of("10.0.0.0/8", "192.168.0.0/16"), ...of(), ...said(type, {})], []);
    }
    assert.deepEqual(said("example.com/v1:NetworkSet", { spec: { nets: ["0.0.0.0/0"] } }), []);
  });
});
