import * as assert from "node:assert/strict";
import { inProject, problemsOf } from "./read";

describe("messages about config", () => {
  before(inProject);

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "an unknown topology",
      { topologies: ["persistant"] },
      'topologies: "["persistant"]" is not allowed (did you mean persistent?); allowed is a list of persistent, ' +
        "ephemeral, daemon, pod, cockroachdb, each at most once",
    ],
    [
      "an unknown storage",
      { storage: "gcepd" },
      'storage: "gcepd" is not allowed (did you mean gce-pd?); allowed is one of minikube-hostpath, gce-pd, aws-ebs, azure-disk, local, existing',
    ],
    ["an unknown key", { replica: 3 }, "replica: unknown key; did you mean cassandra:replicas?"],
    [
      "a key that was removed, with the nearest key",
      { ephemeral: { adopt: "pod" } },
      "ephemeral.adopt: unknown key; did you mean cassandra:ephemeral.adoptPod?",
    ],
    [
      "replicas for daemons alone",
      { topologies: ["ephemeral", "daemon"], daemon: { replicas: 3 } },
      "daemon.replicas: no key of this topology; allowed there is name, nodeSelector, hostPath, stallTimeoutMinutes, image, memory, cpu, maxHeap, " +
        "clusterName, datacenter, jvmOptions, cassandraYaml, lockMemory, clientsFrom, auth, superuser, superuserPassword, tls, tlsSecret, tlsIssuer, clientCertificates",
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("never show a password that is not allowed", () => {
    for (const config of [{ superuserPassword: "it's me" }, { persistent: { superuserPassword: "it's me" } }])
      assert.match(
        problemsOf(config)[0],
        /superuserPassword: "\[secret\]" is not allowed; allowed is 8 to 128 letters/,
      );
  });
});
