import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { KubeObject, objectsOf } from "../../../policies/objects";
import { rules } from "../../../policies/rules";

const check = (name: string, object: Partial<KubeObject>, live?: Partial<KubeObject>): string[] => {
  const rule = rules.find((one) => one.name === name);
  assert.ok(rule, `no rule ${name}`);
  return rule.check(
    { apiVersion: "v1", kind: "Pod", ...object },
    live && { apiVersion: "v1", kind: "StatefulSet", ...live },
  );
};

const container = (rest: object) => ({ name: "a", image: "a:1", resources: { limits: { memory: "1Gi" } }, ...rest });
const set = (spec: object, ...containers: object[]): Partial<KubeObject> => ({
  kind: "StatefulSet",
  metadata: { name: "ring" },
  spec: { template: { spec: { containers } }, ...spec },
});

describe("the policies", () => {
  it("want images that stay what they are, wherever their pods come from", () => {
    const bad = ["a", "a:latest", "registry:5000/a", "a@sha256:12"];
    const good = ["a:1", "registry:5000/a:1.0-b", `a@sha256:${"0".repeat(64)}`, `a:latest@sha256:${"0".repeat(64)}`];
    for (const image of bad) {
      const [line] = check("pinned-images", { spec: { initContainers: [container({ image })] } });
      assert.match(line, /^Pod, container a: image ".*" can change without an edit; give it a tag/, image);
    }
    for (const image of good) assert.deepEqual(check("pinned-images", set({}, container({ image }))), [], image);
    const pod = { spec: { containers: [container({ image: "a" })] } };
    const makers: Partial<KubeObject>[] = [
      { kind: "CronJob", spec: { jobTemplate: { spec: { template: pod } } } },
      ...["Job", "ReplicaSet", "ReplicationController", "Deployment", "DaemonSet", "StatefulSet"].map((kind) => ({
        kind,
        spec: { template: pod },
      })),
      { kind: "PodTemplate", template: pod },
      { spec: { containers: [container({})], ephemeralContainers: [container({ image: "a" })] } },
    ];
    for (const maker of makers) assert.equal(check("pinned-images", maker).length, 1, JSON.stringify(maker));
  });

  it("want a memory limit of every container", () => {
    const careless = set({}, container({}), container({ name: "b", resources: { requests: { memory: "1Gi" } } }));
    assert.deepEqual(check("memory-limits", careless), [
      "StatefulSet ring, container b: without a memory limit it may use all memory of its node; set resources.limits.memory",
    ]);
    assert.deepEqual(check("memory-limits", { kind: "Service", spec: {} }), []);
    const template = { spec: { containers: [{ name: "a", image: "a:1" }] } };
    assert.equal(check("memory-limits", { kind: "PodTemplate", template }).length, 1);
    // Kubernetes lets them have none.
    const ephemeralContainers = [{ name: "b", image: "b:1" }];
    assert.deepEqual(check("memory-limits", { spec: { containers: [container({})], ephemeralContainers } }), []);
  });

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
    ];
    for (const [apiVersion, kind] of entrances) {
      const [line] = check("private-services", { apiVersion, kind, metadata: { name: "cql" }, spec: {} });
      assert.match(line, new RegExp(`^${kind} cql is open to everybody who reaches its controller`));
    }
    for (const [apiVersion, kind] of [
      ["gateway.networking.k8s.io/v1", "GatewayClass"],
      ["networking.k8s.io/v1", "IngressClass"],
      ["example.com/v1", "Route"],
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

  it("see patches, lists in lists and Helm releases", () => {
    const type = (kind: string) => `kubernetes:apps/v1:${kind}`;
    const item = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" } };
    assert.deepEqual(objectsOf(type("Deployment"), item), [item]);
    assert.deepEqual(objectsOf(type("DeploymentList"), { items: [item, item] }), [item, item]);
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: [item, { apiVersion: "apps/v1", kind: "DeploymentList", items: [item] }],
    };
    const nested = { apiVersion: "v1", kind: "List", items: [list, item] };
    assert.deepEqual(objectsOf("kubernetes:core/v1:List", nested), [item, item, item]);
    // Those of a list of one kind need not say which.
    const unnamed = { items: [{ metadata: { name: "cql" }, spec: {} }] };
    const [ingress] = objectsOf("kubernetes:networking.k8s.io/v1:IngressList", unnamed);
    assert.equal(check("private-services", ingress).length, 1);
    const templates = { items: [{ template: { spec: { containers: [container({ image: "a" })] } } }] };
    const [template] = objectsOf("kubernetes:core/v1:PodTemplateList", templates);
    assert.equal(check("pinned-images", template).length, 1);
    const [patch] = objectsOf(type("DeploymentPatch"), set({}, { name: "a", image: "a:latest" }));
    assert.equal(check("pinned-images", patch).length, 1);
    assert.deepEqual(check("memory-limits", patch), [], "what a patch does not say may be there");
    const [release] = objectsOf("kubernetes:helm.sh/v3:Release", { chart: "cassandra" });
    assert.match(check("seen-objects", release)[0], /^Release cassandra: no policy sees the objects of a Helm release/);
    assert.deepEqual(objectsOf("random:index/randomPassword:RandomPassword", {}), []);
  });

  it("want clients of a ring to log in", () => {
    const env = [{ name: "RING_NAME", value: "orders" }];
    const login = [...env, { name: "RING_SUPERUSER", value: "orders-superuser" }];
    assert.match(check("clients-log-in", set({}, container({ env })))[0], /^ring orders: .* take `auth: none` out/);
    assert.deepEqual(check("clients-log-in", set({}, container({ env: login }))), []);
    assert.deepEqual(check("clients-log-in", set({}, container({}))), [], "pods of other programs");
  });

  it("want as many members as a row has copies, over all racks", () => {
    const image = "docker.io/library/cassandra:5.0.9";
    assert.match(check("enough-members", set({ replicas: 2 }, container({ image })))[0], /use 3 members or more$/);
    assert.deepEqual(check("enough-members", set({ replicas: 3 }, container({ image }))), []);
    const env = [{ name: "RING_SETS", value: "ring-a ring-b ring-c" }];
    assert.deepEqual(check("enough-members", set({ replicas: 1 }, container({ image, env }))), []);
    assert.deepEqual(check("enough-members", set({ replicas: 1 }, container({}))), [], "other applications");
  });

  it("want a set to shrink and to change its image in two updates", () => {
    const [was, other] = [container({}), container({ image: "a:2" })];
    const edit = (wanted: object, there?: object) => check("one-change-at-a-time", wanted, there);
    assert.match(
      edit(set({ replicas: 2 }, other), set({ replicas: 3 }, was))[0],
      /^StatefulSet ring: 3 -> 2 replicas and/,
    );
    assert.deepEqual(edit(set({ replicas: 2 }, was), set({ replicas: 3 }, was)), []);
    assert.deepEqual(edit(set({ replicas: 4 }, other), set({ replicas: 3 }, was)), []);
    assert.deepEqual(edit(set({ replicas: 2 }, other)), [], "a set that is not there yet");
  });

  it("want no set deleted for the sake of its volumes", () => {
    const volumes = (storage: string, storageClassName?: string) =>
      set({
        volumeClaimTemplates: [
          { metadata: { name: "data" }, spec: { storageClassName, resources: { requests: { storage } } } },
        ],
      });
    const edit = (wanted: object, there?: object) => check("storage-stays", wanted, there);
    assert.match(
      edit(volumes("2Gi", "fast"), volumes("1Gi", "fast"))[0],
      /other volumeClaimTemplates delete the StatefulSet with all of its pods/,
    );
    assert.equal(edit(volumes("1Gi", "slow"), volumes("1Gi", "fast")).length, 1);
    assert.deepEqual(edit(volumes("1024Mi", "fast"), volumes("1Gi", "fast")), []);
    assert.deepEqual(edit(volumes("1Gi"), volumes("1Gi", "standard")), [], "the cluster's own choice");
    assert.deepEqual(edit(volumes("1Gi")), []);
  });

  it("stand in the documents with their weight", () => {
    const page = readFileSync(path.join(__dirname, "../../../docs/guides/review-and-policies.md"), "utf8");
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (mandatory|advisory) \|/gm)].map(
      ([, name, level]) => `${name} ${level}`,
    );
    const all = rules.map(({ name, enforcementLevel }) => `${name} ${enforcementLevel}`);
    assert.deepEqual(listed.filter((line) => !line.startsWith("cluster-seen")).sort(), all.sort());
  });

  it("each say what to do, and how much they weigh", () => {
    for (const { name, description, enforcementLevel } of rules) {
      assert.match(name, /^[a-z-]+$/);
      assert.match(description, /\.$/);
      assert.ok(["advisory", "mandatory"].includes(enforcementLevel));
    }
  });
});
