import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { components } from "../../../../components/args/argRules";
import { checkedArgs } from "../../../../components/args/checkedArgs";
import { Args, right } from "../../../support/componentArgs";

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

  it("take null for what is left out, as other languages say it", () => {
    const args = { ...right.PersistentCluster, racks: null, cluster: null, storageClassName: null };
    assert.deepEqual(checkedArgs("PersistentCluster", "c", args), right.PersistentCluster);
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
});
