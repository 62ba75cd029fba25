import * as assert from "node:assert/strict";
import { RingClient } from "../../../components/ringClient";
import { nextMend } from "../../../components/wholeRing";
import { withApiServer } from "../apiServer";

const id = "70000000-0000-4000-8000-000000000000";
const pod = (name: string, change: object = {}) => ({
  metadata: { name, uid: `uid-of-${name}` },
  spec: { nodeName: "node1", containers: [{ volumeMounts: [{ name: "ring", mountPath: "/ring" }] }] },
  status: {
    podIP: "10.0.0.1",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ state: { running: {} } }],
  },
  ...change,
});
const pull = {
  status: { containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] },
};

describe("a ring as Kubernetes has it", () => {
  const core = "/api/v1/namespaces/db";
  const set = "/apis/apps/v1/namespaces/db/statefulsets/cassandra";

  /** @param objects what the API server has @param use is given the client of a ring of one set, which gives up soon */
  const withRing = (objects: Record<string, unknown>, use: (client: RingClient) => Promise<void>) =>
    withApiServer(objects, (kubeconfig) =>
      use(
        new RingClient(
          { kubeconfig },
          {
            name: "cassandra",
            sets: ["cassandra"],
            namespace: "db",
            selector: { app: "cassandra" },
            claim: "data",
            stallTimeoutMinutes: 0.001,
          },
        ),
      ),
    );

  it("is whole where its pods are simulated, of which none is on record: nobody is asked", async () => {
    const pods = ["cassandra-0", "cassandra-1"].map((name) => pod(name));
    const objects = {
      [set]: { spec: { replicas: 2 } },
      [`${core}/pods`]: { items: pods },
      [`${core}/configmaps/cassandra-ring`]: { data: {} },
    };
    await withRing(objects, async (client) => {
      const seen = await client.survey(2);
      assert.deepEqual([seen.asked, seen.expected, seen.listed], [2, ["cassandra-0", "cassandra-1"], undefined]);
      assert.equal(nextMend(seen), "whole");
    });
  });

  it("is asked where a member is on record, but for brief looks while a pod does not serve", async () => {
    const record = { data: { "cassandra-0": `${id} 10.0.0.1`, "cassandra-1": "left uid-of-cassandra-1" } };
    const objects = {
      [set]: { spec: { replicas: 2 } },
      [`${core}/pods`]: { items: [pod("cassandra-0"), pod("cassandra-1", pull)] },
      [`${core}/configmaps/cassandra-ring`]: record,
    };
    await withRing(objects, async (client) => {
      // This API server runs no commands.
      await assert.rejects(client.survey(2), /cassandra-0: /);
      const seen = await client.survey(2, "when all serve");
      const [, { ready, running, trouble, uid }] = seen.pods;
      assert.deepEqual([ready, running, trouble], [false, false, "ImagePullBackOff"]);
      const mend = nextMend(seen);
      assert.ok(typeof mend === "object" && "takeBack" in mend && mend.takeBack.uid === uid, JSON.stringify(mend));
    });
  });

  it("is not judged without its record, which may be gone while its members are there", async () => {
    const objects = { [set]: { spec: { replicas: 1 } }, [`${core}/pods`]: { items: [pod("cassandra-0")] } };
    await withRing(objects, async (client) => {
      for (const look of [() => client.look(), () => client.recorded(1)])
        await assert.rejects(
          look(),
          /^Error: ConfigMap cassandra-ring, the record of its members, is not in namespace db/,
        );
      assert.equal(await client.isUnformed(), false);
    });
  });

  it("says who holds the volume of a member that has left, and does not wait for ever", async () => {
    const objects = {
      [`${core}/configmaps/cassandra-ring`]: { data: { "cassandra-3": "left uid" } },
      [`${core}/persistentvolumeclaims/data-cassandra-3`]: { metadata: { finalizers: ["example.com/backup"] } },
    };
    await withRing(objects, (client) =>
      assert.rejects(
        client.dropVolumes(3),
        /claim data-cassandra-3 of a member that has left is not gone .*: its finalizers are example.com\/backup/,
      ),
    );
    await withRing({ ...objects, [`${core}/pods/cassandra-3`]: pod("cassandra-3") }, (client) =>
      assert.rejects(client.dropVolumes(3), /pod cassandra-3 on node node1 has not ended; `kubectl delete -n db pod/),
    );
    await withRing({ [`${core}/configmaps/cassandra-ring`]: { data: { "cassandra-3": "left uid" } } }, (client) =>
      client.dropVolumes(3),
    );
  });

  it("gives up the very pod of a member that has left, and no other one", async () => {
    const objects = { [`${core}/pods/cassandra-3`]: pod("cassandra-3") };
    const seen = { name: "cassandra-3", uid: "uid", place: 3, running: true, ready: false, ending: false };
    await withRing(objects, async (client) =>
      assert.equal(await client.takeBack({ ...seen, keepsRecord: true }), true),
    );
    await withRing({}, async (client) => assert.equal(await client.takeBack({ ...seen, keepsRecord: true }), false));
  });
});
