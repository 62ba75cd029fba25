import * as assert from "node:assert/strict";
import { inProject, problemsOf } from "./read";

describe("messages about config", () => {
  before(inProject);

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "an unknown topology",
      { topologies: ["persistant"] },
      'topologies: invalid value "["persistant"]": must be a list of persistent, ' +
        "ephemeral, daemon, pod, cockroachdb, each at most once; did you mean persistent?",
    ],
    [
      "an unknown storage",
      { storage: "gcepd" },
      'storage: invalid value "gcepd": must be one of minikube-hostpath, gce-pd, aws-ebs, azure-disk, local, existing; did you mean gce-pd?',
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
      "daemon.replicas: no key of this topology; allowed there is name, hostPath, stallTimeoutMinutes, image, memory, cpu, cpuLimit, nodeSelector, tolerations, affinity, priorityClassName, podSecurity, podTemplatePatch, maxHeap, " +
        "clusterName, datacenter, jvmOptions, cassandraYaml, lockMemory, repair, repairInterval, metrics, metricsFrom, metricsLabels, clientsFrom, egress, service, auth, superuser, superuserPassword, superuserSecret, roles, tls, tlsSecret, tlsIssuer, clusterDomain, clientCertificates",
    ],
  ];
  for (const [what, config, message] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(problemsOf(config), [`cassandra:${message}`]));
  }

  it("never show a password that is not allowed", () => {
    for (const config of [{ superuserPassword: "it's me" }, { persistent: { superuserPassword: "it's me" } }])
      assert.match(problemsOf(config)[0], /superuserPassword: invalid value "\[secret\]": must be 8 to 128 letters/);
  });
});
