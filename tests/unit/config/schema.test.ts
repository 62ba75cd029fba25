import * as assert from "node:assert/strict";
import { Key } from "../../../config/keys";
import { commonKeys, objectKeys, topologies, topologyKeys } from "../../../config/schema";
import { inProject, problemsOf, read } from "./read";

/** Every key, also of the topologies' objects, by the name that messages use. */
const all: Record<string, Key> = {
  ...commonKeys,
  ...objectKeys,
  ...Object.fromEntries(
    topologies.flatMap((topology) =>
      Object.entries(topologyKeys[topology].own as Record<string, Key>).map(([name, key]) => [
        `${topology}.${name}`,
        key,
      ]),
    ),
  ),
};

describe("the schema of config", () => {
  before(inProject);

  it("accepts every default by itself", () => {
    for (const [name, key] of Object.entries(all)) assert.notEqual(key.parse(key.default), undefined, name);
  });

  const refused: [string, Record<string, unknown>, string][] = [
    ["no replicas", { replicas: 0 }, 'replicas: "0" is not allowed; allowed is a whole number from 1 to 1000'],
    ["negative replicas", { replicas: -1 }, 'replicas: "-1" is not allowed; allowed is a whole number from 1 to 1000'],
    ["a fraction", { replicas: 2.5 }, 'replicas: "2.5" is not allowed; allowed is a whole number from 1 to 1000'],
    [
      "text for a number",
      { replicas: "three" },
      'replicas: "three" is not allowed; allowed is a whole number from 1 to 1000',
    ],
    [
      "too many replicas",
      { replicas: 1001 },
      'replicas: "1001" is not allowed; allowed is a whole number from 1 to 1000',
    ],
    [
      "no topology",
      { topologies: [] },
      'topologies: "[]" is not allowed; allowed is a list of persistent, ephemeral, daemon, pod, cockroachdb, each at most once',
    ],
    [
      "a topology twice",
      { topologies: ["pod", "pod"] },
      'topologies: "["pod","pod"]" is not allowed; allowed is a list of persistent, ephemeral, daemon, pod, cockroachdb, each at most once',
    ],
    [
      "something else than an object for a topology",
      { ephemeral: "three" },
      'ephemeral: "three" is not allowed; allowed is an object of replicas, stallTimeoutMinutes, image, memory, cpu, maxHeap, clusterName, ' +
        "datacenter, jvmOptions, cassandraYaml, lockMemory, clientsFrom, auth, superuser, superuserPassword, tls, tlsSecret, tlsIssuer, clientCertificates, name, adoptPod",
    ],
    [
      "a wrong value for one topology",
      { ephemeral: { replicas: 0 } },
      'ephemeral.replicas: "0" is not allowed; allowed is a whole number from 1 to 1000',
    ],
    [
      "adoption of something else than a pod",
      { ephemeral: { adoptPod: "pot" } },
      'ephemeral.adoptPod: "pot" is not allowed; allowed is true or false',
    ],
    [
      "labels of nodes that are none",
      { daemon: { nodeSelector: { "not a label": "x" } } },
      'daemon.nodeSelector: "{"not a label":"x"}" is not allowed; allowed is labels of nodes, as {disk: ssd}',
    ],
    [
      "the root of a node as folder",
      { daemon: { hostPath: "/" } },
      'daemon.hostPath: "/" is not allowed; allowed is an absolute path below the root, or empty',
    ],
    [
      "a folder without absolute path",
      { daemon: { hostPath: "data" } },
      'daemon.hostPath: "data" is not allowed; allowed is an absolute path below the root, or empty',
    ],
    [
      "a name of a ring that Kubernetes refuses",
      { pod: { name: "Ring_1" } },
      'pod.name: "Ring_1" is not allowed; allowed is a name of at most 47 lower-case letters, digits and dashes that starts ' +
        "with a letter, or empty",
    ],
    [
      "certificates in a Secret whose name Kubernetes refuses",
      { cockroachdb: { nodeCertificates: "No!" } },
      'cockroachdb.nodeCertificates: "No!" is not allowed; allowed is a name of lower-case letters, digits, dots and dashes',
    ],
    [
      "neither secure nor insecure",
      { cockroachdb: { insecure: "maybe" } },
      'cockroachdb.insecure: "maybe" is not allowed; allowed is true or false, or empty',
    ],
    [
      "neither accepted nor not",
      { acceptDataLoss: "perhaps" },
      'acceptDataLoss: "perhaps" is not allowed; allowed is true or false',
    ],
    [
      "a size that is no quantity",
      { volumeSize: "ten gigs" },
      'volumeSize: "ten gigs" is not allowed; allowed is a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ],
    [
      "a size of nothing",
      { volumeSize: "0" },
      'volumeSize: "0" is not allowed; allowed is a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ],
    [
      "an image without tag",
      { image: "cassandra" },
      'image: "cassandra" is not allowed; allowed is an image with a tag other than latest, or with a digest',
    ],
    [
      "an image whose port looks like a tag",
      { image: "registry:5000/cassandra" },
      'image: "registry:5000/cassandra" is not allowed; allowed is an image with a tag other than latest, or with a digest',
    ],
    [
      "the tag latest",
      { image: "cassandra:latest" },
      'image: "cassandra:latest" is not allowed; allowed is an image with a tag other than latest, or with a digest',
    ],
    [
      "a heap in another unit",
      { maxHeap: "512Mi" },
      'maxHeap: "512Mi" is not allowed; allowed is a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "a namespace that Kubernetes refuses",
      { namespace: "My_Space" },
      'namespace: "My_Space" is not allowed; allowed is a name of lower-case letters, digits and dashes, at most 63 characters',
    ],
    [
      "a class that Kubernetes refuses",
      { storageClassName: "Fast!" },
      'storageClassName: "Fast!" is not allowed; allowed is a name of lower-case letters, digits, dots and dashes, or empty',
    ],
    [
      "a local volume without an absolute path",
      { localVolumes: [{ node: "node1", path: "mnt" }] },
      'localVolumes: "[{"node":"node1","path":"mnt"}]" is not allowed; allowed is a list of {node, path} with an absolute path, ' +
        "at least one for each replica with storage local",
    ],
    [
      "neither true nor false",
      { createNamespace: "yes" },
      'createNamespace: "yes" is not allowed; allowed is true or false',
    ],
    [
      "a cluster name with a quote",
      { clusterName: "it's" },
      'clusterName: "it\'s" is not allowed; allowed is letters, digits, spaces, dashes and underscores, at most 48',
    ],
    [
      "a JVM option without dash",
      { jvmOptions: ["Xmx1G"] },
      'jvmOptions: "["Xmx1G"]" is not allowed; allowed is a list of JVM options, each starting with a dash and free of spaces, none twice',
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("takes clients by labels or by addresses", () => {
    const given = [{ podLabels: { app: "shop" }, namespaceLabels: { team: "a" } }, { cidr: "fd00::/8" }];
    assert.deepEqual(read({ clientsFrom: given }).persistent?.clientsFrom, given);
    for (const wrong of [{}, { cidr: "10.0.0.0" }, { cidr: "10.0.0.0/33" }, { ...given[0], ...given[1] }, { pods: {} }])
      assert.match(
        problemsOf({ clientsFrom: [wrong] })[0],
        /^cassandra:clientsFrom: .* is not allowed; allowed is a list/,
      );
  });
});
