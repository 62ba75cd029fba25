import * as assert from "node:assert/strict";
import { cpSync } from "node:fs";
import * as path from "node:path";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, nameOf, Pod, smallMembers, Stack } from "../support/stack";

interface KubeObject {
  kind: string;
  metadata: { name: string; uid: string; generation?: number; ownerReferences?: { kind: string; name: string }[] };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}
interface KubeList {
  items: KubeObject[];
}

const minutes = 60_000;
const minikube = {
  storage: "minikube-hostpath",
  storageClassName: "fast",
  volumeSize: "1Gi",
  volumeRetention: "delete",
};
/** A resource in Pulumi's state. */
interface StateResource {
  urn: string;
  type: string;
  inputs: {
    metadata?: { labels?: Labels };
    spec?: { podSelector?: Selector; template?: { metadata?: { labels?: Labels } } };
  };
  dependencies?: string[];
}
type Labels = Record<string, string>;
interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values: string[] }[];
}

/** Whether a selector, of the operators that the program uses, has pods of these labels. */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  assert.ok(matchExpressions.every(({ operator }) => operator === "In"));
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key]))
  );
}

const kinds =
  "statefulsets,replicationcontrollers,daemonsets,deployments,jobs,pods,services,networkpolicies,configmaps,secrets,serviceaccounts,roles,rolebindings,pdb,pvc,pv,clusterroles,clusterrolebindings";

