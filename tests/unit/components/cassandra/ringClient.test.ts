import * as assert from "node:assert/strict";
import { RingClient } from "../../../../components/cassandra/ringClient";
import { nextConvergenceStep } from "../../../../components/operations/convergencePlan";
import { withApiServer, Written } from "../../../support/apiServer";

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

  const ring = {
    name: "cassandra",
    sets: ["cassandra"],
    namespace: "db",
    selector: { app: "cassandra" },
    claim: "data",
    stallTimeoutMinutes: 0.001,
  };

  /** @param objects what the API server has @param use is given the client of a ring of one set, which gives up soon */
  const withRing = async (objects: Record<string, unknown>, use: (client: RingClient) => Promise<void>) => {
    let writes: Written[] = [];
    await withApiServer(objects, (kubeconfig, written) => {
      writes = written;
      return use(new RingClient({ kubeconfig }, ring));
    });
    return writes;
  };

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
      assert.equal(nextConvergenceStep(seen), "converged");
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
      const step = nextConvergenceStep(seen);
      assert.ok(typeof step === "object" && "rejoin" in step && step.rejoin.uid === uid, JSON.stringify(step));
    });
  });

  it("is asked through another member where one hangs, though its port is open", async () => {
    class Hanging extends RingClient {
      readonly asked: string[] = [];
      protected override run(name: string): Promise<string> {
        this.asked.push(name);
        const line = "UN 10.0.0.1 1 KiB 16 100.0% 70000001-0000-4000-8000-000000000000 rack1";
        return name === "cassandra-0"
          ? Promise.reject(new Error("no answer"))
          : Promise.resolve(`Datacenter: dc1\n${line}\n`);
      }
    }
    const record = { data: { "cassandra-0": "70000001-0000-4000-8000-000000000000 10.0.0.1", formed: "T" } };
    const objects = {
      [set]: { spec: { replicas: 2 } },
      [`${core}/pods`]: { items: [pod("cassandra-0"), pod("cassandra-1")] },
      [`${core}/configmaps/cassandra-ring`]: record,
    };
    await withApiServer(objects, async (kubeconfig) => {
      const client = new Hanging({ kubeconfig }, ring);
      assert.equal((await client.survey(2)).listed?.length, 1);
      assert.deepEqual(client.asked, ["cassandra-0", "cassandra-1"]);
    });
  });

  it("is looked for on volumes where a member is nobody's: one that ended before it was on record lies on one of them", async () => {
    class Asked extends RingClient {
      protected override run(_: string, ...command: string[]): Promise<string> {
        const line = (state: string, i: number) =>
          `${state} 10.0.0.${i} 1 KiB 16 100.0% 7000000${i}${id.slice(8)} rack1`;
        return Promise.resolve(
          command.join(" ") === "nodetool status" ? `Datacenter: dc1\n${line("UN", 1)}\n${line("DN", 9)}\n` : "",
        );
      }
    }
    const claims = ["data-cassandra-0", "data-cassandra-1", "data-cassandra-2", "data-other-2", "cache-cassandra-1"];
    const record = { "cassandra-0": `70000001${id.slice(8)} 10.0.0.1`, "cassandra-1": "left uid", formed: "T" };
    const objects = {
      [set]: { spec: { replicas: 1 } },
      [`${core}/pods`]: { items: [pod("cassandra-0")] },
      [`${core}/persistentvolumeclaims`]: { items: claims.map((name) => ({ metadata: { name } })) },
      [`${core}/configmaps/cassandra-ring`]: { data: record },
    };
    const missing = async (change: object) => {
      let found: unknown[] = [];
      await withApiServer({ ...objects, ...change }, async (kubeconfig) => {
        const client = new Asked({ kubeconfig }, ring);
        const [seen, view] = [await client.survey(1), await client.inspect(1)];
        found = [seen.missing!.map(({ name }) => name), view.missing!.map((one) => one.pod)];
      });
      return found;
    };
    assert.deepEqual(await missing({}), [["cassandra-2"], ["cassandra-2"]]);
    // It may be a pod that starts.
    const starts = pod("cassandra-1", { status: { podIP: "10.0.0.3" } });
    const other = { [`${core}/pods`]: { items: [pod("cassandra-0"), starts] } };
    const unknown = { data: { ...record, "cassandra-1": "" } };
    assert.deepEqual(await missing({ ...other, [`${core}/configmaps/cassandra-ring`]: unknown }), [[], []]);
  });

  it("is not judged without its record, which may be gone while its members are there", async () => {
    const objects = { [set]: { spec: { replicas: 1 } }, [`${core}/pods`]: { items: [pod("cassandra-0")] } };
    await withRing(objects, async (client) => {
      for (const look of [() => client.inspect(), () => client.recordedMembers(1), () => client.survey(1)])
        await assert.rejects(look(), /^Error: ConfigMap cassandra-ring \(the ring record\) is not in namespace db/);
      assert.equal(await client.isUnformed(), false);
    });
  });

  it("is scaled by racks: one that asks for too few pods is raised before another one is made smaller", async () => {
    const paths = ["a", "b"].map((rack) => `${set}-${rack}`);
    const inRacks = { ...ring, sets: ["cassandra-a", "cassandra-b"] };
    const scaled = async (...counts: number[]) => {
      const objects = Object.fromEntries(paths.map((path, i) => [path, { spec: { replicas: counts[i] } }]));
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
