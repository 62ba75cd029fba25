import * as assert from "node:assert/strict";
import { allKeys as all } from "./allKeys";
import { inProject, problemsOf, read } from "./read";

describe("the schema of config", () => {
  before(inProject);

  it("accepts every default by itself", () => {
    for (const [name, key] of Object.entries(all)) assert.notEqual(key.parse(key.default), undefined, name);
  });

  const refused: [string, Record<string, unknown>, string][] = [
    ["no replicas", { replicas: 0 }, 'replicas: invalid value "0": must be a whole number from 1 to 1000'],
    ["negative replicas", { replicas: -1 }, 'replicas: invalid value "-1": must be a whole number from 1 to 1000'],
    ["a fraction", { replicas: 2.5 }, 'replicas: invalid value "2.5": must be a whole number from 1 to 1000'],
    [
      "text for a number",
      { replicas: "three" },
      'replicas: invalid value "three": must be a whole number from 1 to 1000',
    ],
    ["too many replicas", { replicas: 1001 }, 'replicas: invalid value "1001": must be a whole number from 1 to 1000'],
    [
      "no topology",
      { topologies: [] },
      'topologies: invalid value "[]": must be a list of persistent, ephemeral, daemon, pod, cockroachdb, each at most once',
    ],
    [
      "a topology twice",
      { topologies: ["pod", "pod"] },
      'topologies: invalid value "["pod","pod"]": must be a list of persistent, ephemeral, daemon, pod, cockroachdb, each at most once',
    ],
    [
      "something else than an object for a topology",
      { ephemeral: "three" },
      'ephemeral: invalid value "three": must be an object of replicas, stallTimeoutMinutes, image, memory, cpu, cpuLimit, nodeSelector, tolerations, affinity, priorityClassName, podSecurity, podTemplatePatch, maxHeap, clusterName, ' +
        "datacenter, jvmOptions, cassandraYaml, lockMemory, repair, repairInterval, metrics, metricsFrom, metricsLabels, clientsFrom, egress, service, auth, superuser, superuserPassword, superuserSecret, roles, tls, tlsSecret, tlsIssuer, clusterDomain, clientCertificates, name, adoptPod",
    ],
    [
      "a wrong value for one topology",
      { ephemeral: { replicas: 0 } },
      'ephemeral.replicas: invalid value "0": must be a whole number from 1 to 1000',
    ],
    [
      "adoption of something else than a pod",
      { ephemeral: { adoptPod: "pot" } },
      'ephemeral.adoptPod: invalid value "pot": must be true or false',
    ],
    [
      "labels of nodes that are none",
      { daemon: { nodeSelector: { "not a label": "x" } } },
      'daemon.nodeSelector: invalid value "{"not a label":"x"}": must be labels of nodes, as {disk: ssd}',
    ],
    [
      "the root of a node as folder",
      { daemon: { hostPath: "/" } },
      'daemon.hostPath: invalid value "/": must be an absolute path below the root, or empty',
    ],
    [
      "a folder without absolute path",
      { daemon: { hostPath: "data" } },
      'daemon.hostPath: invalid value "data": must be an absolute path below the root, or empty',
    ],
    [
      "a name of a ring that Kubernetes refuses",
      { pod: { name: "Ring_1" } },
      'pod.name: invalid value "Ring_1": must be a name of at most 47 lower-case letters, digits and dashes that starts ' +
        "with a letter, or empty",
    ],
    [
      "certificates in a Secret whose name Kubernetes refuses",
      { cockroachdb: { nodeCertificates: "No!" } },
      'cockroachdb.nodeCertificates: invalid value "No!": must be a name of lower-case letters, digits, dots and dashes',
    ],
    [
      "neither secure nor insecure",
      { cockroachdb: { insecure: "maybe" } },
      'cockroachdb.insecure: invalid value "maybe": must be true or false, or empty',
    ],
    [
      "neither accepted nor not",
      { acceptDataLoss: "perhaps" },
      'acceptDataLoss: invalid value "perhaps": must be true or false',
    ],
    [
      "a size that is no quantity",
      { volumeSize: "ten gigs" },
      'volumeSize: invalid value "ten gigs": must be a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ],
    [
      "a size of nothing",
      { volumeSize: "0" },
      'volumeSize: invalid value "0": must be a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ],
    [
      "an image without tag",
      { image: "cassandra" },
      'image: invalid value "cassandra": must be an image, its path in lower case, with a tag other than latest, or with a digest',
    ],
    [
      "an image whose port looks like a tag",
      { image: "registry:5000/cassandra" },
      'image: invalid value "registry:5000/cassandra": must be an image, its path in lower case, with a tag other than latest, or with a digest',
    ],
    [
      "the tag latest",
      { image: "cassandra:latest" },
      'image: invalid value "cassandra:latest": must be an image, its path in lower case, with a tag other than latest, or with a digest',
    ],
    [
      "a heap in another unit",
      { maxHeap: "512Mi" },
      'maxHeap: invalid value "512Mi": must be a whole number of M or G, at least 256M and below memory, or empty',
    ],
    [
      "a namespace that Kubernetes refuses",
      { namespace: "My_Space" },
      'namespace: invalid value "My_Space": must be a name of lower-case letters, digits and dashes, at most 63 characters, or empty',
    ],
    [
      "a class that Kubernetes refuses",
      { storageClassName: "Fast!" },
      'storageClassName: invalid value "Fast!": must be a name of lower-case letters, digits, dots and dashes, or empty',
    ],
    [
      "a local volume without an absolute path",
      { localVolumes: [{ node: "node1", path: "mnt" }] },
      'localVolumes: invalid value "[{"node":"node1","path":"mnt"}]": must be a list of {node, path} with an absolute path, ' +
        "at least one for each replica with storage local",
    ],
    [
      "neither true nor false",
      { createNamespace: "yes" },
      'createNamespace: invalid value "yes": must be true or false',
    ],
    [
      "a cluster name with a quote",
      { clusterName: "it's" },
      'clusterName: invalid value "it\'s": must be 1 to 48 letters, digits, spaces, dashes and underscores',
    ],
    [
      "a JVM option without dash",
      { jvmOptions: ["Xmx1G"] },
      'jvmOptions: invalid value "["Xmx1G"]": must be a list of JVM options, each starting with a dash and free of spaces, none twice',
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("takes clients by labels or by addresses", () => {
    const given = [{ podLabels: { app: "shop" }, namespaceLabels: { team: "a" } }, { cidr: "fd00::/8" }];
    assert.deepEqual(read({ clientsFrom: given }).persistent?.clientsFrom, given);
    for (const wrong of [{}, { cidr: "10.0.0.0" }, { cidr: "10.0.0.0/33" }, { ...given[0], ...given[1] }, { pods: {} }])
      assert.match(problemsOf({ clientsFrom: [wrong] })[0], /^cassandra:clientsFrom: invalid value .*: must be a list/);
  });
});