describe("every topology on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;
  const configure = (settings: Record<string, unknown>) => stack.configure({ ...smallMembers, ...settings });

  /** Has the namespace admit only pods that meet a Pod Security Standard. */
  const enforce = (level: string) =>
    lab.kubectl(["label", "--overwrite", "namespace", "default", `pod-security.kubernetes.io/enforce=${level}`]);

  /** All objects of the program, each with what changes when somebody edits it. */
  async function objects(): Promise<string[]> {
    const { items } = await stack.get<KubeList>(kinds, "-A", "-l", "app in (cassandra,cockroachdb)");
    return items.map(({ kind, metadata: { name, uid, generation } }) => `${kind} ${name} ${uid} ${generation}`).sort();
  }

  /** Secrets as `cockroach cert` fills them; their contents nobody here looks at. */
  async function makeCertificates(): Promise<void> {
    const secrets = { "cockroachdb.node": "node", "cockroachdb.client.root": "client.root" };
    for (const [name, file] of Object.entries(secrets)) {
      const files = ["ca.crt", `${file}.crt`, `${file}.key`].map((file) => `--from-literal=${file}=x`);
      await lab.kubectl(["create", "secret", "generic", name, ...files]);
    }
  }

  /** Asserts that the engine makes no pod before all policies that keep somebody away from it. @returns how many things make pods */
  async function policiesComeFirst(): Promise<number> {
    const state = JSON.parse(await stack.pulumi("stack", "export")) as { deployment: { resources: StateResource[] } };
    const { resources } = state.deployment;
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const before = (urn: string): string[] => {
      const direct = byUrn.get(urn)?.dependencies ?? [];
      return [...direct, ...direct.flatMap(before)];
    };
    const policies = resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
    const makers = resources.filter(({ type, inputs }) => type.endsWith(":Pod") || inputs?.spec?.template);
    for (const { urn, inputs } of makers) {
      const labels = (inputs.spec?.template ?? inputs).metadata?.labels ?? {};
      const own = policies.filter(({ inputs }) => selects(inputs.spec!.podSelector!, labels));
      assert.ok(own.length > 0, `no policy has ${urn}`);
      for (const policy of own) assert.ok(before(urn).includes(policy.urn), `${urn} does not wait for ${policy.urn}`);
    }
    return makers.length;
  }

  /** Waits until nothing is left. What is owned goes a moment after its owner. */
  async function nothingLeft(): Promise<void> {
    // Simulated pods do not make their claims the owners of the ring record and of the superuser, which would go with them.
    await lab.kubectl(["delete", "configmap,secret", "-l", "app=cassandra"]);
    for (let i = 0; (await objects()).length > 0; i++) {
      assert.ok(i < 60, `left: ${(await objects()).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** Asserts that these settings are refused with these lines, in preview and without one, and that nothing was touched. */
  async function refuses(settings: Record<string, unknown>, ...lines: string[]): Promise<void> {
    const before = await objects();
    configure(settings);
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const said = await stack.refusedWith(lines, ...command);
      assert.doesNotMatch(said, /^ +at .*\.ts:/m, "a stack trace helps no user");
      assert.deepEqual(await objects(), before);
    }
  }

  inSimulatedLab("topologies", (made) => ({ lab, stack } = made));

  beforeEach(() => enforce("restricted"));

  const disks = [1, 2, 3, 1].map((node, i) => ({ node: `node${node}`, path: `/mnt/disks/${i}` }));
  const topologies: Record<string, { settings: Record<string, unknown>; pods: number; standard?: string }> = {
    persistent: { settings: { ...minikube, replicas: 3 }, pods: 3 },
    "persistent on static volumes": {
      settings: { topologies: ["persistent"], storage: "local", localVolumes: disks, volumeRetention: "delete" },
      pods: 3,
    },
    "@all ephemeral": { settings: { topologies: ["ephemeral"], replicas: 3 }, pods: 3 },
    daemon: { settings: { topologies: ["daemon"] }, pods: 3 },
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
    },
  };
  for (const [topology, { settings, pods, standard = "restricted" }] of Object.entries(topologies)) {
    it(`${topology}: preview, up, nothing to do, destroy, where pods must be ${standard}`, async () => {
      await enforce(standard);
      configure(settings);
      if (topology.includes("with certificates")) await makeCertificates();
      await stack.pulumi("preview");
      assert.deepEqual(await objects(), []);
      await stack.up();
      assert.equal((await stack.pods("app in (cassandra,cockroachdb)")).length, pods);
      assert.ok((await policiesComeFirst()) > 0);
      const before = await objects();
      await stack.up("--expect-no-changes");
      assert.deepEqual(await objects(), before);
      await stack.destroy();
      await nothingLeft();
    });
  }

  it("all of them in one stack and one namespace: each controller and each Service has its own pods", async () => {
    configure({ ...minikube, topologies: ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"], replicas: 2 });
    await stack.up();
    await stack.up("--expect-no-changes");
    const rings = {
      persistent: { instance: "cassandra", owner: "StatefulSet cassandra", pods: 2 },
      ephemeral: { instance: "cassandra-ephemeral", owner: "ReplicationController cassandra-ephemeral", pods: 2 },
      daemon: { instance: "cassandra-daemon", owner: "DaemonSet cassandra-daemon", pods: 3 },
      pod: { instance: "cassandra-pod", owner: "PodDisruptionBudget cassandra-pod-alone", pods: 1 },
      cockroachdb: { instance: "cockroachdb", owner: "StatefulSet cockroachdb", pods: 2 },
    };
    for (const { instance, owner, pods } of Object.values(rings)) {
      const component = instance === "cockroachdb" ? ",app.kubernetes.io/component=persistent" : "";
      const own = await stack.get<{ items: (Pod & KubeObject)[] }>(
        "pods",
        "-l",
        `app.kubernetes.io/instance=${instance}${component}`,
      );
      assert.equal(own.items.length, pods, instance);
      for (const { metadata } of own.items) {
        const [{ kind, name }] = metadata.ownerReferences!;
        assert.equal(`${kind} ${name}`.replace(/-[0-9a-f]{8}$/, ""), owner);
      }
      const slices = await stack.get<{ items: { endpoints: { addresses: string[] }[] }[] }>(
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
    const usage = JSON.parse(await stack.pulumi("stack", "output", "--json", "usage")) as Record<string, object>;
    assert.deepEqual(Object.keys(usage).sort(), Object.keys(rings).sort());
  });

  it("keeps all others as they are when one of them goes", async () => {
    const uids = async () =>
      new Map((await stack.pods("app in (cassandra,cockroachdb)")).map((pod) => [nameOf(pod), pod.metadata.uid]));
    const before = await uids();
    const fewer = { ...minikube, topologies: ["persistent", "daemon", "pod", "cockroachdb"], replicas: 2 };
    await refuses(fewer, "cassandra:topologies: this edit leaves ring cassandra-ephemeral (ephemeral) behind");
    configure({ ...fewer, acceptDataLoss: "true" });
    await stack.up();
    const after = await uids();
    for (const name of [...before.keys()].filter((name) => name.startsWith("cassandra-ephemeral-")))
      before.delete(name);
    assert.deepEqual(after, before);
    configure(fewer);
    await stack.up();
    await stack.destroy();
    await nothingLeft();
  });

  it("refuses in preview what cannot work together", async () => {
    await refuses(
      { topologies: ["pod"], replicas: 3 },
      'cassandra:replicas: invalid value "3" while pod is one member',
    );
    await refuses(
      { topologies: ["daemon", "pod"], replicas: 3 },
      'cassandra:replicas: invalid value "3" while daemon has one for each node and pod is one member',
    );
    await refuses({ storage: "local" }, 'cassandra:localVolumes: invalid value "[]" with 0 volumes for 3 replicas');
    await refuses(
      { topologies: ["pod", "ephemeral"], ephemeral: { adoptPod: true } },
      'cassandra:ephemeral.adoptPod: invalid value "true" while topologies holds pod',
    );
    await refuses(
      { topologies: ["ephemeral", "daemon"], daemon: { name: "cassandra" } },
      'cassandra:daemon.name: invalid value "cassandra": must differ from the name of ephemeral',
    );
  });

  it("refuses folders of nodes where the namespace would admit no pod that has them", async () => {
    const why =
      'cassandra:daemon.hostPath: "/mnt/ring" is not allowed in namespace default, which enforces the Pod Security Standard restricted';
    configure({ topologies: ["daemon"], daemon: { hostPath: "/mnt/ring" } });
    const previewed = await stack.refused("preview");
    assert.ok(previewed.includes(why), previewed);
    assert.deepEqual(await objects(), []);
    const updated = await stack.refused("up", "--yes", "--skip-preview");
    assert.ok(updated.includes(why), updated);
    assert.deepEqual(
      (await objects()).filter((object) => /^(DaemonSet|Pod) /.test(object)),
      [],
    );
    await stack.destroy();
    await nothingLeft();
  });

  it("refuses in preview an edit that would lose rows, and touches nothing", async () => {
    const all = {
      ...minikube,
      topologies: ["ephemeral", "daemon", "pod", "cockroachdb"],
      replicas: 3,
      daemon: { hostPath: "/mnt/ring" },
    };
    await enforce("privileged");
    configure(all);
    await stack.up();
    await refuses(
      { ...all, daemon: { hostPath: "/mnt/elsewhere" } },
      "cassandra:daemon.hostPath: this edit leaves the rows in /mnt/ring behind",
    );
    await refuses({ ...all, daemon: {} }, "cassandra:daemon.hostPath: this edit leaves the rows in /mnt/ring behind");
    await refuses({ ...all, pod: { memory: "2Gi" } }, "ring cassandra-pod: this edit replaces its only pod");
    await refuses({ ...all, ephemeral: { name: "other" } }, "leaves ring cassandra (ephemeral) behind");
    await refuses(
      { ...all, namespace: "kube-system" },
      "leaves ring cassandra (ephemeral) in namespace default behind",
    );
    await refuses(
      { ...all, clusterName: "Other" },
      'cassandra:clusterName: "Other" is not allowed for ring cassandra (ephemeral): its members were made with "K8Demo"',
    );
    await refuses(
      { ...all, datacenter: "dc2" },
      'cassandra:datacenter: "dc2" is not allowed for ring cassandra (ephemeral)',
    );
    await refuses(
      { ...all, cockroachdb: { replicas: 2 } },
      "cassandra:replicas: 2 is below",
      "cockroach node decommission ID --insecure --host=cockroachdb-public",
    );
    configure({ ...all, acceptDataLoss: "true", daemon: { hostPath: "/mnt/elsewhere" }, pod: { memory: "2Gi" } });
    await stack.up();
    await stack.destroy();
    await nothingLeft();
  });

  it("tells in preview what an edit of the ephemeral ring means", async () => {
    const ring = { topologies: ["ephemeral"], replicas: 2 };
    configure(ring);
    await stack.up();
    configure({ ...ring, replicas: 3, cpu: "200m" });
    assert.match(
      await stack.pulumi("preview"),
      /ring cassandra: replicas 2 -> 3: new members stream their share, one at a time; its pods are replaced one by one/,
    );
    const before = (await stack.pods("app=cassandra")).map(({ metadata }) => metadata.uid);
    const said = await stack.up();
    assert.equal(new Set(said.match(/replacing cassandra-\S+/g)).size, 2, said);
    const after = await stack.pods("app=cassandra");
    assert.equal(after.length, 3);
    assert.ok(
      after.every(({ metadata }) => !before.includes(metadata.uid)),
      "a pod has the old template",
    );
    await refuses({ ...minikube, topologies: ["persistent"] }, "leaves ring cassandra (ephemeral) behind");
    configure({ topologies: ["daemon"], acceptDataLoss: "true" });
    assert.match(
      await stack.pulumi("preview"),
      /leaves ring cassandra \(ephemeral\) behind: its rows are not carried over/,
    );
    await stack.destroy();
    await nothingLeft();
  });

  it("takes the static volumes over that it left behind, and lets them go once config says so", async () => {
    const local = { topologies: ["persistent"], storage: "local", localVolumes: disks };
    configure(local);
    await stack.up();
    await stack.destroy();
    const kept = (await stack.get<KubeList>("pv", "-l", "type=local")).items;
    assert.equal(kept.length, 4);
    await stack.up();
    const again = (await stack.get<KubeList>("pv", "-l", "type=local")).items;
    assert.deepEqual(
      again.map(({ metadata, status }) => [metadata.uid, status.phase]),
      kept.map(({ metadata }, i) => [metadata.uid, i < 3 ? "Bound" : "Available"]),
    );
    configure({ ...local, volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await nothingLeft();
  });

  it("lets volumes grow without restarting a pod, and never shrink", async () => {
    const cloud = { storage: "gce-pd", volumeRetention: "delete", replicas: 3 };
    configure({ ...cloud, volumeSize: "1Gi" });
    await stack.up();
    const uids = async () => (await stack.pods("app=cassandra")).map(({ metadata }) => metadata.uid);
    const before = await uids();
    const larger = { ...cloud, volumeSize: "2Gi" };
    await refuses({ ...larger, replicas: 4 }, "cassandra:replicas: 4 is not allowed together with other volumes");
    configure(larger);
    assert.match(await stack.pulumi("preview"), /volumeSize 1Gi -> 2Gi: the volumes grow while their members serve/);
    await stack.up();
    assert.deepEqual(await uids(), before);
    const { items } = await stack.get<{ items: { status: { capacity: { storage: string } } }[] }>(
      "pvc",
      "-l",
      "app=cassandra",
    );
    assert.deepEqual(
      items.map(({ status }) => status.capacity.storage),
      ["2Gi", "2Gi", "2Gi"],
    );
    await stack.up("--expect-no-changes");
    await refuses(
      { ...cloud, volumeSize: "1Gi" },
      'cassandra:volumeSize: "1Gi" is not allowed for ring cassandra: its volumes are of 2Gi',
    );
    configure({ ...larger, storageClassName: "slow" });
    assert.match(
      await stack.pulumi("preview"),
      /the volumes that there are stay of class default-cassandra, those of members to come are of class slow/,
    );
    await stack.up();
    assert.deepEqual(await uids(), before);
    configure({ ...larger, storageClassName: "slow", replicas: 4 });
    await stack.up();
    const classes = await stack.get<KubeList>("pvc", "-l", "app=cassandra");
    assert.deepEqual(
      classes.items.map(({ spec }) => spec.storageClassName),
      ["default-cassandra", "default-cassandra", "default-cassandra", "slow"],
    );
    await stack.destroy();
    await nothingLeft();
  });

  it("@all keeps the nodes and the volumes of CockroachDB: these grow in place, those that are there count, and none goes unasked", async () => {
    const insecure = { insecure: "true" };
    const five = { topologies: ["cockroachdb"], storage: "gce-pd", replicas: 5, cockroachdb: insecure };
    const three = { ...five, replicas: 3 };
    type Claim = KubeObject & { status: { capacity: { storage: string } } };
    const claims = async () =>
      (await stack.get<{ items: Claim[] }>("pvc", "-l", "app=cockroachdb")).items.map(({ metadata, status }) => ({
        uid: metadata.uid,
        size: status.capacity.storage,
      }));
    const nodes = async () =>
      (await stack.pods("app=cockroachdb,app.kubernetes.io/component=persistent")).map(({ metadata }) => metadata.uid);
    configure({ ...three, volumeSize: "1Gi" });
    await stack.up();
    const [pods, small] = [await nodes(), await claims()];
    assert.deepEqual([pods.length, small.map(({ size }) => size)], [3, ["1Gi", "1Gi", "1Gi"]]);
    configure({ ...three, volumeSize: "2Gi" });
    assert.match(await stack.pulumi("preview"), /volumeSize 1Gi -> 2Gi: the volumes grow while their members serve/);
    await stack.up();
    assert.deepEqual(await nodes(), pods);
    assert.deepEqual(
      await claims(),
      small.map((claim) => ({ ...claim, size: "2Gi" })),
    );
    await stack.up("--expect-no-changes");

    await lab.kubectl(["scale", "statefulset", "cockroachdb", "--replicas=5"]);
    await lab.kubectl(["wait", "--for=jsonpath={.status.readyReplicas}=5", "statefulset/cockroachdb", "--timeout=60s"]);
    await refuses(
      { ...three, volumeSize: "2Gi", cockroachdb: { ...insecure, memory: "3Gi" } },
      "cassandra:replicas: 3 is below the 5 nodes of CockroachDB cluster cockroachdb",
    );
    configure({ ...five, volumeSize: "2Gi" });
    await stack.up();
    assert.equal((await nodes()).length, 5);

    const kept = await claims();
    await stack.destroy();
    assert.deepEqual(await claims(), kept);
    configure({ ...three, volumeSize: "2Gi" });
    const missing = [
      "cassandra:replicas: 3 is below the 5 nodes of CockroachDB cluster cockroachdb whose volumes are kept",
    ];
    await stack.refusedWith(missing, "preview");
    await stack.refusedWith(missing, "up", "--yes", "--skip-preview");
    assert.deepEqual(await nodes(), []);
    configure({ ...five, volumeSize: "2Gi" });
    await stack.up();
    assert.deepEqual(await claims(), kept);
    configure({ ...five, volumeSize: "2Gi", volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await nothingLeft();
  });

  it("lets no volume grow whose class does not", async () => {
    configure({ ...minikube, replicas: 1 });
    await stack.up();
    await refuses(
      { ...minikube, replicas: 1, volumeSize: "2Gi" },
      'class "fast" of its volumes does not let them grow',
    );
    await stack.destroy();
    await nothingLeft();
  });

  it("lets a program of one's own use a component alone", async () => {
    const program = path.join(lab.dir, "alone");
    cpSync(path.join(__dirname, "alone"), program, { recursive: true });
    const pulumi = (...args: string[]) => lab.pulumi(["-C", program, ...args, "--stack", "alone", "--non-interactive"]);
    await lab.pulumi(["-C", program, "stack", "init", "alone", "--non-interactive"]);
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await stack.pods("app.kubernetes.io/instance=alone")).length, 3);
    assert.deepEqual(
      JSON.parse(await pulumi("stack", "output", "--json", "contactPoints")),
      [0, 1, 2].map((i) => `alone-${i}.alone.default.svc.cluster.local`),
    );
    await pulumi("destroy", "--yes", "--skip-preview");
    await nothingLeft();
  });
});
