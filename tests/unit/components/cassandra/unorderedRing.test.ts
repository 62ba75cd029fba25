import * as assert from "node:assert/strict";
import { UnorderedRing, UnorderedRingReference } from "../../../../components/cassandra/unorderedRing";
import { nextConvergenceStep } from "../../../../components/operations/convergencePlan";
import { Survey } from "../../../../components/operations/ringSurvey";
import { withApiServer } from "../../../support/apiServer";

const id = (i: number) => `7000000${i}-0000-4000-8000-000000000000`;
const reference = { name: "cassandra", namespace: "db", selector: { app: "cassandra" } };
const ephemeral: UnorderedRingReference = { ...reference, maker: "ReplicationController", isOnNodes: false };
const daemon: UnorderedRingReference = { ...reference, maker: "DaemonSet", isOnNodes: true };
const core = "/api/v1/namespaces/db";

const pod = (name: string, node: string, metadata: object = {}, phase = "Running") => ({
  metadata: { name, uid: `uid-of-${name}`, ...metadata },
  spec: { nodeName: node, containers: [{}] },
  status: {
    phase,
    podIP: "10.0.0.1",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ state: { running: {} } }],
  },
});
const ending = { deletionTimestamp: "2026-11-27T00:00:00Z" };

const template = { spec: { containers: [{ env: [{ name: "RING_RECORD", value: "cassandra-1a2b3c" }] }] } };

async function survey(
  ring: UnorderedRingReference,
  maker: object,
  pods: object[],
  data: Record<string, string> = {},
): Promise<Survey> {
  const path = ring === ephemeral ? `${core}/replicationcontrollers` : "/apis/apps/v1/namespaces/db/daemonsets";
  const { spec = {} } = maker as { spec?: object };
  const objects = {
    [`${path}/cassandra`]: { metadata: { generation: 2 }, ...maker, spec: { ...spec, template } },
    [`${core}/pods`]: { items: pods },
    [`${core}/configmaps/cassandra-1a2b3c`]: { data },
    // Of a ring on volumes that had the same name, kept with them.
    [`${core}/configmaps/cassandra-ring`]: {
      data: { "cassandra-0": `${id(9)} 10.0.0.9`, moving: "cassandra-0 leaves" },
    },
  };
  let seen: Survey | undefined;
  await withApiServer(objects, async (kubeconfig) => {
    seen = await new UnorderedRing({ kubeconfig }, ring).survey(ring === ephemeral ? 2 : undefined, "never");
  });
  return seen!;
}

const controller = { spec: { replicas: 2 } };
const set = { status: { observedGeneration: 2, desiredNumberScheduled: 2 } };

describe("a ring whose pods have no ordinal, as Kubernetes has it", () => {
  it("is whole where as many pods serve as its controller asks for, those that were evicted aside", async () => {
    const pods = [pod("a", "node1"), pod("gone", "node1", {}, "Failed"), pod("b", "node2")];
    const seen = await survey(ephemeral, controller, pods);
    assert.deepEqual([seen.asked, seen.expected], [2, ["a", "b"]]);
    assert.equal(nextConvergenceStep(seen), "converged");
  });

  it("is judged by the record that its pods are told, which has a name of Pulumi's making", async () => {
    const pods = [pod("a", "node1"), pod("b", "node2")];
    const record = { a: `${id(1)} 10.0.0.1`, b: `${id(2)} 10.0.0.2`, "repair.b": "T" };
    for (const [ring, maker] of [
      [ephemeral, controller],
      [daemon, set],
    ] as const)
      assert.deepEqual((await survey(ring, maker, pods, record)).record, record);
  });

  it("is not whole before a pod that goes has handed its rows over, and ended", async () => {
    const pods = [pod("a", "node1"), pod("b", "node2"), pod("c", "node1", ending)];
    assert.deepEqual(nextConvergenceStep(await survey(ephemeral, controller, pods)), { waitFor: "c to end" });
  });

  it("is not whole while a pod is missing", async () => {
    const seen = await survey(ephemeral, controller, [pod("a", "node1")]);
    assert.deepEqual(nextConvergenceStep(seen), { waitFor: "pod number 2 to be created" });
  });

  it("gets the count of the stack where somebody has scaled it by hand", async () => {
    const pods = [pod("a", "node1"), pod("b", "node2"), pod("c", "node1")];
    assert.deepEqual(nextConvergenceStep(await survey(ephemeral, { spec: { replicas: 3 } }, pods)), {
      scale: 2,
      from: 3,
    });
  });

  it("has as many members as a DaemonSet finds nodes, each by its node's name", async () => {
    const pods = [pod("cassandra-x", "node1"), pod("cassandra-y", "node2")];
    const seen = await survey(daemon, set, pods);
    assert.deepEqual(seen.expected, ["node1", "node2"]);
    assert.equal(nextConvergenceStep(seen), "converged");
    await assert.rejects(
      survey(daemon, { status: { ...set.status, observedGeneration: 1 } }, pods),
      /Kubernetes has not counted the nodes of DaemonSet cassandra yet/,
    );
  });

  it("is asked for by nobody before it is made", async () => {
    await withApiServer({ [`${core}/pods`]: { items: [] } }, async (kubeconfig) => {
      for (const ring of [ephemeral, daemon]) {
        const seen = await new UnorderedRing({ kubeconfig }, ring).survey(undefined, "never");
        assert.deepEqual([seen.asked, seen.pods], [undefined, []]);
      }
    });
  });

  it("leaves the owners of a record alone that is another ring's, kept with its volumes", async () => {
    const owner = { apiVersion: "v1", kind: "PersistentVolumeClaim", name: "data-cassandra-0", uid: "uid" };
    const metadata = { name: "cassandra-ring", ownerReferences: [owner] };
    const objects = {
      [`${core}/configmaps/cassandra-ring`]: { metadata },
      [`${core}/persistentvolumeclaims`]: { items: [{ metadata: { name: owner.name, uid: owner.uid } }] },
    };
    await withApiServer(objects, async (kubeconfig, written) => {
      for (const ring of [ephemeral, daemon])
        assert.deepEqual(await new UnorderedRing({ kubeconfig }, ring).repairOwners(), []);
      assert.deepEqual(written, []);
    });
  });

  it("waits for a member to be taken out whose disk is gone, and names the way where a folder is left", () => {
    const listed = [1, 2, 3].map((i) => ({
      hostId: id(i),
      address: `10.0.0.${i}`,
      datacenter: "dc1",
      rack: "rack1",
      state: "normal" as const,
      up: i < 3,
      tokens: 16,
    }));
    const pods = ["a", "b"].map((name, ringOrdinal) => ({
      name,
      uid: name,
      ringOrdinal,
      address: `10.0.0.${ringOrdinal + 1}`,
      running: true,
      ready: true,
      ending: false,
      keepsRecord: true,
    }));
    const record = { a: `${id(1)} 10.0.0.1`, b: `${id(2)} 10.0.0.2`, c: `${id(3)} 10.0.0.3` };
    const seen: Survey = {
      namespace: "db",
      asked: 2,
      expected: ["a", "b"],
      pods,
      record,
      listed,
      lostMember: "removedByRing",
    };
    assert.deepEqual(nextConvergenceStep(seen), {
      waitFor: "the member of c to be removed from the ring: its disk is gone",
    });
    const step = nextConvergenceStep({ ...seen, lostMember: "removedByHand" });
    assert.ok(typeof step === "object" && "advice" in step);
    assert.match(step.advice!, /`\/ring\/remove-node.sh c` in any of the ring's pods/);
  });
});
