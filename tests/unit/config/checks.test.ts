import * as assert from "node:assert/strict";
import { inProject, problemsOf, read } from "./read";

describe("checks across keys", () => {
  before(inProject);

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "a pod with replicas",
      { topologies: ["pod"], replicas: 1 },
      'replicas: "1" is not allowed while pod is one member; allowed is a whole number from 1 to 1000',
    ],
    [
      "daemons with replicas",
      { topologies: ["daemon", "pod"], replicas: 3 },
      'replicas: "3" is not allowed while daemon has one for each node and pod is one member; allowed is a whole number from 1 to 1000',
    ],
    [
      "adoption of a pod that is made at the same time",
      { topologies: ["ephemeral", "pod"], ephemeral: { adoptPod: true } },
      'ephemeral.adoptPod: "true" is not allowed while topologies holds pod: what is adopted is no longer made; allowed is true or false',
    ],
    [
      "two rings of one name",
      { topologies: ["ephemeral", "daemon"], daemon: { name: "cassandra" } },
      'daemon.name: "cassandra" is not allowed: ephemeral has it too; allowed is a name of at most 47 lower-case letters, ' +
        "digits and dashes that starts with a letter, or empty",
    ],
    [
      "two rings that call themselves alike",
      { topologies: ["ephemeral", "daemon"], daemon: { clusterName: "cassandra" } },
      'daemon.clusterName: "cassandra" is not allowed: ephemeral has it too; allowed is letters, digits, spaces, dashes and ' +
        "underscores, at most 48",
    ],
    [
      "a heap larger than the memory of one topology",
      { topologies: ["ephemeral", "daemon"], maxHeap: "1G", daemon: { memory: "1Gi" } },
      'daemon.maxHeap: "1G" is not allowed while memory is 1Gi; allowed is a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "local CockroachDB without volumes of its own",
      { topologies: ["cockroachdb"], storage: "local", replicas: 1 },
      'cockroachdb.localVolumes: "[]" is not allowed: 0 of them for 1 replicas; allowed is a list of {node, path} with an ' +
        "absolute path, at least one for each replica with storage local",
    ],
    [
      "a heap larger than the memory",
      { maxHeap: "4G", memory: "2Gi" },
      'maxHeap: "4G" is not allowed while memory is 2Gi; allowed is a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "too few local volumes",
      { storage: "local", localVolumes: [{ node: "node1", path: "/mnt/a" }], replicas: 2 },
      'localVolumes: "[{"node":"node1","path":"/mnt/a"}]" is not allowed: 1 of them for 2 replicas; allowed is a list of {node, path} ' +
        "with an absolute path, at least one for each replica with storage local",
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("want as many members in each rack, and racks that a StatefulSet can be named after", () => {
    const racks = ["zone-a", "zone-b", "zone-c"];
    assert.deepEqual(read({ racks, replicas: 6 }).persistent?.racks, racks);
    assert.deepEqual(read({ persistent: { racks } }).facts.persistent?.racks, "zone-a, zone-b, zone-c");
    assert.deepEqual(problemsOf({ racks, replicas: 4 }), [
      'cassandra:replicas: "4" is not allowed with the racks zone-a, zone-b, zone-c; allowed is a multiple of 3',
    ]);
    assert.match(
      problemsOf({ persistent: { racks, replicas: 2 } })[0],
      /^cassandra:persistent.replicas: "2" is not allowed/,
    );
    assert.match(problemsOf({ racks: ["a", "a"], replicas: 2 })[0], /^cassandra:racks: "\["a","a"\]" is not allowed/);
    assert.match(problemsOf({ racks: ["Zone"] })[0], /^cassandra:racks: /);
    const name = "a".repeat(47);
    assert.match(
      problemsOf({ persistent: { name, racks: ["zone-a", "b", "c"] } })[0],
      /^cassandra:persistent.racks: "zone-a" is not allowed: set a+-zone-a has a name of more than 52 characters/,
    );
  });

  it("refuse JVM options that the image's version does not know or that other keys decide", () => {
    const wrong = (option: string, image = "cassandra:5.0.9") =>
      problemsOf({ jvmOptions: [option], image, auth: "none" });
    for (const right of ["-Dcassandra.ring_delay_ms=5000", "-XX:+UseZGC", "-Dmine=1", "-Xss256k"])
      assert.deepEqual(wrong(right), [], right);
    assert.deepEqual(wrong("-Dcassandra.ring_dely_ms=5000"), [
      'cassandra:jvmOptions: "-Dcassandra.ring_dely_ms=5000" is no property of Cassandra 5.0; did you mean -Dcassandra.ring_delay_ms?',
    ]);
    assert.match(
      wrong("-Dcassandra.system_auth.default_rf=3", "cassandra:4.0.18")[0],
      /is no property of Cassandra 4.0/,
    );
    assert.deepEqual(wrong("-Xmx4G"), ['cassandra:jvmOptions: "-Xmx4G" follows from cassandra:maxHeap']);
    assert.match(wrong("-Dcassandra.replace_address=10.0.0.1")[0], /follows from the ring record$/);
    assert.match(wrong("-Dcassandra.jmx.remote.port=7199")[0], /follows from that JMX stays in the pod$/);
    assert.deepEqual(problemsOf({ topologies: ["pod"], pod: { jvmOptions: ["-Xms1G"] } }), [
      'cassandra:pod.jvmOptions: "-Xms1G" follows from cassandra:maxHeap',
    ]);
  });
});
