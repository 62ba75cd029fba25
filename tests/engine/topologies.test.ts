import * as assert from "node:assert/strict";
import { copyProgram } from "../support/programs";
import { cockroachCertificates } from "../support/certificates";
import { inSimulatedLab, nameOf, Pod } from "../support/stack";
import { cockroachVolumes } from "./topologies/cockroachVolumes";
import { ephemeralEdits } from "./topologies/ephemeralEdits";
import { policiesComeFirst } from "./topologies/policiesComeFirst";
import { refusedEdits } from "./topologies/refusedEdits";
import { KubeObject, localVolumes, minikube, Scene } from "./topologies/scene";
import { volumes } from "./topologies/volumes";

const minutes = 60_000;

interface Topology {
  settings: Record<string, unknown>;
  pods: number;
  /** Pod Security Standard that the namespace enforces. @default restricted */
  standard?: string;
  /** Whether the topology needs Secrets with certificates. @default false */
  hasCertificates?: true;
}

/** Each topology alone. `npm test` has one, since another test of this file brings up all of them together. */
const topologies: Record<string, Topology> = {
  "@all persistent": { settings: { ...minikube, replicas: 3 }, pods: 3 },
  "@all persistent on static volumes": {
    settings: { topologies: ["persistent"], storage: "local", localVolumes, volumeRetention: "delete" },
    pods: 3,
  },
  "@all ephemeral": { settings: { topologies: ["ephemeral"], replicas: 3 }, pods: 3 },
  "@all daemon": { settings: { topologies: ["daemon"] }, pods: 3 },
  "@all daemon on folders of the nodes": {
    settings: { topologies: ["daemon"], daemon: { hostPath: "/mnt/ring" } },
    pods: 3,
    standard: "privileged",
  },
  "@all pod": { settings: { topologies: ["pod"] }, pods: 1 },
  cockroachdb: { settings: { ...minikube, topologies: ["cockroachdb"] }, pods: 4 },
  "@all cockroachdb, with certificates and tools": {
    settings: {
      ...minikube,
      topologies: ["cockroachdb"],
      cockroachdb: { insecure: "false", sqlClient: "true", loadGenerator: "true" },
    },
    pods: 6,
    hasCertificates: true,
  },
};

