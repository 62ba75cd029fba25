import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import * as yaml from "js-yaml";
import * as fs from "node:fs";
import * as path from "node:path";
import { Key, keys, readSettings } from "../../settings";

const root = path.join(__dirname, "../..");

/** Reads settings as the engine would hand them over: lists and objects as JSON. */
function read(config: Record<string, unknown>) {
  const text = Object.entries(config).map(([key, value]) => [
    `cassandra:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(text) as Record<string, string>);
  return readSettings();
}

const problemsOf = (config: Record<string, unknown>): string[] => {
  try {
    read(config);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n");
  }
  return [];
};

describe("settings", () => {
  before(() =>
    pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "cassandra", "test"),
  );

  it("have these defaults", () => {
    assert.deepEqual(read({}), {
      topologies: ["persistent"],
      replicas: 3,
      storage: "existing",
      storageClassName: "",
      volumeSize: "1Gi",
      volumeRetention: "retain",
      localVolumes: [],
      image: "docker.io/library/cassandra:5.0.9",
      memory: "2Gi",
      cpu: "500m",
      maxHeapMiB: 1024,
      namespace: "default",
      createNamespace: false,
      clusterName: "cassandra",
      datacenter: "datacenter1",
      jvmOptions: [],
    });
  });

  it("take what a stack sets", () => {
    const given = {
      replicas: 5,
      storage: "local",
      storageClassName: "fast.disks",
      volumeSize: "1.5Ti",
      volumeRetention: "delete",
      localVolumes: Array.from({ length: 5 }, (_, i) => ({ node: `node-${i}`, path: "/mnt/disks/1" })),
      image: "registry.example:5000/team/cassandra:5.0.9@sha256:" + "a".repeat(64),
      memory: "8Gi",
      cpu: "2",
      namespace: "db",
      createNamespace: true,
      clusterName: "K8 Demo_1",
      datacenter: "DC1-K8Demo",
      jvmOptions: ["-Dcassandra.ring_delay_ms=5000"],
    };
    assert.deepEqual(read({ ...given, maxHeap: "3G" }), { topologies: ["persistent"], ...given, maxHeapMiB: 3072 });
  });

  it("name the class after the namespace when a platform's class is made", () => {
    assert.equal(read({ storage: "gce-pd", namespace: "db" }).storageClassName, "db-cassandra");
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
      "an unknown topology",
      { topologies: ["persistant"] },
      'topologies: "["persistant"]" is not allowed (did you mean persistent?); allowed is a list of persistent',
    ],
    ["no topology", { topologies: [] }, 'topologies: "[]" is not allowed; allowed is a list of persistent'],
    [
      "an unknown storage",
      { storage: "gcepd" },
      'storage: "gcepd" is not allowed (did you mean gce-pd?); allowed is one of minikube-hostpath, gce-pd, aws-ebs, azure-disk, local, existing',
    ],
    ["an unknown key", { replica: 3 }, "replica: unknown key; did you mean cassandra:replicas?"],
    [
      "a size that is no quantity",
      { volumeSize: "ten gigs" },
      'volumeSize: "ten gigs" is not allowed; allowed is a Kubernetes quantity above zero, such as 10Gi',
    ],
    [
      "a size of nothing",
      { volumeSize: "0" },
      'volumeSize: "0" is not allowed; allowed is a Kubernetes quantity above zero, such as 10Gi',
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
      "a heap larger than the memory",
      { maxHeap: "4G", memory: "2Gi" },
      'maxHeap: "4G" is not allowed while memory is 2Gi; allowed is a whole number of M or G, at least 256M and below memory',
    ],
    [
      "a heap in another unit",
      { maxHeap: "512Mi" },
      'maxHeap: "512Mi" is not allowed; allowed is a whole number of M or G, at least 256M and below memory',
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
      "too few local volumes",
      { storage: "local", localVolumes: [{ node: "node1", path: "/mnt/a" }], replicas: 2 },
      'localVolumes: "[{"node":"node1","path":"/mnt/a"}]" is not allowed: 1 of them for 2 replicas; allowed is a list of {node, path} ' +
        "with an absolute path, at least one for each replica with storage local",
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
      'jvmOptions: "["Xmx1G"]" is not allowed; allowed is a list of JVM options, each starting with a dash and free of spaces',
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuse ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("tell all problems at once, a line each", () => {
    const problems = problemsOf({ replicas: 0, storage: "floppy", volumeSize: "big", colour: "red" });
    assert.deepEqual(problems.map((line) => line.split(":")[1]).sort(), [
      "colour",
      "replicas",
      "storage",
      "volumeSize",
    ]);
  });

  it("accept every default by itself", () => {
    for (const [name, key] of Object.entries(keys) as [string, Key][])
      assert.notEqual(key.parse(key.default), undefined, name);
  });

  it("are declared in Pulumi.yaml as in their table", () => {
    const declared = yaml.load(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as { config: unknown };
    const expected = Object.entries(keys as Record<string, Key>).map(([name, key]) => [
      name,
      {
        type: key.type,
        ...(key.items && { items: { type: key.items } }),
        default: key.default,
        description: key.meaning,
      },
    ]);
    assert.deepEqual(declared.config, Object.fromEntries(expected));
  });

  it("stand in the README's table as in theirs", () => {
    const rows = fs
      .readFileSync(path.join(root, "README.md"), "utf8")
      .split("\n")
      .filter((line) => /^\| `\w+` \|/.test(line));
    const expected = Object.entries(keys as Record<string, Key>).map(([name, key]) => {
      const value = typeof key.default === "string" ? key.default : JSON.stringify(key.default);
      return `| \`${name}\` | ${value === "" ? "" : `\`${value}\``} | ${key.unit} | ${key.allowed} | ${key.meaning} |`;
    });
    assert.deepEqual(rows, expected);
  });
});
