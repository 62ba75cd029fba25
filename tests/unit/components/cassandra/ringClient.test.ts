import * as assert from "node:assert/strict";
import { RingClient } from "../../../../components/cassandra/ringClient";
import { withApiServer, Written } from "../../../support/apiServer";
import { core, id, pod, ring, set, withRing } from "./statefulSetRing";

describe("a ring as Kubernetes has it", () => {
  it("is scaled by racks: one that asks for too few pods is raised before another one is made smaller", async () => {
    const paths = ["a", "b"].map((rack) => `${set}-${rack}`);
    const inRacks = { ...ring, sets: ["cassandra-a", "cassandra-b"] };
    const scaled = async (...counts: number[]) => {
      const objects = Object.fromEntries(counts.map((replicas, i) => [paths[i], { spec: { replicas } }]));
      const record = { [`${core}/pods`]: { items: [] }, [`${core}/configmaps/cassandra-ring`]: { data: {} } };
      let writes: Written[] = [];
      let asked: number | undefined;
      await withApiServer({ ...objects, ...record }, async (kubeconfig, written) => {
        writes = written;
        const client = new RingClient({ kubeconfig }, inRacks);
        asked = (await client.survey(4, "never")).asked;
        await client.scale(4);
      });
      const rows = writes.map(({ path, body }) => `${path.slice(-1)} ${(body as { value: number }[])[0].value}`);
      return { asked, rows };
    };
    // Scaled by hand so that the sum is right: one rack lacks a pod, and the surplus pod of the other may be a member.
    assert.deepEqual(await scaled(1, 3), { asked: 3, rows: ["a 2"] });
    assert.deepEqual(await scaled(2, 3), { asked: 5, rows: ["a 2", "b 2"] });
    assert.deepEqual(await scaled(1, 1), { asked: 2, rows: ["a 2", "b 2"] });
    assert.deepEqual(await scaled(2, 2), { asked: 4, rows: ["a 2", "b 2"] });
    await assert.rejects(
      scaled(2),
      /^Error: there is no StatefulSet cassandra-b in namespace db: `pulumi up --refresh` makes it again$/,
    );
  });

  it("says who holds the volume of a member that has left, and does not wait for ever", async () => {
    const objects = {
      [`${core}/configmaps/cassandra-ring`]: { data: { "cassandra-3": "left uid" } },
      [`${core}/persistentvolumeclaims/data-cassandra-3`]: { metadata: { finalizers: ["example.com/backup"] } },
    };
    await withRing(objects, (client) =>
      assert.rejects(
        client.deleteVolumes(3),
        /PersistentVolumeClaim data-cassandra-3 of a member that has left still exists .*: its finalizers are example.com\/backup/,
      ),
    );
    await withRing({ ...objects, [`${core}/pods/cassandra-3`]: pod("cassandra-3") }, (client) =>
      assert.rejects(
        client.deleteVolumes(3),
        /pod cassandra-3 on node node1 has not ended yet; if its node is certain to be off, run `kubectl delete -n db pod/,
      ),
    );
    await withRing({ [`${core}/configmaps/cassandra-ring`]: { data: { "cassandra-3": "left uid" } } }, (client) =>
      client.deleteVolumes(3),
    );
  });

  it("has its volumes as owners of its record, and nobody else", async () => {
    const claim = (name: string) => ({ metadata: { name, uid: `uid-of-${name}` } });
    const owner = (name: string, kind = "PersistentVolumeClaim") => ({
      apiVersion: "v1",
      kind,
      name,
      uid: `uid-of-${name}`,
    });
    const data = { "cassandra-0": `${id} 10.0.0.1`, "cassandra-1": `${id} 10.0.0.2`, "cassandra-2": "empty" };
    const claims = ["data-cassandra-0", "data-cassandra-1", "data-cassandra-2", "data-other-0"].map(claim);
    const gone = owner("data-cassandra-7");
    const written = async (ofRecord: object[], ofSecret?: object[]) => {
      const objects = {
        [`${core}/persistentvolumeclaims`]: { items: claims },
        [`${core}/configmaps/cassandra-ring`]: {
          metadata: { name: "cassandra-ring", ownerReferences: ofRecord },
          data,
        },
        [`${core}/secrets/cassandra-superuser`]: ofSecret && {
          metadata: { name: "cassandra-superuser", ownerReferences: ofSecret },
        },
      };
      let said: string[] = [];
      const patches = await withRing(objects, async (client) => void (said = await client.repairOwners()));
      return { said, patches: patches.map(({ body }) => body) };
    };
    const right = [owner("data-cassandra-0"), owner("data-cassandra-1")];
    assert.deepEqual(await written([...right, gone], right), { said: [], patches: [] });
    const forged = [owner("data-cassandra-0"), owner("data-other-0"), owner("kube-root-ca.crt", "ConfigMap")];
    const { said, patches } = await written(forged, right);
    const path = "/metadata/ownerReferences";
    assert.deepEqual(patches, [
      [
        { op: "test", path, value: forged },
        { op: "add", path, value: right },
      ],
    ]);
    assert.deepEqual((await written([], right)).patches, [[{ op: "add", path, value: right }]]);
    assert.deepEqual(said, [
      "the owners of ConfigMap cassandra-ring, which is deleted with the volumes, were corrected: PersistentVolumeClaim data-other-0 is none of " +
        "its volumes, ConfigMap kube-root-ca.crt is none of its volumes, data-cassandra-1 was missing",
    ]);
    assert.match((await written(right, forged)).said.join(), /^the owners of Secret cassandra-superuser, /);
  });

  it("has the very pod made again that waits at another member's address, and keeps its volume", async () => {
    const seen = { name: "cassandra-3", uid: "uid", ringOrdinal: 3, running: true, ready: false, ending: false };
    const objects = { [`${core}/pods/cassandra-3`]: pod("cassandra-3") };
    const claim = `${core}/persistentvolumeclaims/data-cassandra-3`;
    const kept = { [claim]: { metadata: { name: "data-cassandra-3" } } };
    const writes = await withRing({ ...objects, ...kept }, (client) =>
      client.replaceAtNewAddress({ ...seen, keepsRecord: false }),
    );
    assert.deepEqual(
      writes.map(({ method, path }) => `${method} ${path}`),
      [`DELETE ${core}/pods/cassandra-3`],
    );
    // It has gone by itself meanwhile.
    await withRing({}, (client) => client.replaceAtNewAddress({ ...seen, keepsRecord: false }));
  });

  it("gives up the very pod of a member that has left, and no other one", async () => {
    const objects = { [`${core}/pods/cassandra-3`]: pod("cassandra-3") };
    const seen = { name: "cassandra-3", uid: "uid", ringOrdinal: 3, running: true, ready: false, ending: false };
    await withRing(objects, async (client) => assert.equal(await client.rejoin({ ...seen, keepsRecord: true }), true));
    await withRing({}, async (client) => assert.equal(await client.rejoin({ ...seen, keepsRecord: true }), false));
  });
});
