import * as assert from "node:assert/strict";
import { objectsOf } from "../../../policies/objects";
import { check, container, set } from "./check";

describe("the policy against what is open", () => {
  it("want no Service that is open to the world", () => {
    const service = (spec: object, annotations = {}) =>
      check("private-services", { kind: "Service", metadata: { name: "cql", annotations }, spec: { ...spec } });
    for (const spec of [{ type: "LoadBalancer" }, { type: "NodePort" }, { externalIPs: ["192.0.2.1"] }])
      assert.match(service(spec)[0], /^Service cql is open to everybody who reaches its address; make it a ClusterIP/);
    assert.equal(service({ type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/0"] }).length, 1);
    assert.deepEqual(service({ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] }), []);
    assert.deepEqual(service({ type: "LoadBalancer" }, { "networking.gke.io/load-balancer-type": "Internal" }), []);
    assert.deepEqual(service({ clusterIP: "None" }), []);
    const halves = { type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/1", "128.0.0.0/1"] };
    assert.equal(service(halves).length, 1, "all of the internet in two halves");
    assert.equal(service({ type: "LoadBalancer", loadBalancerSourceRanges: ["2000::/3"] }).length, 1);
  });

  it("want no Service that one annotation makes internal and another one does not", () => {
    const aws = "service.beta.kubernetes.io/aws-load-balancer-";
    const open = (annotations: object, spec = {}) =>
      check("private-services", {
        kind: "Service",
        metadata: { name: "cql", annotations: annotations as Record<string, string> },
        spec: { type: "LoadBalancer", ...spec },
      }).length;
    assert.equal(open({ [`${aws}internal`]: "true", [`${aws}scheme`]: "internet-facing" }), 1);
    assert.equal(open({ [`${aws}internal`]: "false", [`${aws}scheme`]: "internal" }), 1);
    const gke = { "networking.gke.io/load-balancer-type": "Internal" };
    assert.equal(open({ ...gke, "cloud.google.com/load-balancer-type": "External" }), 1);
    assert.equal(open({ [`${aws}internal`]: "true", [`${aws}scheme`]: "internal", ...gke }), 0);
    const scheme = { [`${aws}scheme`]: "internet-facing" };
    assert.equal(open(scheme, { loadBalancerSourceRanges: ["10.0.0.0/8"] }), 0);
  });

  it("want nothing else open to the world", () => {
    const isOpen = (object: object) => check("private-services", object).length > 0;
    const entrances = [
      ["networking.k8s.io/v1", "Ingress"],
      ["route.openshift.io/v1", "Route"],
      ["gateway.networking.k8s.io/v1", "Gateway"],
      ...["HTTPRoute", "GRPCRoute"].map((kind) => ["gateway.networking.k8s.io/v1", kind]),
      ...["TCPRoute", "TLSRoute", "UDPRoute"].map((kind) => ["gateway.networking.k8s.io/v1alpha2", kind]),
      ["gateway.networking.x-k8s.io/v1alpha1", "XListenerSet"],
      ["networking.istio.io/v1", "Gateway"],
      ["traefik.io/v1alpha1", "IngressRouteTCP"],
      ["projectcontour.io/v1", "HTTPProxy"],
      ["contour.heptio.com/v1beta1", "IngressRoute"],
      ...["IngressRoute", "IngressRouteTCP", "IngressRouteUDP"].map((kind) => ["traefik.containo.us/v1alpha1", kind]),
      ...["TCPIngress", "UDPIngress"].map((kind) => ["configuration.konghq.com/v1beta1", kind]),
      ...["VirtualServer", "VirtualServerRoute", "TransportServer"].map((kind) => ["k8s.nginx.org/v1", kind]),
      ...["Host", "Listener", "Mapping", "TCPMapping"].map((kind) => ["getambassador.io/v3alpha1", kind]),
      ["x.getambassador.io/v3alpha1", "AmbassadorTCPMapping"],
      ...["Gateway", "VirtualService", "RouteTable"].map((kind) => ["gateway.solo.io/v1", kind]),
      ["ingress.v3.haproxy.org/v3", "TCP"],
      ["apisix.apache.org/v2", "ApisixRoute"],
      ["zalando.org/v1", "RouteGroup"],
      ["voyager.appscode.com/v1", "Ingress"],
      ["ingress.k8s.ngrok.com/v1alpha1", "TCPEdge"],
      ["ngrok.k8s.ngrok.com/v1alpha1", "CloudEndpoint"],
      ["elbv2.k8s.aws/v1beta1", "TargetGroupBinding"],
      ["networking.gke.io/v1", "MultiClusterIngress"],
    ];
    for (const [apiVersion, kind] of entrances) {
      const [line] = check("private-services", { apiVersion, kind, metadata: { name: "cql" }, spec: {} });
      assert.match(line, new RegExp(`^${kind} cql is open to everybody who reaches its controller`));
    }
    for (const [apiVersion, kind] of [
      ["gateway.networking.k8s.io/v1", "GatewayClass"],
      ["networking.k8s.io/v1", "IngressClass"],
      ["example.com/v1", "Route"],
      ["configuration.konghq.com/v1", "KongPlugin"],
      ["k8s.nginx.org/v1", "Policy"],
      ["getambassador.io/v3alpha1", "RateLimitService"],
    ])
      assert.ok(!isOpen({ apiVersion, kind, spec: {} }), kind);
    assert.ok(isOpen(set({}, container({ ports: [{ hostPort: 9042 }] }))));
    assert.ok(isOpen({ spec: { hostNetwork: true, containers: [container({})] } }));
    assert.ok(!isOpen(set({}, container({ ports: [{ containerPort: 9042 }] }))));
    const policy = (cidr: string) => ({
      kind: "NetworkPolicy",
      spec: { ingress: [{ from: [{ ipBlock: { cidr } }] }] },
    });
    assert.ok(isOpen(policy("128.0.0.0/1")));
    assert.ok(isOpen(policy("::ffff:0.0.0.0/97")), "half of IPv4, in the words of IPv6");
    assert.ok(!isOpen(policy("10.0.0.0/8")));
    assert.ok(!isOpen(policy("fd00:1234::/32")));
    const many = (...cidrs: string[]) => ({
      kind: "NetworkPolicy",
      metadata: { name: "cql" },
      spec: { ingress: cidrs.map((cidr) => ({ from: [{ ipBlock: { cidr } }] })) },
    });
    const eighths = Array.from({ length: 200 }, (_, i) => `${i}.0.0.0/8`);
    assert.deepEqual(check("private-services", many(...eighths)), [
      "NetworkPolicy cql lets 200 networks of IPv4 that are as wide together as a /7 in; name the networks of clients",
    ]);
    const small = Array.from({ length: 512 }, (_, i) => `${10 + (i >> 8)}.${i & 255}.0.0/16`);
    assert.ok(isOpen(many(...small)));
    assert.ok(!isOpen(many(...small.slice(1))), "one fewer is not as wide");
    assert.ok(!isOpen(many(...Array<string>(300).fill("10.0.0.0/8"), "10.1.0.0/16")), "the same addresses again");
    assert.ok(!isOpen(many("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/16")), "what is private");
    const six = Array.from({ length: 256 }, (_, i) => `2${i.toString(16).padStart(3, "0")}::/16`);
    assert.match(
      check("private-services", many(...six))[0],
      /lets 256 networks of IPv6 that are as wide together as a \/15 in/,
    );
    assert.ok(isOpen(many("2001:db8::/17", "2001:8000::/17", "2000::/16")));
    // A rule without sources is for all of them.
    for (const rule of [{}, { from: [] }, { ports: [{ port: 9042 }] }])
      assert.ok(isOpen({ kind: "NetworkPolicy", spec: { ingress: [rule] } }), JSON.stringify(rule));
    assert.ok(!isOpen({ kind: "NetworkPolicy", spec: { ingress: [], policyTypes: ["Ingress"] } }));
  });

  it("see a Service that a patch opens, whatever type the one that is there has", () => {
    const patch = (spec: object, annotations?: object) => {
      const given = { kind: "Service", metadata: { name: "cql", annotations }, spec };
      const [object] = objectsOf("kubernetes:core/v1:ServicePatch", given);
      return check("private-services", object).length > 0;
    };
    const aws = "service.beta.kubernetes.io/aws-load-balancer-scheme";
    for (const spec of [
      { type: "LoadBalancer" },
      { type: "NodePort" },
      { externalIPs: ["192.0.2.1"] },
      { loadBalancerSourceRanges: ["0.0.0.0/0"] },
      { loadBalancerSourceRanges: [] },
      { ports: [{ port: 9042, nodePort: 30000 }] },
    ])
      assert.ok(patch(spec), JSON.stringify(spec));
    assert.ok(patch({}, { [aws]: "internet-facing" }));
    assert.ok(patch({}, { "networking.gke.io/load-balancer-type": "External" }));
    for (const spec of [
      {},
      { ports: [{ port: 9042 }] },
      { loadBalancerSourceRanges: ["10.0.0.0/8"] },
      { type: "ClusterIP" },
    ])
      assert.ok(!patch(spec), JSON.stringify(spec));
    assert.ok(!patch({}, { [aws]: "internal" }));
    assert.ok(!patch({ type: "LoadBalancer" }, { [aws]: "internal" }));
  });

  it("want no network that cannot be read, which may be all addresses", () => {
    for (const network of ["00.0.0.0/0", "0.0.0.0/00x", "0.0.0.0/0/0", "0.0.0.00/0", "0x0.0.0.0/0", "any", ""]) {
      const spec = { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8", network] };
      assert.equal(check("private-services", { kind: "Service", spec }).length, 1, network);
      const ingress = [{ from: [{ ipBlock: { cidr: network } }] }];
      assert.deepEqual(
        check("private-services", { kind: "NetworkPolicy", metadata: { name: "cql" }, spec: { ingress } }),
        [`NetworkPolicy cql lets "${network}" (no network as policies can read it) in; name the networks of clients`],
      );
    }
  });

  it("want no virtual service at a gateway", () => {
    const route = (spec: object) => ({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      spec: { ...spec },
    });
    assert.equal(check("private-services", route({ gateways: ["mesh", "public"] })).length, 1);
    for (const spec of [{}, { gateways: ["mesh"] }]) assert.deepEqual(check("private-services", route(spec)), []);
  });
});