describe("every topology on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let scene: Scene;

  inSimulatedLab("topologies", (made) => (scene = new Scene(made)));

  beforeEach(() => scene.enforce("restricted"));

  /** Makes the Secrets that `cockroach cert` makes. */
  async function makeCertificates(): Promise<void> {
    const { node, client } = cockroachCertificates(scene.lab.dir);
    for (const [name, data] of Object.entries({ "cockroachdb.node": node, "cockroachdb.client.root": client })) {
      const files = Object.entries(data).map(([file, text]) => `--from-literal=${file}=${text}`);
      await scene.lab.kubectl(["create", "secret", "generic", name, ...files]);
    }
  }

  for (const [topology, { settings, pods, standard = "restricted", hasCertificates }] of Object.entries(topologies)) {
    it(`${topology}: preview, up, nothing to do, destroy, where pods must be ${standard}`, async () => {
      const { stack } = scene;
      await scene.enforce(standard);
      scene.configure(settings);
      if (hasCertificates) await makeCertificates();
      await stack.pulumi("preview");
      assert.deepEqual(await scene.objects(), []);
      await stack.up();
      assert.equal((await stack.pods("app in (cassandra,cockroachdb)")).length, pods);
      assert.ok((await policiesComeFirst(stack)) > 0);
      const before = await scene.objects();
      await stack.up("--expect-no-changes");
      assert.deepEqual(await scene.objects(), before);
      await scene.destroy();
    });
  }

  it("runs all topologies in one stack and one namespace: each controller and each Service has its own pods", async () => {
    scene.configure({
      ...minikube,
      topologies: ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"],
      replicas: 2,
    });
    await scene.stack.up();
    assert.ok((await policiesComeFirst(scene.stack)) > 0);
    await scene.stack.up("--expect-no-changes");
    const rings = {
      persistent: { instance: "cassandra", owner: "StatefulSet cassandra", pods: 2 },
      ephemeral: { instance: "cassandra-ephemeral", owner: "ReplicationController cassandra-ephemeral", pods: 2 },
      daemon: { instance: "cassandra-daemon", owner: "DaemonSet cassandra-daemon", pods: 3 },
      pod: { instance: "cassandra-pod", owner: "PodDisruptionBudget cassandra-pod-alone", pods: 1 },
      cockroachdb: { instance: "cockroachdb", owner: "StatefulSet cockroachdb", pods: 2 },
    };
    for (const { instance, owner, pods } of Object.values(rings)) {
      const component = instance === "cockroachdb" ? ",app.kubernetes.io/component=persistent" : "";
      const own = await scene.stack.get<{ items: (Pod & KubeObject)[] }>(
        "pods",
        "-l",
        `app.kubernetes.io/instance=${instance}${component}`,
      );
      assert.equal(own.items.length, pods, instance);
      for (const { metadata } of own.items) {
        const [{ kind, name }] = metadata.ownerReferences!;
        assert.equal(`${kind} ${name}`.replace(/-[0-9a-f]{8}$/, ""), owner);
      }
      const slices = await scene.stack.get<{ items: { endpoints: { addresses: string[] }[] }[] }>(
        "endpointslices",
        "-l",
        `kubernetes.io/service-name=${instance}`,
      );
      assert.deepEqual(
        slices.items.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses)).sort(),
        own.items.map(({ status }) => status.podIP).sort(),
        `the pods behind Service ${instance}`,
      );
    }
    const usage = JSON.parse(await scene.stack.pulumi("stack", "output", "--json", "usage")) as Record<string, object>;
    assert.deepEqual(Object.keys(usage).sort(), Object.keys(rings).sort());
  });

  it("keeps every other ring as it is when one ring is removed", async () => {
    const uids = async () =>
      new Map((await scene.stack.pods("app in (cassandra,cockroachdb)")).map((pod) => [nameOf(pod), pod.metadata.uid]));
    const before = await uids();
    const fewer = { ...minikube, topologies: ["persistent", "daemon", "pod", "cockroachdb"], replicas: 2 };
    await scene.refuses(fewer, "cassandra:topologies: this edit leaves ring cassandra-ephemeral (ephemeral) behind");
    scene.configure({ ...fewer, acceptDataLoss: "true" });
    await scene.stack.up();
    const after = await uids();
    for (const name of [...before.keys()].filter((name) => name.startsWith("cassandra-ephemeral-")))
      before.delete(name);
    assert.deepEqual(after, before);
    scene.configure(fewer);
    await scene.stack.up();
    await scene.destroy();
  });

  it("@all refuses in preview settings that cannot work together", async () => {
    await scene.refuses(
      { topologies: ["pod"], replicas: 3 },
      'cassandra:replicas: invalid value "3" while pod is one member',
    );
    await scene.refuses(
      { topologies: ["daemon", "pod"], replicas: 3 },
      'cassandra:replicas: invalid value "3" while daemon has one for each node and pod is one member',
    );
    await scene.refuses(
      { storage: "local" },
      'cassandra:localVolumes: invalid value "[]" with 0 volumes for 3 replicas',
    );
    await scene.refuses(
      { topologies: ["pod", "ephemeral"], ephemeral: { adoptPod: true } },
      'cassandra:ephemeral.adoptPod: invalid value "true" while topologies holds pod',
    );
    await scene.refuses(
      { topologies: ["ephemeral", "daemon"], daemon: { name: "cassandra" } },
      'cassandra:daemon.name: invalid value "cassandra": must differ from the name of ephemeral',
    );
  });

  it("lets another program use a component without this program's config", async () => {
    const program = copyProgram(scene.lab, "alone");
    const pulumi = (...args: string[]) =>
      scene.lab.pulumi(["-C", program, ...args, "--stack", "alone", "--non-interactive"]);
    await scene.lab.pulumi(["-C", program, "stack", "init", "alone", "--non-interactive"]);
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await scene.stack.pods("app.kubernetes.io/instance=alone")).length, 3);
    assert.deepEqual(
      JSON.parse(await pulumi("stack", "output", "--json", "contactPoints")),
      [0, 1, 2].map((i) => `alone-${i}.alone.default.svc`),
    );
    const annotations = "jsonpath={.items[*].metadata.annotations.example\\.com/team}";
    const services = ["get", "services", "-l", "app.kubernetes.io/instance=alone", "-o", annotations];
    assert.equal(await scene.lab.kubectl(services), "shop shop");
    await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await pulumi("destroy", "--yes", "--skip-preview");
    await scene.nothingLeft();
  });

  for (const subject of [refusedEdits, ephemeralEdits, volumes, cockroachVolumes]) subject(() => scene);
});
