import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import * as assert from "node:assert/strict";
import { argsOf, Component, components } from "../../../../components/args/argRules";
import { checkedArgs, refuseWrongArgs } from "../../../../components/args/checkedArgs";
import {
  CassandraService,
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  PersistentCluster,
  SinglePod,
} from "../../../../components/index";
import * as foreign from "../../../../components/plugin";
import { readConfig } from "../../../../config";
import { topologyKeys, topologies, Topology } from "../../../../config/schema";
import { heap } from "../../../../config/parsers";
import { badStacks } from "../../../support/badConfig";
import { record } from "../../../support/recorder";
import { podArgs, ringArgs } from "../../../support/args";

type Args = Record<string, unknown>;

/** Args of each component that are right. */
const right: Record<Component, Args> = {
  CassandraService: { name: "ring", namespace: "db", topology: "persistent", selector: { app: "ring" } },
  PersistentCluster: { ...ringArgs, replicas: 3, volumeSize: "1Gi" },
  EphemeralCluster: { ...ringArgs, replicas: 3 },
  DaemonCluster: { ...ringArgs },
  SinglePod: { ...ringArgs },
  CockroachCluster: {
    name: "roach",
    namespace: "db",
    replicas: 3,
    image: "cockroachdb/cockroach:v23.1.28",
    memory: "1Gi",
    cpu: "500m",
    volumeSize: "1Gi",
  },
};

type Make = new (name: string, args: never) => pulumi.Resource;
const classes: Record<Component, Make> = {
  CassandraService,
  PersistentCluster,
  EphemeralCluster,
  DaemonCluster,
  SinglePod,
  CockroachCluster,
};

/** Lines with which something is refused, after the one that says what it is; none where it is made. */
function linesOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    assert.ok(pulumi.ResourceError.isInstance(error), (error as Error).stack);
    assert.equal(error.hideStack, true, "a stack trace helps no user");
    return error.message.split("\n").slice(1);
  }
  return [];
}

/** Lines with which args are refused in place of right ones. */
const refusals = (args: Args, component: Component = "PersistentCluster") =>
  linesOf(() => refuseWrongArgs(component, "c", { ...right[component], ...args }));

