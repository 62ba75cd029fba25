import * as assert from "node:assert/strict";
import { inProject, problemsOf, read } from "./read";

describe("checks across keys", () => {
  before(inProject);

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "a pod with replicas",
      { topologies: ["pod"], replicas: 1 },
      'replicas: invalid value "1" while pod is one member: must be left out',
    ],
    [
      "daemons with replicas",
      { topologies: ["daemon", "pod"], replicas: 3 },
      'replicas: invalid value "3" while daemon has one for each node and pod is one member: must be left out',
    ],
    [
      "adoption of a pod that is made at the same time",
      { topologies: ["ephemeral", "pod"], ephemeral: { adoptPod: true } },
      'ephemeral.adoptPod: invalid value "true" while topologies holds pod: needs topologies without pod; ' +
        "the ring takes the pod over, and the stack no longer makes it",
    ],
    [
      "two rings of one name",
      { topologies: ["ephemeral", "daemon"], daemon: { name: "cassandra" } },
      'daemon.name: invalid value "cassandra": must differ from the name of ephemeral',
    ],
    [
      "a ring of the name of another one's Service",
      { topologies: ["persistent", "ephemeral"], ephemeral: { name: "cassandra-client" } },
      'ephemeral.name: invalid value "cassandra-client" beside cassandra:persistent.name "cassandra": must be another name; ' +
        "the rings would both have Service cassandra-client",
    ],
    [
      "two rings that call themselves alike",
      { topologies: ["ephemeral", "daemon"], daemon: { clusterName: "cassandra" } },
      'daemon.clusterName: invalid value "cassandra": must differ from the clusterName of ephemeral',
    ],
    [
      "a heap larger than the memory of one topology",
      { topologies: ["ephemeral", "daemon"], maxHeap: "1G", daemon: { memory: "1Gi" } },
      'daemon.maxHeap: invalid value "1G" while memory is 1Gi: must be a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "local CockroachDB without volumes of its own",
      { topologies: ["cockroachdb"], storage: "local", replicas: 1 },
      'cockroachdb.localVolumes: invalid value "[]" with 0 volumes for 1 replicas: must be a list of {node, path} with an ' +
        "absolute path, at least one for each replica with storage local",
    ],
    [
      "a heap larger than the memory",
      { maxHeap: "4G", memory: "2Gi" },
      'maxHeap: invalid value "4G" while memory is 2Gi: must be a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "too few local volumes",
      { storage: "local", localVolumes: [{ node: "node1", path: "/mnt/a" }], replicas: 2 },
      'localVolumes: invalid value "[{"node":"node1","path":"/mnt/a"}]" with 1 volumes for 2 replicas: must be a list of {node, path} ' +
        "with an absolute path, at least one for each replica with storage local",
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("take a disk of a topology that is not chosen, or that uses none, for free", () => {
    const disks = [{ node: "node1", path: "/mnt/disk" }];
    const own = { replicas: 1, localVolumes: disks };
    const roach = { insecure: true, localVolumes: disks };
    assert.deepEqual(problemsOf({ storage: "local", ...own, cockroachdb: roach }), []);
    const both = { topologies: ["persistent", "cockroachdb"], ...own, cockroachdb: roach };
    assert.deepEqual(problemsOf(both), []);
    assert.equal(problemsOf({ ...both, storage: "local" }).length, 1);
    const elsewhere = { insecure: true, localVolumes: [{ node: "node2", path: "/mnt/disk" }] };
    assert.deepEqual(problemsOf({ ...both, storage: "local", cockroachdb: elsewhere }), []);
    const daemon = { topologies: ["daemon", "persistent"], ...own, storage: "local" };
    assert.deepEqual(problemsOf({ ...daemon, daemon: { hostPath: "/mnt/disks" } }), []);
    assert.equal(problemsOf({ ...daemon, daemon: { hostPath: "/mnt/disk/" } }).length, 1);
    assert.deepEqual(problemsOf({ ...daemon, topologies: ["persistent"], daemon: { hostPath: "/mnt/disk" } }), []);
  });

  it("want as many members in each rack, and racks that a StatefulSet can be named after", () => {
    const racks = ["zone-a", "zone-b", "zone-c"];
    assert.deepEqual(read({ racks, replicas: 6 }).persistent?.racks, racks);
    assert.deepEqual(read({ persistent: { racks } }).facts.persistent?.racks, "zone-a, zone-b, zone-c");
    assert.deepEqual(problemsOf({ racks, replicas: 4 }), [
      'cassandra:replicas: invalid value "4" with the racks zone-a, zone-b, zone-c: must be a multiple of 3',
    ]);
    assert.match(
      problemsOf({ persistent: { racks, replicas: 2 } })[0],
      /^cassandra:persistent.replicas: invalid value "2"/,
    );
    assert.match(problemsOf({ racks: ["a", "a"], replicas: 2 })[0], /^cassandra:racks: invalid value "\["a","a"\]"/);
    assert.match(problemsOf({ racks: ["Zone"] })[0], /^cassandra:racks: /);
    const rackNodeSelectors = { a: { room: "7" } };
    assert.deepEqual(problemsOf({ racks: ["a"], replicas: 2, rackNodeSelectors }), []);
    assert.deepEqual(problemsOf({ racks: ["b"], replicas: 2, rackNodeSelectors }), [
      'cassandra:rackNodeSelectors: invalid value "{"a":{"room":"7"}}" with the racks b: must leave out a; it is none of the racks',
    ]);
    assert.deepEqual(problemsOf({ topologies: ["ephemeral"], rackNodeSelectors }), [
      'cassandra:rackNodeSelectors: invalid value "{"a":{"room":"7"}}" for ephemeral: needs topology persistent',
    ]);
    assert.deepEqual(problemsOf({ racks: ["a"], replicas: 2, rackNodeSelectors, nodeSelector: { room: "8" } }), [
      'cassandra:nodeSelector: invalid value "{"room":"8"}" with the racks a: must leave out room; each rack selects its nodes by it',
    ]);
    const name = "a".repeat(47);
    assert.match(
      problemsOf({ persistent: { name, racks: ["zone-a", "b", "c"] } })[0],
      /^cassandra:persistent.racks: invalid value "zone-a": must be shorter; the name of StatefulSet a+-zone-a has more than 52 characters/,
    );
  });

  it("want one password for a superuser, and none where nobody logs in", () => {
    const superuserSecret = "vault";
    assert.equal(read({ superuserSecret }).persistent?.superuserSecret, "vault");
    assert.deepEqual(problemsOf({ superuserSecret, superuserPassword: "long-enough" }), [
      'cassandra:superuserSecret: invalid value "vault" beside cassandra:superuserPassword: must be left out',
    ]);
    assert.deepEqual(problemsOf({ persistent: { superuserSecret }, superuserPassword: "long-enough" }), [
      'cassandra:persistent.superuserSecret: invalid value "vault" beside cassandra:superuserPassword: must be left out',
    ]);
    assert.deepEqual(problemsOf({ superuserSecret, auth: "none" }), [
      'cassandra:superuserSecret: invalid value "vault" while auth is none: needs auth: password',
    ]);
  });

  it("want a Service from outside that somebody can use, and ranges that restrict something", () => {
    const cidr = "203.0.113.0/24";
    const ranges = { loadBalancerSourceRanges: [cidr] };
    const line = (service: object, rule: string) => [
      `cassandra:service: invalid value "${JSON.stringify(service)}": ${rule}`,
    ];
    for (const right of [
      { service: { type: "LoadBalancer", ...ranges } },
      { service: { type: "LoadBalancer" }, clientsFrom: [{ cidr }] },
      { service: { type: "NodePort" }, clientsFrom: [{ cidr }] },
      { service: { annotations: { a: "b" } } },
    ])
      assert.deepEqual(problemsOf(right), []);
    const admitsNobody = "; the ring's NetworkPolicy admits no client from outside otherwise";
    const balanced = { type: "LoadBalancer" };
    assert.deepEqual(
      problemsOf({ service: balanced, clientsFrom: [{ podLabels: { app: "shop" } }] }),
      line(balanced, `needs loadBalancerSourceRanges, or a {cidr} in clientsFrom${admitsNobody}`),
    );
    const ported = { type: "NodePort" };
    assert.deepEqual(problemsOf({ service: ported }), line(ported, `needs a {cidr} in clientsFrom${admitsNobody}`));
    const restricted = { ...ported, ...ranges };
    assert.deepEqual(
      problemsOf({ service: restricted }),
      line(restricted, "must leave out loadBalancerSourceRanges; a Service of type NodePort has no load balancer"),
    );
    const allowed = "an object of type (ClusterIP, NodePort or LoadBalancer), annotations and loadBalancerSourceRanges";
    for (const wrong of [
      { type: "External" },
      { loadBalancerSourceRanges: ["10.0.0.1"] },
      { annotations: { a: { b: "c" } } },
      { port: "1" },
    ])
      assert.deepEqual(problemsOf({ service: wrong }), line(wrong, `must be ${allowed}`));
  });

  it("refuse JVM options that the image's version does not know or that other keys decide", () => {
    const wrong = (option: string, image = "cassandra:5.0.9") =>
      problemsOf({ jvmOptions: [option], image, auth: "none" });
    for (const right of ["-Dcassandra.ring_delay_ms=5000", "-XX:+UseZGC", "-Dmine=1", "-Xss256k"])
      assert.deepEqual(wrong(right), [], right);
    assert.deepEqual(wrong("-Dcassandra.ring_dely_ms=5000"), [
      'cassandra:jvmOptions: invalid value "-Dcassandra.ring_dely_ms=5000": unknown property of Cassandra 5.0; did you mean -Dcassandra.ring_delay_ms?',
    ]);
    assert.match(
      wrong("-Dcassandra.system_auth.default_rf=3", "cassandra:4.0.18")[0],
      /unknown property of Cassandra 4.0/,
    );
    assert.deepEqual(wrong("-Xmx4G"), [
      'cassandra:jvmOptions: invalid value "-Xmx4G": must be left out; cassandra:maxHeap sets it',
    ]);
    assert.match(wrong("-Dcassandra.replace_address=10.0.0.1")[0], /: must be left out; the ring record sets it$/);
    assert.match(wrong("-Dcassandra.jmx.remote.port=7199")[0], /: must be left out; JMX stays inside the pod$/);
    assert.deepEqual(problemsOf({ topologies: ["pod"], pod: { jvmOptions: ["-Xms1G"] } }), [
      'cassandra:pod.jvmOptions: invalid value "-Xms1G": must be left out; cassandra:maxHeap sets it',
    ]);
  });

  it("take a limit of CPU in another spelling of the request for no less", () => {
    assert.deepEqual(problemsOf({ cpu: "700m", cpuLimit: "0.7" }), []);
    assert.equal(problemsOf({ cpu: "700m", cpuLimit: "0.699" }).length, 1);
  });
});
