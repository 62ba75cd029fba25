import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { argsOf } from "../../../../components/args/argRules";
import { refuseWrongArgs } from "../../../../components/args/checkedArgs";
import { linesOf, refusals, right } from "../../../support/componentArgs";

describe("args of components that are wrong", () => {
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

  it("are those of storage, of disks and of the cluster as well", () => {
    assert.deepEqual(refusals({ storage: "gce", storageClassName: "A" }, "CassandraStorage"), [
      'storage: invalid value "gce": must be one of minikube-hostpath, gce-pd, aws-ebs, azure-disk, local, existing',
      'storageClassName: invalid value "A": must be a name of lower-case letters, digits, dots and dashes, or empty',
    ]);
    assert.deepEqual(refusals({ storageClassName: "" }, "CassandraStorage"), [
      'storageClassName: invalid value "" with storage gce-pd: must be a name of lower-case letters, digits, dots and dashes',
    ]);
    assert.deepEqual(refusals({ storage: "existing", storageClassName: "" }, "CassandraStorage"), []);
    assert.deepEqual(refusals({ sets: [], volumeSize: "10", disks: [{ node: "a", path: "data" }] }, "LocalVolumes"), [
      'sets: invalid value "[]": must be a list of names of StatefulSets, at least one and none twice',
      'disks: invalid value "[{"node":"a","path":"data"}]": must be a list of {node, path} with an absolute path',
      'volumeSize: invalid value "10": must be a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ]);
    assert.deepEqual(refusals({ cluster: { contxt: "a" } }, "KubernetesCluster"), [
      'cluster: invalid value "{"contxt":"a"}": must be {kubeconfig, context, cluster}, each a text that is known when the program runs',
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
      'racks: invalid value "a": must be a list of names of lower-case letters, digits and dashes, none twice; ' +
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

  it("are refused keys that would be written as others", () => {
    for (const key of ["concurrent_reads: 1\nnum_tokens", '"num_tokens"', "num_tokens ", "? num_tokens", ""])
      assert.match(refusals({ cassandraYaml: { [key]: 4 } })[0], /invalid value .*: must be the name of a key$/, key);
    // JSON would have null for it, and null takes a key out.
    assert.match(
      refusals({ cassandraYaml: { concurrent_reads: NaN } })[0],
      /^cassandraYaml: invalid value "{"concurrent_reads":"NaN"}": /,
    );
  });
});
