import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import * as yaml from "js-yaml";
import * as fs from "node:fs";
import * as path from "node:path";
import { readSettings } from "../../../config/settings";
import { badStacks } from "../../support/badConfig";
import { optionRefusal } from "../../../components/cassandra/refusedOptions";
import properties from "../../../components/cassandra/systemProperties.json";
import { Key, keys, objectKeys, ownKeys, topologies } from "../../../config/schema";

const root = path.join(__dirname, "../../..");

/** Reads settings as the engine would hand them over: lists and objects as JSON. @param secrets keys set with `--secret` */
function read(config: Record<string, unknown>, secrets: string[] = []) {
  const text = Object.entries(config).map(([key, value]) => [
    `cassandra:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(text) as Record<string, string>,
    secrets.map((key) => `cassandra:${key}`),
  );
  return readSettings();
}

/** Every key, those of the objects too, by the name under which messages and the README know it. */
const all: Record<string, Key> = {
  ...keys,
  ...objectKeys,
  ...Object.fromEntries(
    topologies.flatMap((topology) =>
      Object.entries(ownKeys[topology].own as Record<string, Key>).map(([name, key]) => [`${topology}.${name}`, key]),
    ),
  ),
};

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

  const stack = {
    storage: "existing",
    storageClassName: "",
    namespace: "default",
    createNamespace: false,
    acceptDataLoss: false,
    podSecurity: "restricted",
    cluster: {},
    takesOver: false,
  };
  const ring = {
    name: "cassandra",
    clusterName: "cassandra",
    image: "docker.io/library/cassandra:5.0.9",
    memory: "2Gi",
    cpu: "500m",
    maxHeapMiB: 1024,
    datacenter: "datacenter1",
    rack: "rack1",
    jvmOptions: [],
    cassandraYaml: {},
    clientsFrom: [],
    imagePullSecrets: [],
    lockMemory: false,
    auth: "password",
    superuser: "admin",
  };
  const names = {
    namespace: "default",
    clusterName: "cassandra",
    datacenter: "datacenter1",
    auth: "password",
    superuser: "admin",
    tls: "none",
  };
  const volumes = { replicas: 3, volumeSize: "1Gi", volumeRetention: "retain" };
  const localVolumes = Array.from({ length: 5 }, (_, i) => ({ node: `node-${i}`, path: "/mnt/disks/1" }));

  it("have these defaults", () => {
    assert.deepEqual(read({}), {
      ...stack,
      facts: { persistent: { ...names, name: "cassandra", disk: "volumes" } },
      persistent: { ...ring, ...volumes, racks: [], stallTimeoutMinutes: 15 },
    });
  });

  it("take what a stack sets", () => {
    const given = {
      replicas: 5,
      racks: ["a", "b", "c", "d", "e"],
      stallTimeoutMinutes: 60,
      volumeSize: "1.5Ti",
      volumeRetention: "delete",
      localVolumes,
      image: "registry.example:5000/team/cassandra:5.0.9@sha256:" + "a".repeat(64),
      memory: "8Gi",
      cpu: "2",
      clusterName: "K8 Demo_1",
      datacenter: "DC1-K8Demo",
      jvmOptions: ["-Dcassandra.ring_delay_ms=5000"],
    };
    const whole = { storage: "local", storageClassName: "fast.disks", namespace: "db", createNamespace: true };
    assert.deepEqual(read({ ...given, ...whole, maxHeap: "3G", acceptDataLoss: "true" }), {
      ...stack,
      ...whole,
      acceptDataLoss: true,
      facts: {
        persistent: {
          ...names,
          namespace: "db",
          clusterName: "K8 Demo_1",
          datacenter: "DC1-K8Demo",
          racks: "a, b, c, d, e",
          name: "cassandra",
          disk: "volumes",
          volumeRetention: "delete",
        },
      },
      persistent: { ...ring, ...given, maxHeapMiB: 3072 },
    });
  });

  it("want as many members in each rack, and racks that a set can be named after", () => {
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

  it("give static volumes to `local` alone", () => {
    assert.equal(read({ localVolumes }).persistent?.localVolumes, undefined);
  });

  it("name the first ring plainly and further ones after their topologies, in Kubernetes and to each other", () => {
    const { ephemeral, daemon, pod, facts } = read({ topologies: ["ephemeral", "daemon", "pod"], clusterName: "K8" });
    assert.deepEqual(
      [ephemeral, daemon, pod].map((one) => [one?.name, one?.clusterName]),
      [
        ["cassandra", "K8"],
        ["cassandra-daemon", "K8-daemon"],
        ["cassandra-pod", "K8-pod"],
      ],
    );
    assert.deepEqual(facts, {
      ephemeral: { ...names, clusterName: "K8", name: "cassandra", disk: "pods" },
      daemon: { ...names, clusterName: "K8-daemon", name: "cassandra-daemon", disk: "pods" },
      pod: { ...names, clusterName: "K8-pod", name: "cassandra-pod", disk: "pods" },
    });
  });

  it("keep a name that a topology is given, and the plain one for the others", () => {
    const { persistent, cockroachdb } = read({
      topologies: ["cockroachdb", "persistent"],
      cockroachdb: { name: "roach", insecure: true },
    });
    assert.deepEqual([persistent?.name, cockroachdb?.name], ["cassandra", "roach"]);
  });

  it("take what a topology sets for itself, numbers and truths too, and the common value for the rest", () => {
    const { ephemeral, daemon } = read({
      topologies: ["ephemeral", "daemon"],
      replicas: 5,
      cpu: "2",
      ephemeral: { replicas: 2, cpu: 1, clusterName: "E" },
      daemon: { memory: "3Gi", nodeSelector: { ring: true }, hostPath: "/mnt/ring" },
    });
    const { replicas, cpu, memory, clusterName } = ephemeral!;
    assert.deepEqual([replicas, cpu, memory, clusterName], [2, "1", "2Gi", "E"]);
    assert.deepEqual(daemon, {
      ...ring,
      stallTimeoutMinutes: 15,
      name: "cassandra-daemon",
      clusterName: "cassandra-daemon",
      cpu: "2",
      memory: "3Gi",
      maxHeapMiB: 1536,
      nodeSelector: { ring: "true" },
      hostPath: "/mnt/ring",
    });
  });

  it("let the ephemeral ring adopt the pod, and remember it", () => {
    const { ephemeral, facts } = read({ topologies: ["ephemeral"], replicas: 1, ephemeral: { adoptPod: true } });
    assert.deepEqual(ephemeral, { ...ring, stallTimeoutMinutes: 15, replicas: 1, adoptPod: true });
    assert.deepEqual(facts, { ephemeral: { ...names, name: "cassandra", disk: "pods", adopt: "pod" } });
  });

  it("let the persistent ring be one that others have made, and remember it", () => {
    const own = { adopt: true, podTemplate: "own", numTokens: 32 };
    const { persistent, facts } = read({ replicas: 2, persistent: own });
    assert.deepEqual([persistent?.adopt, persistent?.rack, persistent?.numTokens], ["own", "Rack1-K8Demo", 32]);
    assert.equal(facts.persistent?.adopt, "persistent");
    assert.equal(facts.persistent?.podTemplate, "own");
    assert.equal(read({ persistent: { ...own, rack: "r1" } }).persistent?.rack, "r1");
    assert.equal(read({ auth: "none", persistent: { adopt: true } }).persistent?.adopt, "kept");
  });

  it("make CockroachDB insecure on minikube, secure elsewhere, or as they are told", () => {
    const certificates = { node: "cockroachdb.node", client: "cockroachdb.client.root" };
    const { cockroachdb } = read({ topologies: ["cockroachdb"], storage: "gce-pd" });
    assert.deepEqual(cockroachdb, {
      ...volumes,
      name: "cockroachdb",
      image: "docker.io/cockroachdb/cockroach:v23.1.28",
      memory: "2Gi",
      cpu: "500m",
      certificates,
      sqlClient: false,
      loadGenerator: false,
      clientsFrom: [],
      imagePullSecrets: [],
    });
    const of = (storage: string, insecure?: boolean) =>
      read({ topologies: ["cockroachdb"], storage, cockroachdb: { ...(insecure !== undefined && { insecure }) } })
        .cockroachdb?.certificates;
    assert.equal(of("minikube-hostpath"), undefined);
    assert.deepEqual(of("minikube-hostpath", false), certificates);
    assert.equal(of("gce-pd", true), undefined);
  });

  it("tell guards which cluster the provider uses", () => {
    pulumi.runtime.setAllConfig({ "kubernetes:context": "minikube", "kubernetes:kubeconfig": "/etc/kubeconfig" });
    assert.deepEqual(readSettings().cluster, { kubeconfig: "/etc/kubeconfig", context: "minikube" });
  });

  it("refuse a provider that writes to a folder, and keys that a renamed project does not read", async () => {
    pulumi.runtime.setAllConfig({ "kubernetes:cluster": "one" });
    assert.deepEqual(readSettings().cluster, { cluster: "one" });
    pulumi.runtime.setAllConfig({ "kubernetes:renderYamlToDirectory": "yaml" });
    assert.throws(readSettings, {
      message:
        'kubernetes:renderYamlToDirectory: "yaml" is not allowed: rings are looked at and moved in a cluster, which a folder of files is ' +
        "not; allowed is to leave it out",
    });
    const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
    await pulumi.runtime.setMocks(mocks, "orders", "test");
    try {
      pulumi.runtime.setAllConfig({ "cassandra:replicas": "5" });
      assert.throws(readSettings, {
        message:
          "Pulumi.yaml: name: \"orders\" is not allowed with cassandra:replicas in the stack's config: keys begin with the project's name, " +
          "so that it is not read; allowed is orders:replicas, and the name cassandra",
      });
      pulumi.runtime.setAllConfig({ "orders:replicas": "5" });
      assert.equal(readSettings().persistent?.replicas, 5);
    } finally {
      await pulumi.runtime.setMocks(mocks, "cassandra", "test");
    }
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
      'topologies: "["persistant"]" is not allowed (did you mean persistent?); allowed is a list of persistent, ' +
        "ephemeral, daemon, pod, cockroachdb, each at most once",
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
      "replicas for daemons alone",
      { topologies: ["ephemeral", "daemon"], daemon: { replicas: 3 } },
      "daemon.replicas: no key of this topology; allowed there is name, nodeSelector, hostPath, stallTimeoutMinutes, image, memory, cpu, maxHeap, " +
        "clusterName, datacenter, jvmOptions, cassandraYaml, lockMemory, clientsFrom, auth, superuser, superuserPassword, tls, tlsSecret, tlsIssuer, clientCertificates",
    ],
    [
      "something else than an object for a topology",
      { ephemeral: "three" },
      'ephemeral: "three" is not allowed; allowed is an object of replicas, stallTimeoutMinutes, image, memory, cpu, maxHeap, clusterName, ' +
        "datacenter, jvmOptions, cassandraYaml, lockMemory, clientsFrom, auth, superuser, superuserPassword, tls, tlsSecret, tlsIssuer, clientCertificates, name, adoptPod, adopt",
    ],
    [
      "a wrong value for one topology",
      { ephemeral: { replicas: 0 } },
      'ephemeral.replicas: "0" is not allowed; allowed is a whole number from 1 to 1000',
    ],
    [
      "adoption of something else than a pod",
      { ephemeral: { adopt: "pot" } },
      'ephemeral.adopt: "pot" is not allowed (did you mean pod?); allowed is pod, or empty',
    ],
    [
      "adoption of a pod that is made at the same time",
      { topologies: ["ephemeral", "pod"], ephemeral: { adoptPod: true } },
      'ephemeral.adoptPod: "true" is not allowed while topologies holds pod: what is adopted is no longer made; allowed is true or false',
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
      "an unknown storage",
      { storage: "gcepd" },
      'storage: "gcepd" is not allowed (did you mean gce-pd?); allowed is one of minikube-hostpath, gce-pd, aws-ebs, azure-disk, local, existing',
    ],
    ["an unknown key", { replica: 3 }, "replica: unknown key; did you mean cassandra:replicas?"],
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
      "a heap larger than the memory",
      { maxHeap: "4G", memory: "2Gi" },
      'maxHeap: "4G" is not allowed while memory is 2Gi; allowed is a whole number of M or G, at least 256M and below memory, or empty',
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
      'jvmOptions: "["Xmx1G"]" is not allowed; allowed is a list of JVM options, each starting with a dash and free of spaces, none twice',
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

  for (const { name, config, refusals } of badStacks("")) {
    it(`refuse a stack file: ${name}`, () => {
      assert.ok(refusals.length > 0);
      const plain = Object.entries(config).map(([key, value]) => [key.replace("cassandra:", ""), value]);
      assert.deepEqual(problemsOf(Object.fromEntries(plain) as Record<string, unknown>), refusals);
    });
  }

  it("accept every default by itself", () => {
    for (const [name, key] of Object.entries(all)) assert.notEqual(key.parse(key.default), undefined, name);
  });

  it("are declared in Pulumi.yaml as in their table", () => {
    const declared = yaml.load(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as { config: unknown };
    const expected = Object.entries({ ...keys, ...objectKeys } as Record<string, Key>).map(([name, key]) => [
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

  it("take all images from another registry, and the Secrets to pull them with", () => {
    const from = (image: string, imageRegistry: string) => read({ image, imageRegistry }).persistent?.image;
    assert.equal(
      from("docker.io/library/cassandra:5.0.9", "mirror:5000/hub"),
      "mirror:5000/hub/library/cassandra:5.0.9",
    );
    assert.equal(from("cassandra:5.0.9", "mirror.example"), "mirror.example/library/cassandra:5.0.9");
    assert.equal(from("localhost/team/cassandra:1", "mirror.example"), "mirror.example/team/cassandra:1");
    assert.equal(from("team/cassandra:1", ""), "team/cassandra:1");
    const { cockroachdb } = read({
      topologies: ["cockroachdb"],
      imageRegistry: "m.example",
      imagePullSecrets: ["key"],
    });
    assert.equal(cockroachdb?.image, "m.example/cockroachdb/cockroach:v23.1.28");
    assert.deepEqual(cockroachdb?.imagePullSecrets, ["key"]);
  });

  it("have clients log in, as long as nobody says otherwise, and keep the password a secret", async () => {
    const password = "correct-horse.battery";
    const { persistent, facts } = read({ superuser: "root", superuserPassword: password });
    assert.equal(persistent?.superuser, "root");
    assert.equal(await (persistent?.superuserPassword as unknown as { isSecret: Promise<boolean> }).isSecret, true);
    assert.ok(!JSON.stringify(facts).includes(password));
    const { ephemeral } = read({ topologies: ["ephemeral"], ephemeral: { auth: "none" } });
    assert.equal(ephemeral?.auth, "none");
    assert.deepEqual(problemsOf({ auth: "passwort" }), [
      'cassandra:auth: "passwort" is not allowed (did you mean password?); allowed is one of password, none',
    ]);
    assert.match(
      problemsOf({ superuser: "cassandra" })[0],
      /^cassandra:superuser: "cassandra" is not allowed; allowed/,
    );
    assert.match(problemsOf({ image: "cassandra:4.0.18" })[0], /^cassandra:auth: "password" is not allowed with/);
  });

  it("take certificates from the Secret of the ring's name, or from another one", () => {
    const secretOf = (config: object) => read({ ...config }).persistent?.tlsSecret;
    assert.equal(secretOf({}), undefined);
    assert.equal(secretOf({ tls: "secret" }), "cassandra-tls");
    assert.equal(secretOf({ tls: "secret", tlsSecret: "mine", persistent: { name: "orders" } }), "mine");
    assert.match(
      problemsOf({ tls: "secret", auth: "none", image: "cassandra:4.0.18" })[0],
      /^cassandra:tls: "secret" is/,
    );
    const asked = read({ topologies: ["persistent", "ephemeral"], tls: "secret", clientCertificates: "required" });
    assert.deepEqual(
      [asked.persistent?.clientCertificates, asked.ephemeral?.clientCertificates],
      ["required", "required"],
    );
    assert.equal(read({ tls: "secret" }).persistent?.clientCertificates, undefined);
    const cassandraYaml = { client_encryption_options: { enabled: true } };
    assert.deepEqual(problemsOf({ tls: "secret", cassandraYaml }), [
      "cassandra:cassandraYaml.client_encryption_options: follows from cassandra:tls",
    ]);
    assert.deepEqual(problemsOf({ cassandraYaml }), []);
  });

  /** What some stacks are warned of. */
  function warningsOf(readThem: () => unknown): string[] {
    const said: string[] = [];
    const { warn } = pulumi.log;
    pulumi.log.warn = (line: string) => Promise.resolve(void said.push(line));
    try {
      readThem();
    } finally {
      pulumi.log.warn = warn;
    }
    return said;
  }

  it("heed a deprecated key, and warn of it with the one that takes its place", () => {
    const stack = (ephemeral: object) => ({ topologies: ["ephemeral"], ephemeral });
    const said = warningsOf(() => {
      assert.equal(read(stack({ adopt: "pod" })).ephemeral?.adoptPod, true);
    });
    assert.deepEqual(said, [
      "cassandra:ephemeral.adopt is deprecated: cassandra:ephemeral.adoptPod: true takes its place",
    ]);
    assert.deepEqual(
      warningsOf(() => read(stack({ adopt: "", adoptPod: true }))),
      [],
    );
    // Whoever says both means the newer one.
    assert.equal(read(stack({ adopt: "pod", adoptPod: false })).ephemeral?.adoptPod, undefined);
  });

  it("name as what takes the place of a deprecated key one that there is, and a value that it takes", () => {
    for (const [topology, { own }] of Object.entries(ownKeys as Record<string, { own: Record<string, Key> }>)) {
      for (const [name, { successor, meaning }] of Object.entries(own)) {
        assert.equal(/^Deprecated: /.test(meaning), successor !== undefined, `${topology}.${name}`);
        if (successor) assert.notEqual(own[successor.name].parse(successor.value), undefined, `${topology}.${name}`);
      }
    }
  });

  it("warn of a password in plain text, for all topologies or for one", () => {
    const superuserPassword = "correct-horse.battery";
    const hidden = warningsOf(() => {
      read({ superuserPassword }, ["superuserPassword"]);
      read({ persistent: { superuserPassword } }, ["persistent"]);
    });
    assert.equal(hidden.length, 0);
    const said = warningsOf(() => {
      read({ superuserPassword });
      read({ persistent: { superuserPassword } });
    });
    assert.deepEqual(
      said.map((line) => line.split(" ")[0]),
      ["cassandra:superuserPassword", "cassandra:persistent.superuserPassword"],
    );
    assert.match(said[0], /`pulumi config set --secret superuserPassword` encrypts it$/);
  });

  it("never show a password that is not allowed", () => {
    for (const config of [{ superuserPassword: "it's me" }, { persistent: { superuserPassword: "it's me" } }])
      assert.match(
        problemsOf(config)[0],
        /superuserPassword: "\[secret\]" is not allowed; allowed is 8 to 128 letters/,
      );
  });

  it("give the heap half of the memory, as far as that makes it larger", () => {
    const heapOf = (memory: string) => read({ memory }).persistent?.maxHeapMiB;
    assert.deepEqual(["512Mi", "3Gi", "256Gi"].map(heapOf), [256, 1536, 31 * 1024]);
    assert.equal(read({ memory: "8Gi", maxHeap: "2G" }).persistent?.maxHeapMiB, 2048);
  });

  it("hold JVM options that the image's version knows, and none that other settings decide", () => {
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

  it("refuse those properties of Cassandra that follow from other settings or take away what keeps rows safe, and no others", () => {
    // By the word `unsafe` or `skip` alone, one could not tell: each was looked up in the source of Cassandra.
    const refused = `
      allow_alter_rf_during_range_movement allow_unsafe_join allow_unsafe_replace allow_unsafe_transient_changes auto_bootstrap
      commitlog.allow_ignore_sync_crc commitlog.ignorereplayerrors commitlog.stop_on_errors config config.allow_system_properties
      config.loader consistent.rangemovement consistent.simultaneousmoves.allow disable_paxos_auto_repairs
      disable_paxos_state_flush gossip.disable_endpoint_removal ignore_corrupted_schema_tables ignore_dc ignore_rack initial_token
      jmx.authorizer jmx.local.port jmx.remote.login.config jmx.remote.port join_ring load_ring_state logdir logdir.audit
      maxHintTTL native_transport_port override_decommission partitioner paxos_repair_allow_multiple_pending_unsafe
      replace_address replace_address_first_boot replace_node replace_token replayList reset_bootstrap_progress
      schema.force_load_local_keyspaces schema.update_handler_factory.class skip_paxos_repair_on_topology_change
      skip_paxos_repair_on_topology_change_keyspaces skip_paxos_state_rebuild skip_schema_check skip_schema_check_for_endpoints
      skip_schema_check_for_versions skip_sync skip_wait_for_gossip_to_settle ssl_storage_port start_gossip
      start_native_transport storage_port storagedir truncate_ballot_metadata unsafe.deterministicuuidnode
      unsafe.disable-serial-reads-linearizability unsafe.timeuuidnode unsafe_verbose_debug_client_protocol unsafesystem
      write_survey`;
    // A number that is no shorter than any wait, a truth, and nothing at all.
    for (const value of ["=1000000", "=true"]) {
      const waits = value === "=true" ? /^(ring_delay|gossip_(settle|quarantine))_/ : /^$/;
      const found = Object.keys(properties).filter((name) => optionRefusal(`-Dcassandra.${name}${value}`));
      assert.deepEqual(
        found.filter((name) => !waits.test(name)),
        refused.trim().split(/\s+/),
      );
    }
    for (const name of refused.trim().split(/\s+/)) assert.ok(optionRefusal(`-Dcassandra.${name}`), name);
  });

  it("take waits for gossip that are shorter than Cassandra's own, and none that are too short", () => {
    for (const right of ["ring_delay_ms=5000", "gossip_settle_min_wait_ms=1000", "gossip_settle_interval_ms=0500"])
      assert.equal(optionRefusal(`-Dcassandra.${right}`), undefined, right);
    for (const wrong of [
      "ring_delay_ms=4999",
      "ring_delay_ms=",
      "ring_delay_ms",
      "ring_delay_ms=-9000",
      "ring_delay_ms=9e9",
    ])
      assert.match(optionRefusal(`-Dcassandra.${wrong}`) ?? "", /^is not allowed: .*; allowed is 5000 or more$/, wrong);
    for (const right of ["-Dring_delay_ms=1", "-Dmine.ring_delay_ms=1"])
      assert.equal(optionRefusal(right), undefined, right);
  });

  it("let no JVM option bring along what it is not allowed to say itself", () => {
    const hidden = [
      "-Dmine=1 -Dcassandra.join_ring=false",
      "-Dmine=1\n-Dcassandra.join_ring=false",
      "-Dcassandra.$(POD_UID)join_ring=false",
      "-D$(MINE)=false",
      "-XX:VMOptionsFile=/tmp/options",
      "-XX:+ReadVMOptionsFile",
      "-Dcassandra.settings.auto_bootstrap=false",
      "-Dcom.sun.management.jmxremote",
      "-mx4G",
      "-ms4G",
      "Xmx4G",
      "",
    ];
    for (const option of hidden) assert.notEqual(optionRefusal(option), undefined, option);
    for (const option of [
      "-Xlog:gc:file=/tmp/$(POD_UID).log",
      "-XX:G1HeapRegionSize=16m",
      "-XX:+UseZGC",
      "-Dmine.x-y_z=$(A)",
    ])
      assert.equal(optionRefusal(option), undefined, option);
  });

  it("say who may be a client by labels or by addresses", () => {
    const given = [{ podLabels: { app: "shop" }, namespaceLabels: { team: "a" } }, { cidr: "fd00::/8" }];
    assert.deepEqual(read({ clientsFrom: given }).persistent?.clientsFrom, given);
    for (const wrong of [{}, { cidr: "10.0.0.0" }, { cidr: "10.0.0.0/33" }, { ...given[0], ...given[1] }, { pods: {} }])
      assert.match(
        problemsOf({ clientsFrom: [wrong] })[0],
        /^cassandra:clientsFrom: .* is not allowed; allowed is a list/,
      );
  });

  it("ask for the standard that what they run can meet", () => {
    assert.equal(read({ topologies: ["daemon"] }).podSecurity, "restricted");
    assert.equal(read({ topologies: ["daemon"], daemon: { hostPath: "/mnt" } }).podSecurity, "privileged");
    assert.equal(read({ persistent: { lockMemory: true } }).podSecurity, "privileged");
  });

  describe("of cassandra.yaml", () => {
    const wrong = (cassandraYaml: object, image = "cassandra:5.0.9") =>
      problemsOf({ cassandraYaml, image, auth: "none" });

    it("come as the values that they are, for all topologies or for one", () => {
      const cassandraYaml = { concurrent_reads: 64, auto_snapshot: false, network_authorizer: { class_name: "A" } };
      assert.deepEqual(read({ cassandraYaml }).persistent?.cassandraYaml, cassandraYaml);
      assert.deepEqual(read({ persistent: { cassandraYaml } }).persistent?.cassandraYaml, cassandraYaml);
    });

    it("stay secret where they were set so, for all topologies or for one", () => {
      const cassandraYaml = { audit_logging_options: { enabled: true } };
      const isSecret = (config: object, secrets: string[]) =>
        pulumi.Output.isInstance(read({ ...config }, secrets).persistent?.cassandraYaml);
      assert.deepEqual(
        [
          isSecret({ cassandraYaml }, []),
          isSecret({ cassandraYaml }, ["cassandraYaml"]),
          isSecret({ persistent: { cassandraYaml } }, ["persistent"]),
          isSecret({ persistent: { cassandraYaml } }, ["cassandraYaml"]),
        ],
        [false, true, true, false],
      );
      assert.throws(
        () => read({ cassandraYaml: "hush" }, ["cassandraYaml"]),
        /cassandraYaml: "\[secret\]" is not allowed/,
      );
    });

    it("are those of the image's own version", () => {
      assert.deepEqual(wrong({ concurrent_raeds: 64 }), [
        "cassandra:cassandraYaml.concurrent_raeds: is no key of Cassandra 5.0; did you mean concurrent_reads?",
      ]);
      const old = { read_request_timeout_in_ms: 5000 };
      assert.deepEqual(wrong(old), [
        "cassandra:cassandraYaml.read_request_timeout_in_ms: is named read_request_timeout in Cassandra 5.0",
      ]);
      assert.deepEqual(wrong(old, "cassandra:4.0.18"), []);
      assert.match(
        wrong({ read_request_timeout: "5s" }, "team/cassandra:4.0.18-jdk11")[0],
        /is no key of Cassandra 4.0/,
      );
      assert.deepEqual(wrong({ ...old, read_request_timeout: "5s" }, "team/cassandra:ours"), []);
      assert.match(wrong({ reed: 1 }, "team/cassandra:ours")[0], /is no key of Cassandra 4.0, 4.1, 5.0; did you mean/);
    });

    it("are none that other settings decide", () => {
      assert.deepEqual(problemsOf({ ephemeral: { cassandraYaml: { num_tokens: 1 } }, topologies: ["ephemeral"] }), [
        "cassandra:ephemeral.cassandraYaml.num_tokens: follows from the ring record",
      ]);
      const cassandraYaml = { authenticator: "AllowAllAuthenticator" };
      assert.deepEqual(problemsOf({ cassandraYaml }), [
        "cassandra:cassandraYaml.authenticator: follows from cassandra:auth",
      ]);
      assert.deepEqual(wrong(cassandraYaml), [], "a company may have an authenticator of its own");
    });

    it("hold every key that the image's own file sets", () => {
      const file = path.join(root, "lab/image/rootfs/etc/cassandra/cassandra.yaml");
      const theirs = yaml.load(fs.readFileSync(file, "utf8")) as object;
      const unknown = wrong(theirs).filter((line) => !line.includes("follows from"));
      // Cassandra's own way is what this program changes.
      const periodic =
        'cassandra:cassandraYaml.commitlog_sync: "periodic" is not allowed: a ring that is killed as a whole would lose what it has ' +
        "acknowledged; allowed is batch, group";
      assert.deepEqual(unknown, [periodic]);
    });

    it("are none with values that lose rows, however these are written", () => {
      const away = "a member that was away would miss what was written meanwhile";
      for (const value of [false, "false", "no", "off", 0, "FALSE", [true], {}])
        assert.match(
          wrong({ hinted_handoff_enabled: value })[0],
          new RegExp(`is not allowed: ${away}; allowed is true$`),
        );
      for (const value of ["periodic", "Batch", ["batch"], null, ""])
        assert.match(
          wrong({ commitlog_sync: value })[0],
          /commitlog_sync: ".*" is not allowed: .*; allowed is batch, group$/,
        );
      for (const value of ["ignore", "best_effort", null, true])
        assert.match(wrong({ disk_failure_policy: value })[0], /disk_failure_policy: ".*" is not allowed: /);
      for (const value of [0, "0s", "0", "none", [], {}]) assert.equal(wrong({ max_hint_window: value }).length, 1);
      assert.match(
        wrong({ max_hint_window_in_ms: 0 }, "cassandra:4.0.18")[0],
        /"0" is not allowed: a member that was away/,
      );
      assert.match(wrong({ max_hint_window_in_ms: 0 })[0], /is named max_hint_window in Cassandra 5.0/);
    });

    it("may be those that keep rows safe, and may be taken out where Cassandra's own value does", () => {
      const right: Record<string, unknown[]> = {
        commitlog_sync: ["batch", "group"],
        disk_failure_policy: ["stop", "stop_paranoid", "die"],
        commit_failure_policy: ["die", "stop_commit", null],
        hinted_handoff_enabled: [true, "true", null],
        hinted_handoff_disabled_datacenters: [[], null],
        max_hint_window: ["6h", 10800000, null],
        allow_insecure_udfs: [false, null],
      };
      for (const [key, values] of Object.entries(right))
        for (const value of values) assert.deepEqual(wrong({ [key]: value }), [], `${key}: ${JSON.stringify(value)}`);
    });

    it("are refused without a word of their values where these are secret", () => {
      const cassandraYaml = { disk_failure_policy: "ignore" };
      for (const [config, secrets] of [
        [{ cassandraYaml }, ["cassandraYaml"]],
        [{ persistent: { cassandraYaml } }, ["persistent"]],
      ] as [Record<string, unknown>, string[]][])
        assert.throws(() => read(config, secrets), /disk_failure_policy: "\[secret\]" is not allowed: /);
    });
  });

  it("stand in the README's table as in theirs", () => {
    const [, section] = /^## Stack config\n([^]*?)^## /m.exec(fs.readFileSync(path.join(root, "README.md"), "utf8"))!;
    const rows = section.split("\n").filter((line) => /^\| `[\w.]+` \|/.test(line));
    const expected = Object.entries(all).map(([name, key]) => {
      const value = typeof key.default === "string" ? key.default : JSON.stringify(key.default);
      return `| \`${name}\` | ${value === "" ? "" : `\`${value}\``} | ${key.unit} | ${key.allowed} | ${key.meaning} |`;
    });
    assert.deepEqual(rows, expected);
  });
});
