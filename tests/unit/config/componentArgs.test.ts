import * as assert from "node:assert/strict";
import { defaultFacts, defaultRing, defaultVolumes, inProject, localVolumes, problemsOf, read } from "./read";

describe("args of components", () => {
  before(inProject);

  it("have static volumes with storage `local` alone", () => {
    assert.equal(read({ localVolumes }).persistent?.localVolumes, undefined);
  });

  it("let the ephemeral ring adopt the pod, and remember it", () => {
    const { ephemeral, facts } = read({ topologies: ["ephemeral"], replicas: 1, ephemeral: { adoptPod: true } });
    assert.deepEqual(ephemeral, { ...defaultRing, stallTimeoutMinutes: 15, replicas: 1, adoptPod: true });
    assert.deepEqual(facts, { ephemeral: { ...defaultFacts, name: "cassandra", disk: "pods", adopt: "pod" } });
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

  it("make CockroachDB insecure on minikube, secure elsewhere, or as config says", () => {
    const certificates = { node: "cockroachdb.node", client: "cockroachdb.client.root" };
    const { cockroachdb } = read({ topologies: ["cockroachdb"], storage: "gce-pd" });
    assert.deepEqual(cockroachdb, {
      ...defaultVolumes,
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

  it("have clients log in unless config says otherwise, and keep the password a secret", async () => {
    const password = "correct-horse.battery";
    const { persistent, facts } = read({ superuser: "root", superuserPassword: password });
    assert.equal(persistent?.superuser, "root");
    assert.equal(await (persistent?.superuserPassword as unknown as { isSecret: Promise<boolean> }).isSecret, true);
    assert.ok(!JSON.stringify(facts).includes(password));
    const { ephemeral } = read({ topologies: ["ephemeral"], ephemeral: { auth: "none" } });
    assert.equal(ephemeral?.auth, "none");
    assert.deepEqual(problemsOf({ auth: "passwort" }), [
      'cassandra:auth: invalid value "passwort": must be one of password, none; did you mean password?',
    ]);
    assert.match(
      problemsOf({ superuser: "cassandra" })[0],
      /^cassandra:superuser: invalid value "cassandra": must be /,
    );
    assert.match(problemsOf({ image: "cassandra:4.0.18" })[0], /^cassandra:auth: invalid value "password" with/);
  });

  it("take certificates from the Secret of the ring's name, or from another one", () => {
    const secretOf = (config: object) => read({ ...config }).persistent?.tlsSecret;
    assert.equal(secretOf({}), undefined);
    assert.equal(secretOf({ tls: "secret" }), "cassandra-tls");
    assert.equal(secretOf({ tls: "secret", tlsSecret: "mine", persistent: { name: "orders" } }), "mine");
    assert.match(
      problemsOf({ tls: "secret", auth: "none", image: "cassandra:4.0.18" })[0],
      /^cassandra:tls: invalid value "secret" with/,
    );
    const asked = read({ topologies: ["persistent", "ephemeral"], tls: "secret", clientCertificates: "required" });
    assert.deepEqual(
      [asked.persistent?.clientCertificates, asked.ephemeral?.clientCertificates],
      ["required", "required"],
    );
    assert.equal(read({ tls: "secret" }).persistent?.clientCertificates, undefined);
    const cassandraYaml = { client_encryption_options: { enabled: true } };
    assert.deepEqual(problemsOf({ tls: "secret", cassandraYaml }), [
      "cassandra:cassandraYaml.client_encryption_options: must be left out; cassandra:tls sets it",
    ]);
    assert.deepEqual(problemsOf({ cassandraYaml }), []);
  });

  it("give members Services of their own where the ring is persistent and config asks for them", () => {
    const memberService = { type: "LoadBalancer", loadBalancerSourceRanges: ["203.0.113.0/24"] };
    const { persistent, ephemeral } = read({ topologies: ["persistent", "ephemeral"], memberService });
    assert.deepEqual([persistent?.memberService, ephemeral && "memberService" in ephemeral], [memberService, false]);
    assert.ok(!("memberService" in read({}).persistent!));
    assert.deepEqual(read({ persistent: { memberService } }).persistent?.memberService, memberService);
    const clientsFrom = [{ cidr: "203.0.113.0/24" }];
    assert.deepEqual(problemsOf({ clientsFrom, memberService: { type: "LoadBalancer" } }), []);
    const adopted = { auth: "none", memberService, persistent: { adopt: "true", podTemplate: "own" } };
    assert.deepEqual(problemsOf(adopted), []);
  });

  it("give the heap half of the memory, as far as that makes it larger", () => {
    const heapOf = (memory: string) => read({ memory }).persistent?.maxHeapMiB;
    assert.deepEqual(["512Mi", "3Gi", "256Gi"].map(heapOf), [256, 1536, 31 * 1024]);
    assert.equal(read({ memory: "8Gi", maxHeap: "2G" }).persistent?.maxHeapMiB, 2048);
  });
});
