import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { upsert } from "./flags/ways";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const topologies = ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"];
const ring = { ...smallMembers, replicas: 3, storage: "minikube-hostpath" };

describe("a second stack, on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", async (made) => {
    ({ lab, stack } = made);
    stack.configure(ring);
    await stack.up();
  });

  /** All that the first stack has, with what is in its Secret, and who may reach its pods. */
  const everything = async () => [
    ...(await stack.objects()),
    await lab.kubectl(["get", "secrets,networkpolicies", "-l", "app=cassandra", "-o", "yaml"]),
  ];

  it("of the same ring is refused before it makes anything, preview or none", async () => {
    const before = await everything();
    const second = await Stack.of(lab, "second");
    second.configure(ring);
    const refusal = [
      "StatefulSet cassandra exists with 3 replicas and is not in the state of this stack; nothing was touched",
    ];
    await second.refusedWith(refusal, "preview");
    await second.refusedWith(refusal, "up", "--yes", "--skip-preview");
    assert.deepEqual(await everything(), before);
  });

  it("of a ring in another namespace is refused the cluster name of the first one, and takes another", async () => {
    const before = await everything();
    const third = await Stack.of(lab, "third");
    const elsewhere = { ...ring, namespace: "shop", createNamespace: true };
    third.configure(elsewhere);
    const refusal = [
      'cassandra:clusterName: "K8Demo" is not allowed for ring cassandra: ring cassandra in namespace default has this name',
      'such as "cassandra-shop"',
    ];
    await third.refusedWith(refusal, "up", "--yes", "--skip-preview");
    await third.refusedWith(refusal, "preview");
    // The guard of the stack has noted the name; of a ring that was never made, that binds nobody.
    third.configure({ ...elsewhere, clusterName: "cassandra-shop" });
    await third.up();
    assert.deepEqual(await everything(), before);
    await stack.up("--expect-no-changes");
    await third.up("--expect-no-changes");
  });

  /** The StorageClass of the first stack. */
  const existing = { storage: "existing", storageClassName: "default-cassandra" };
  /** Config of a ring of one topology. */
  const configOf = (topology: string, name: string) => ({
    ...smallMembers,
    clusterName: "Second",
    ...existing,
    topologies: [topology],
    ...(topology !== "daemon" && topology !== "pod" && { replicas: 2 }),
    [topology]: { name, ...(topology === "cockroachdb" && { insecure: true }) },
  });
  /** Makes a ring of that name in another stack, which is refused whatever the provider is told of objects that exist. */
  async function isRefused(topology: string, name: string): Promise<void> {
    const before = await everything();
    const second = await Stack.of(lab, `a-${topology}`);
    for (const more of [{}, upsert]) {
      second.configure({ ...configOf(topology, name), ...more });
      const refusal = /is there, of another ring, whose Secret and Services ring \S+ would overwrite/;
      assert.match(await second.refused("up", "--yes", "--skip-preview"), refusal);
      if (more === upsert) assert.match(await second.refused("preview"), refusal);
    }
    assert.deepEqual(await everything(), before);
  }

  it("of another topology and the same name is refused, also where it would take over what exists", async () => {
    await isRefused("daemon", "cassandra");
    await stack.up("--expect-no-changes");
  });

  describe("@all beside a stack of all topologies", () => {
    let first: Stack;

    before(async () => {
      first = await Stack.of(lab, "first");
      const names = Object.fromEntries(topologies.map((topology) => [topology, { name: `one-${topology}` }]));
      first.configure({
        ...smallMembers,
        clusterName: "First",
        ...existing,
        topologies,
        replicas: 2,
        ...names,
        cockroachdb: { ...names.cockroachdb, insecure: true },
      });
      await first.up();
    });

    for (const topology of topologies)
      for (const other of topologies.filter((one) => one !== topology))
        it(`${topology} is refused the name of ${other}`, () => isRefused(topology, `one-${other}`));

    it("and the first stack is what it was", () => first.up("--expect-no-changes"));
  });
});