describe("args of components", () => {
  it("pass as they are where nothing takes away what keeps rows safe", () => {
    const args = {
      ...right.PersistentCluster,
      jvmOptions: ["-Dcassandra.ring_delay_ms=10000", "-Xss512k"],
      cassandraYaml: { concurrent_reads: 64, network_authorizer: { class_name: "A" } },
    };
    assert.deepEqual(checkedArgs("PersistentCluster", "c", args), args);
    for (const component of components)
      assert.deepEqual(checkedArgs(component, "c", right[component]), right[component], component);
  });

  it("are refused with a line for each that does, naming it, its value and why", () => {
    const wrong = {
      image: "cassandra:6.0.0",
      jvmOptions: ["-Dcassandra.consistent.rangemovement=false", "-Da=1 -Dcassandra.join_ring=false"],
      cassandraYaml: { num_tokens: 4, disk_failure_policy: "ignore", authenticator: "AllowAllAuthenticator" },
    };
    assert.deepEqual(refusals(wrong).sort(), [
      "cassandraYaml.authenticator: must be left out; auth sets it",
      'cassandraYaml.disk_failure_policy: invalid value "ignore": must be stop, stop_paranoid or die; ' +
        "with another value, a member would go on without the data that its disk has lost",
      "cassandraYaml.num_tokens: must be left out; the ring record sets it",
      'image: invalid value "cassandra:6.0.0": must be Cassandra 4.0 to 5.0; ' +
        "the cluster metadata service of Cassandra 6.0 is not known to this program",
      'jvmOptions: invalid value "-Da=1 -Dcassandra.join_ring=false": must be an option that starts with a dash and is free ' +
        "of spaces",
      'jvmOptions: invalid value "-Dcassandra.consistent.rangemovement=false": must be left out; members must join and leave one at a time, ' +
        "each with all of its data",
    ]);
    const own = { cassandraYaml: { authenticator: "Ours", server_encryption_options: {} } };
    assert.deepEqual(refusals({ ...own, auth: "none" }), []);
  });

  it("name what they are called here, and not the keys of stack config", () => {
    assert.deepEqual(refusals({ jvmOptions: ["-Xmx4G"] }), [
      'jvmOptions: invalid value "-Xmx4G": must be left out; maxHeapMiB sets it',
    ]);
    assert.deepEqual(refusals({ tlsSecret: "mine", cassandraYaml: { client_encryption_options: {} } }), [
      "cassandraYaml.client_encryption_options: must be left out; tlsSecret sets it",
    ]);
    assert.deepEqual(refusals({ tlsSecret: "mine", auth: "none", image: "cassandra:4.0.18" }), [
      'tlsSecret: invalid value "mine" with cassandra:4.0.18: must be left out; encryption needs Cassandra 4.1',
    ]);
    assert.deepEqual(refusals({ maxHeapMiB: 1024 }), [
      'maxHeapMiB: invalid value "1024" while memory is 1Gi: must be a whole number of MiB, at least 256 and below memory',
    ]);
  });

  it("are refused what protects nothing where clients do not log in, or nothing is encrypted", () => {
    assert.deepEqual(refusals({ clientCertificates: "required" }), [
      'clientCertificates: invalid value "required" while nothing is encrypted: needs tlsSecret',
    ]);
    assert.deepEqual(refusals({ clientCertificates: "required", tlsSecret: "mine" }), []);
    assert.deepEqual(refusals({ clientCertificates: "none" }), []);
    assert.deepEqual(refusals({ clientCertificates: "all" }), [
      'clientCertificates: invalid value "all": must be one of none, required',
    ]);
    assert.deepEqual(refusals({ certManager: {} }), [
      'certManager: invalid value "{}" while nothing is encrypted: needs tlsSecret',
    ]);
    assert.deepEqual(refusals({ certManager: { issuer: { kind: "Issuer", name: "mine" } }, tlsSecret: "mine" }), []);
    assert.match(refusals({ certManager: { issuer: { kind: "Issuer" } }, tlsSecret: "a" })[0], /^certManager: /);
    assert.deepEqual(refusals({ auth: "none", superuserPassword: "correct-horse" }), [
      'superuserPassword: invalid value "[secret]" while auth is none: needs auth: password',
    ]);
  });

  it("are checked as config is: programs in other languages have no types", () => {
    const wrong = { replicas: 2.5, volumeSize: "10", memory: "1", name: "Ring", superuser: "cassandra", cpu: "none" };
    assert.deepEqual(refusals(wrong).sort(), [
      'cpu: invalid value "none": must be a Kubernetes quantity above zero, such as 500m or 2',
      'memory: invalid value "1": must be a Kubernetes quantity of at least 512Mi',
      'name: invalid value "Ring": must be a name of at most 47 lower-case letters, digits and dashes that starts with a letter',
      'replicas: invalid value "2.5": must be a whole number from 1 to 1000',
      'superuser: invalid value "cassandra": must be a lower-case letter, then lower-case letters, digits and ' +
        "underscores, at most 48; not cassandra",
      'volumeSize: invalid value "10": must be a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ]);
  });

  it("say what is missing, what nobody knows, and that something is of another kind", () => {
    const { replicas, volumeSize, ...less } = right.PersistentCluster;
    assert.deepEqual([replicas, volumeSize], [3, "1Gi"]);
    assert.deepEqual(
      linesOf(() => refuseWrongArgs("PersistentCluster", "c", { ...less, replicas: null, tlsSecrets: "mine" })),
      [
        "tlsSecrets: unknown argument; did you mean tlsSecret?",
        "replicas: missing; must be a whole number from 1 to 1000",
        "volumeSize: missing; must be a Kubernetes quantity of at least 100Mi, such as 10Gi",
      ],
    );
    assert.deepEqual(refusals({ replicas: "3", cpu: 2, racks: "a", lockMemory: "true", nodeSelector: undefined }), [
      'cpu: invalid value "2": must be a Kubernetes quantity above zero, such as 500m or 2; it is a number, not text',
      'lockMemory: invalid value "true": must be true or false; it is text, not true or false',
      'replicas: invalid value "3": must be a whole number from 1 to 1000; it is text, not a number',
      'racks: invalid value "a": must be a list of zones of lower-case letters, digits and dashes, none twice; ' +
        "it is text, not a list",
    ]);
    const rule = `must be an object of ${Object.keys(argsOf("SinglePod")).join(", ")}`;
    const whole: [unknown, string][] = [
      ["three", '"three"'],
      [[], '"[]"'],
      [pulumi.output({}), "an Output"],
    ];
    for (const [args, value] of whole)
      assert.deepEqual(
        linesOf(() => refuseWrongArgs("SinglePod", "c", args)),
        [`args: invalid value ${value}: ${rule}`],
      );
    assert.equal(
      linesOf(() => refuseWrongArgs("SinglePod", "c", undefined))[0],
      linesOf(() => refuseWrongArgs("SinglePod", "c", {}))[0],
    );
    assert.deepEqual(refusals({ auth: "a\nname: b" }), [
      'auth: invalid value "a\\nname: b": must be one of password, none',
    ]);
  });

  it("take null for what is left out, as other languages say it", () => {
    const args = { ...right.PersistentCluster, racks: null, cluster: null, storageClassName: null };
    assert.deepEqual(checkedArgs("PersistentCluster", "c", args), right.PersistentCluster);
  });

  it("are refused as Outputs where they decide what is made", () => {
    assert.deepEqual(refusals({ replicas: pulumi.output(3), clientsFrom: [{ cidr: pulumi.output("10.0.0.0/8") }] }), [
      'clientsFrom: invalid value "[{"cidr":"an Output"}]": must be a list of {podLabels, namespaceLabels}, at least one of ' +
        "them, or {cidr}; it must be known when the program runs",
      "replicas: invalid value an Output: must be a whole number from 1 to 1000; it must be known when the program runs",
    ]);
    assert.match(
      refusals({ cluster: { kubeconfig: pulumi.output("") } })[0],
      /^cluster: .* must be known when the program runs/,
    );
  });

  it("hold no more members than racks can share, nor more than there are volumes made for", () => {
    const racks = ["a", "b", "c"];
    for (const replicas of [4, 1]) {
      assert.deepEqual(refusals({ racks, replicas }), [
        `replicas: invalid value "${replicas}" with the racks a, b, c: must be a multiple of 3`,
      ]);
    }
    for (const replicas of [-3, 0, 4.5, NaN, Infinity])
      assert.equal(
        refusals({ racks, replicas })[0],
        `replicas: invalid value "${replicas}": must be a whole number from 1 to 1000`,
      );
    assert.deepEqual(refusals({ racks, replicas: 6 }), []);
    const localVolumes = [{ node: "n1", path: "/mnt/a" }];
    assert.match(
      refusals({ localVolumes })[0],
      /^localVolumes: invalid value .* with 1 volumes for 3 replicas: must be a list/,
    );
    assert.deepEqual(refusals({ localVolumes, replicas: 1 }), []);
  });

  it("leave room in names for what is made of them", () => {
    const name = "a".repeat(47);
    const named = (args: Args) => refusals({ name, ...args });
    assert.deepEqual(named({}), []);
    assert.match(named({ name: `${name}a` })[0], /^name: .* at most 47/);
    assert.match(
      named({ racks: ["zone-a", "b", "c"] })[0],
      /^racks: invalid value "zone-a": must be shorter; the name of StatefulSet a+-zone-a has more than 52/,
    );
    assert.match(refusals({ namespace: "a".repeat(64) })[0], /^namespace: .* at most 63/);
  });

  it("let nothing out of the places that they are written to", () => {
    for (const key of ["clusterName", "datacenter", "rack"])
      for (const value of ["it's", 'a"b', "a\nb", "a: b", "a#b", "$(POD_IP)", "`id`", "a;b", "a\\b", "", "a\u2028b"])
        assert.match(refusals({ [key]: value })[0], new RegExp(`^${key}: invalid value .*: must be `, "s"), value);
    for (const value of [
      "it's me now",
      "short",
      "a".repeat(129),
      "correct\nhorse",
      "correct horse",
      "$(id)-long",
      '"quoted"',
    ])
      assert.match(
        refusals({ superuserPassword: value })[0],
        /^superuserPassword: invalid value "\[secret\]": must be 8 to/,
      );
    for (const path of ["/", "mnt", "/..", "/mnt/..", "/./", "/mnt/../..", "/."])
      assert.match(refusals({ hostPath: path }, "DaemonCluster")[0], /^hostPath: /, path);
    assert.deepEqual(refusals({ hostPath: "/mnt/.ring/..data" }, "DaemonCluster"), []);
  });

  it("are refused keys that would be written as others", () => {
    for (const key of ["concurrent_reads: 1\nnum_tokens", '"num_tokens"', "num_tokens ", "? num_tokens", ""])
      assert.match(refusals({ cassandraYaml: { [key]: 4 } })[0], /invalid value .*: must be the name of a key$/, key);
    // JSON would have null for it, and null takes a key out.
    assert.match(
      refusals({ cassandraYaml: { concurrent_reads: NaN } })[0],
      /^cassandraYaml: invalid value "{"concurrent_reads":"NaN"}": /,
    );
  });

  describe("that are known later", () => {
    const of = (args: Args): Args => checkedArgs("PersistentCluster", "c", { ...right.PersistentCluster, ...args });
    const value = <T>(output: unknown) => (output as { promise(): Promise<T> }).promise();
    const isSecret = (output: unknown) => (output as { isSecret: Promise<boolean> }).isSecret;
    /** Of a preview. */
    const unknown = () => {
      const no = Promise.resolve(false);
      type Internal = new (...all: unknown[]) => pulumi.Output<string>;
      return new (pulumi.Output as unknown as Internal)([], Promise.resolve(""), no, no, Promise.resolve([]));
    };

    /** The words with which an update fails. */
    async function failureOf(args: Args): Promise<string[]> {
      const event = "unhandledRejection";
      const others = process.listeners(event);
      process.removeAllListeners(event);
      try {
        const failed = new Promise<Error>((resolve) =>
          process.once(event, resolve as NodeJS.UnhandledRejectionListener),
        );
        const { namespace } = of(args);
        let isThere = false;
        void value(namespace).then(() => (isThere = true));
        const error = await failed;
        for (let i = 0; i < 10; i++) await new Promise(setImmediate);
        assert.equal(isThere, false, "everything in the component would be made");
        assert.ok(pulumi.RunError.isInstance(error), error.stack);
        return error.message.split("\n").slice(1);
      } finally {
        process.removeAllListeners(event);
        for (const other of others) process.on(event, other);
      }
    }

    it("are looked at then, all of them at once", async () => {
      const later = {
        image: pulumi.output("cassandra:6.0.0"),
        memory: Promise.resolve("1"),
        superuserPassword: pulumi.secret("a b"),
      };
      assert.deepEqual(await failureOf({ ...later, namespace: pulumi.output("My_Space") }), [
        'namespace: invalid value "My_Space": must be a name of lower-case letters, digits and dashes, at most 63 characters',
        'memory: invalid value "1": must be a Kubernetes quantity of at least 512Mi',
        'superuserPassword: invalid value "[secret]": must be 8 to 128 letters, digits and any of -_.~+/=',
        'image: invalid value "cassandra:6.0.0": must be Cassandra 4.0 to 5.0; ' +
          "the cluster metadata service of Cassandra 6.0 is not known to this program",
      ]);
      const cassandraYaml = pulumi.secret({ disk_failure_policy: "ignore" });
      assert.match((await failureOf({ cassandraYaml }))[0], /disk_failure_policy: invalid value "\[secret\]": /);
      assert.deepEqual(await failureOf({ memory: pulumi.output("512Mi") }), [
        'maxHeapMiB: invalid value "512" while memory is 512Mi: must be a whole number of MiB, at least 256 and below memory',
      ]);
      assert.match((await failureOf({ volumeSize: pulumi.output(undefined) }))[0], /^volumeSize: missing; /);
    });

    it("pass as what they are, secrets as secrets, and wait for nothing else", async () => {
      const { image, cassandraYaml, storageClassName, namespace } = of({
        image: pulumi.output("cassandra:5.0.9"),
        cassandraYaml: pulumi.secret({ disk_failure_policy: "die" }),
        storageClassName: pulumi.output(null),
      });
      assert.equal(await value(image), "cassandra:5.0.9");
      assert.deepEqual(await value(cassandraYaml), { disk_failure_policy: "die" });
      assert.deepEqual([await isSecret(cassandraYaml), await isSecret(image)], [true, false]);
      assert.equal(await value(storageClassName), undefined);
      assert.equal(await value(namespace), "db");
    });

    it("are looked at in what holds them", async () => {
      const { cassandraYaml } = of({ cassandraYaml: { key_cache_size: pulumi.secret("1MiB") } });
      assert.deepEqual(await value(cassandraYaml), { key_cache_size: "1MiB" });
      assert.equal(await isSecret(cassandraYaml), true);
    });

    it("are looked at in preview as far as they are known there", async () => {
      assert.deepEqual(await failureOf({ image: unknown(), cpu: pulumi.output("0") }), [
        'cpu: invalid value "0": must be a Kubernetes quantity above zero, such as 500m or 2',
      ]);
      const { namespace } = of({ image: unknown() });
      assert.equal(await value(namespace), "db");
    });
  });

  describe("are refused as their keys of stack config are", () => {
    const componentOf: Record<Topology, Component> = {
      persistent: "PersistentCluster",
      ephemeral: "EphemeralCluster",
      daemon: "DaemonCluster",
      pod: "SinglePod",
      cockroachdb: "CockroachCluster",
    };
    /** What no component can tell: the ring beside it, the namespace that is made, the words of stack config. */
    const ofConfigAlone =
      /: must differ from |tlsSecret: .* while tls is none|:tls: invalid value "(?!secret")|adopt: invalid value "true" (with createNamespace|beside )|adopt: invalid value "tutorial"|while topologies holds| of a ring that is not adopted/;
    const argOf: Record<string, string> = { maxHeap: "maxHeapMiB", tls: "tlsSecret" };
    const named = (key: string) => argOf[key] ?? key;

    /** Whether a key that holds for the whole stack holds for a topology. */
    const isCommon = (topology: Topology, key: string) =>
      [...topologyKeys[topology].overrides, "namespace", "imagePullSecrets", "storageClassName"].includes(key);

    /** The args with which a program would say what a stack file says of a topology. */
    function argsOfStack(topology: Topology, config: Args): Args {
      const table = argsOf(componentOf[topology]);
      const own = Object(config[topology]) as Args;
      const all: Args = {
        ...Object.fromEntries(Object.entries(config).filter(([key]) => isCommon(topology, key))),
        ...own,
      };
      const { maxHeap, tls, adopt, podTemplate = "kept", ...rest } = all;
      const args: Args = {
        ...rest,
        ...(maxHeap !== undefined && { maxHeapMiB: heap(maxHeap) ?? `${maxHeap as string | number}` }),
        ...(tls === "secret" && { tlsSecret: rest.tlsSecret ?? "cassandra-tls" }),
        ...(adopt === true && topology === "persistent" && { adopt: podTemplate }),
        ...(config.storage === "local" && { localVolumes: rest.localVolumes ?? [] }),
      };
      return Object.fromEntries(Object.entries(args).filter(([name]) => name in table));
    }

    /** A line without what differs by what it is about: the project, and what only config has. */
    function plain(line: string): string {
      const inArgs = line
        .replace(
          /cassandra:(?:(?:persistent|ephemeral|daemon|pod|cockroachdb)\.)?([a-z]\w*)(?=$|[:. ])/gi,
          (all, key: string) => (/^\d/.test(key) ? all : named(key)),
        )
        .replace(/; did you mean [^?]*\?|, or empty| with storage local|; it is [^;]*, not [^;]*/g, "")
        .replace(/ while .*/, " while")
        .replace(/^jvmOptions: .* start(s|ing) with a dash.*/, "jvmOptions: dash");
      if (/^(maxHeapMiB|stallTimeoutMinutes|adopt|tlsSecret): /.test(inArgs))
        return inArgs.replace(/: invalid value "[^"]*"/, ":").replace(/: must be .*/, "");
      return inArgs;
    }

    for (const { name, config, refusals: lines } of badStacks("")) {
      const bare = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("cassandra:", ""), value]),
      );
      const chosen = [bare.topologies ?? "persistent"].flat();
      for (const topology of topologies.filter((one) => chosen.includes(one) || one in bare)) {
        const component = componentOf[topology];
        const expected = lines.filter((line) => {
          const [, whose, key] = /^cassandra:(?:(persistent|ephemeral|daemon|pod|cockroachdb)\.)?(\w+)/.exec(line)!;
          const isIts = whose ? whose === topology : isCommon(topology, key) && !(key in Object(bare[topology]));
          return isIts && named(key) in argsOf(component) && !ofConfigAlone.test(line);
        });
        if (expected.length === 0) continue;
        it(`${component}: ${name}`, () => {
          const found = refusals(argsOfStack(topology, bare), component).map(plain);
          for (const line of expected.map(plain))
            assert.ok(found.includes(line), `${line}\nis not in\n${found.join("\n")}`);
        });
      }
    }

    it("and none that config lets pass is refused", async () => {
      await pulumi.runtime.setMocks(
        { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
        "cassandra",
        "test",
      );
      const localVolumes = [0, 1, 2, 3, 4, 5].map((i) => ({ node: `node-${i}`, path: "/mnt/disks/1" }));
      const texts = {
        memory: "8Gi",
        maxHeap: "3G",
        cpu: "2",
        clusterName: "K8 Demo_1",
        superuserPassword: "correct-horse",
      };
      const lists = { racks: ["a", "b"], localVolumes, clientsFrom: [{ cidr: "fd00::/8" }], imagePullSecrets: ["key"] };
      for (const config of [
        {},
        {
          ...texts,
          ...lists,
          replicas: 6,
          storage: "local",
          tls: "cert-manager",
          tlsIssuer: "Issuer/mine",
          volumeRetention: "delete",
        },
        {
          auth: "none",
          lockMemory: true,
          persistent: { adopt: true, numTokens: 32 },
          daemon: { hostPath: "/mnt", nodeSelector: { disk: "ssd" } },
        },
        {
          tls: "secret",
          clientCertificates: "required",
          ephemeral: { adoptPod: true },
          cockroachdb: { sqlClient: true, insecure: true },
        },
      ])
        for (const topology of topologies) {
          const whole: Args = {
            ...config,
            topologies: [topology],
            ...(topology === "persistent" ? {} : { racks: [] }),
          };
          if (topology === "daemon" || topology === "pod") delete whole.replicas;
          if (topology === "pod") delete whole.ephemeral;
          if (topology === "cockroachdb") whole.cockroachdb = { ...(whole.cockroachdb as object), localVolumes };
          pulumi.runtime.setAllConfig(
            Object.fromEntries(
              Object.entries(whole).map(([key, one]) => [
                `cassandra:${key}`,
                typeof one === "string" ? one : JSON.stringify(one),
              ]),
            ),
          );
          const { [topology]: settings } = readConfig();
          assert.deepEqual(
            linesOf(() => refuseWrongArgs(componentOf[topology], "c", { ...settings, namespace: "db" })),
            [],
            JSON.stringify(whole),
          );
        }
    });
  });

  it("are looked at by every component, before it makes anything", async () => {
    for (const component of components) {
      const all = await record(() => {
        const make = () => new classes[component]("c", { ...right[component], name: "No!" } as never);
        assert.match(linesOf(make).join("\n"), /^name: invalid value "No!": /);
      });
      assert.deepEqual(all, [], component);
    }
    const wrong = { ...podArgs, jvmOptions: ["-Dcassandra.skip_sync=true"] };
    for (const component of components.filter((one) => one.endsWith("Cluster") && one !== "CockroachCluster")) {
      const make = () => new classes[component]("c", { ...right[component], ...wrong } as never);
      const all = await record(() =>
        assert.throws(make, /invalid value "-Dcassandra\.skip_sync=true": must be left out/),
      );
      assert.deepEqual(all, [], component);
    }
  });

  it("are looked at by every component of the package", async () => {
    for (const [component, Foreign] of Object.entries(foreign as unknown as Record<string, Make>)) {
      const all = await record(() =>
        assert.match(linesOf(() => new Foreign("c", { replicas: "three" } as never)).join("\n"), /^name: missing; /m),
      );
      assert.deepEqual(all, [], component);
    }
  });

  describe("whatever they are", () => {
    const odd = fc.constantFrom<unknown>(
      NaN,
      Infinity,
      -0,
      null,
      undefined,
      10n,
      Symbol.iterator,
      () => 1,
      new Date(0),
      new Map(),
    );
    const cyclic: Args = {};
    cyclic.self = cyclic;
    const anything = fc.oneof(
      fc.jsonValue(),
      odd,
      fc.constantFrom<unknown>(cyclic, [cyclic], Object.create(null), [undefined], Array(2), { cidr: 1 }),
      fc.jsonValue().map((value) => pulumi.output(value)),
    );
    const anyArg = fc.constantFrom(...components).chain((component) =>
      fc.record({
        component: fc.constant(component),
        name: fc.constantFrom(...Object.keys(argsOf(component))),
        value: anything,
      }),
    );

    it("are right, or refused by their name, and never a TypeError", () => {
      const property = fc.property(
        fc.constantFrom(...components),
        fc.dictionary(fc.string(), anything),
        (component, others) => {
          const names = Object.keys(argsOf(component));
          const args = Object.fromEntries(
            Object.values(others).map((value, i) => [names[(i * 7) % names.length], value]),
          );
          const lines = refusals({ ...args, ...others }, component);
          for (const line of lines)
            assert.match(line, /: .*(must be |needs |missing|unknown key of |unknown argument; did you mean )/);
        },
      );
      fc.assert(property, { numRuns: 500 });
    });

    it("make a component, or nothing at all", async function () {
      this.timeout(60_000);
      const property = fc.asyncProperty(anyArg, async ({ component, name, value }) => {
        // The update would fail, in its own time; and of a way to take a Service over, only a call tells whether it is one.
        fc.pre(!(pulumi.Output.isInstance(value) && argsOf(component)[name].rule.endsWith("later")));
        fc.pre(!(typeof value === "function" && name === "takesOver"));
        let lines: string[] = [];
        const all = await record(() => {
          lines = linesOf(() => new classes[component]("c", { ...right[component], [name]: value } as never));
        });
        if (lines.length > 0) assert.deepEqual(all, []);
        else assert.ok(all.some(({ type }) => type === `cassandra:index:${component}`));
      });
      await fc.assert(property, { numRuns: 150 });
    });
  });
});
