import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { checkedPodArgs } from "../../../components/checkedPodArgs";
import { DaemonCluster, EphemeralCluster, PersistentCluster, SinglePod } from "../../../components/index";
import { record } from "../recorder";
import { podArgs, ringArgs } from "./args";

const protection = { auth: "password", tls: "none" };
const ring = {} as pulumi.Resource;

/** Lines with which args are refused. */
function refusals(args: object, whose = protection): string[] {
  try {
    checkedPodArgs({ ...podArgs, ...args }, whose, ring);
  } catch (error) {
    assert.ok(pulumi.ResourceError.isInstance(error), String(error));
    return error.message.split("\n");
  }
  return [];
}

describe("args of a ring's pods", () => {
  it("pass as they are where nothing takes away what keeps rows safe", () => {
    const args = {
      ...podArgs,
      jvmOptions: ["-Dcassandra.ring_delay_ms=10000", "-Xss512k"],
      cassandraYaml: { concurrent_reads: 64, network_authorizer: { class_name: "A" } },
    };
    assert.deepEqual(checkedPodArgs(args, protection, ring), args);
    assert.deepEqual(checkedPodArgs(podArgs, protection, ring), podArgs);
  });

  it("are refused with a line for each that does, naming it, its value and why", () => {
    const wrong = {
      image: "cassandra:6.0.0",
      jvmOptions: ["-Dcassandra.consistent.rangemovement=false", "-Da=1 -Dcassandra.join_ring=false"],
      cassandraYaml: { num_tokens: 4, disk_failure_policy: "ignore", authenticator: "AllowAllAuthenticator" },
    };
    assert.deepEqual(refusals(wrong), [
      'cassandra:jvmOptions: "-Dcassandra.consistent.rangemovement=false" is not allowed: members must join and leave one at a time, ' +
        "each with all of its rows",
      'cassandra:jvmOptions: "-Da=1 -Dcassandra.join_ring=false" is not allowed; allowed is an option that starts with a dash and is free ' +
        "of spaces",
      "cassandra:cassandraYaml.num_tokens: follows from the ring record",
      'cassandra:cassandraYaml.disk_failure_policy: "ignore" is not allowed: a member would go on without what its disk has lost; ' +
        "allowed is stop, stop_paranoid, die",
      "cassandra:cassandraYaml.authenticator: follows from cassandra:auth",
      'cassandra:image: "cassandra:6.0.0" is not allowed: the cluster metadata service of Cassandra 6.0 is not known to this program; ' +
        "allowed is Cassandra 4.0 to 5.0",
    ]);
    const own = { cassandraYaml: { authenticator: "Ours", server_encryption_options: {} } };
    assert.deepEqual(refusals(own, { auth: "none", tls: "none" }), []);
  });

  it("are refused certificates of clients where nothing is encrypted", () => {
    assert.deepEqual(refusals({ clientCertificates: "required" }), [
      'cassandra:clientCertificates: "required" is not allowed while nothing is encrypted; allowed is tlsSecret beside it',
    ]);
    assert.deepEqual(refusals({ clientCertificates: "required" }, { auth: "none", tls: "secret" }), []);
    assert.deepEqual(refusals({ clientCertificates: "none" }), []);
    assert.deepEqual(refusals({ clientCertificates: "all" }), [
      'cassandra:clientCertificates: "all" is not allowed; allowed is one of none, required',
    ]);
  });

  it("are checked as config is: programs in other languages have no types", () => {
    const wrong = { replicas: 2.5, volumeSize: "10", memory: "1", name: "Ring", superuser: "cassandra", cpu: "none" };
    assert.deepEqual(refusals(wrong), [
      'cassandra:memory: "1" is not allowed; allowed is a Kubernetes quantity of at least 512Mi',
      'cassandra:cpu: "none" is not allowed; allowed is a Kubernetes quantity above zero, such as 500m',
      'cassandra:replicas: "2.5" is not allowed; allowed is a whole number from 1 to 1000',
      'cassandra:volumeSize: "10" is not allowed; allowed is a Kubernetes quantity of at least 100Mi, such as 10Gi',
      'cassandra:name: "Ring" is not allowed; allowed is lower-case letters, digits and inner dashes, at most 52',
      'cassandra:superuser: "cassandra" is not allowed; allowed is a lower-case letter, then lower-case letters, digits and ' +
        "underscores, at most 48; not cassandra",
    ]);
  });

  it("are refused keys that would be written as others", () => {
    for (const key of ["concurrent_reads: 1\nnum_tokens", '"num_tokens"', "num_tokens ", "? num_tokens", ""])
      assert.match(refusals({ cassandraYaml: { [key]: 4 } })[0], /is not allowed; allowed is the name of a key$/, key);
  });

  it("are looked at once they are known, where they are not yet", async () => {
    const of = (args: object) => checkedPodArgs({ ...podArgs, ...args }, protection, ring);
    const value = <T>(output: unknown) => (output as { promise(): Promise<T> }).promise();
    const image = pulumi.output("cassandra:6.0.0");
    await assert.rejects(value(of({ image }).image), /"cassandra:6\.0\.0" is not allowed/);
    assert.equal(await value(of({ image: pulumi.output("cassandra:5.0.9") }).image), "cassandra:5.0.9");
    const cassandraYaml = (policy: string) => pulumi.secret({ disk_failure_policy: policy });
    await assert.rejects(
      value(of({ cassandraYaml: cassandraYaml("ignore") }).cassandraYaml),
      /disk_failure_policy: "\[secret\]" is not allowed: /,
    );
    const { cassandraYaml: passed } = of({ cassandraYaml: cassandraYaml("die") });
    assert.deepEqual(await value(passed), { disk_failure_policy: "die" });
    assert.equal(await (passed as unknown as { isSecret: Promise<boolean> }).isSecret, true);
  });

  it("are looked at by every topology, before it makes anything", async () => {
    const wrong = { ...ringArgs, jvmOptions: ["-Dcassandra.skip_sync=true"] };
    const makes: [string, () => unknown][] = [
      ["PersistentCluster", () => new PersistentCluster("c", { ...wrong, replicas: 3, volumeSize: "1Gi" })],
      ["EphemeralCluster", () => new EphemeralCluster("c", { ...wrong, replicas: 3 })],
      ["DaemonCluster", () => new DaemonCluster("c", { ...wrong })],
      ["SinglePod", () => new SinglePod("c", { ...wrong })],
    ];
    for (const [type, make] of makes) {
      const all = await record(() => assert.throws(make, /"-Dcassandra\.skip_sync=true" is not allowed/));
      assert.deepEqual(
        all.filter((one) => one.type !== `cassandra:index:${type}`),
        [],
        type,
      );
    }
  });
});
