import * as assert from "node:assert/strict";
import { RingClient } from "../../../../components/cassandra/ringClient";
import { nextConvergenceStep } from "../../../../components/operations/convergencePlan";
import { withApiServer } from "../../../support/apiServer";
import { core, id, pod, ring, set, withRing } from "./statefulSetRing";

const pull = {
  status: { containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] },
};

describe("a ring as Kubernetes has it", () => {
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

  it("takes a member for removed only where nobody lists it", async () => {
    const other = `70000009${id.slice(8)}`;
    class Asked extends RingClient {
      protected override run(name: string): Promise<string> {
        const line = (hostId: string, i: number) => `UN 10.0.0.${i} 1 KiB 16 100.0% ${hostId} rack1`;
        return Promise.resolve(
          ["Datacenter: dc1", line(id, 1), ...(name === listing ? [line(other, 2)] : [])].join("\n"),
        );
      }
    }
    let listing = "cassandra-1";
    const record = { data: { "cassandra-0": `${id} 10.0.0.1`, "cassandra-2": `${other} 10.0.0.2`, formed: "T" } };
    const objects = {
      [set]: { spec: { replicas: 3 } },
      [`${core}/pods`]: { items: ["cassandra-0", "cassandra-1"].map((name) => pod(name)) },
      [`${core}/persistentvolumeclaims`]: { items: [] },
      [`${core}/configmaps/cassandra-ring`]: record,
    };
    await withApiServer(objects, async (kubeconfig) => {
      const client = new Asked({ kubeconfig }, ring);
      const unlisted = async () => (await client.inspect(3)).unlisted.map((one) => one.pod);
      assert.deepEqual(await unlisted(), []);
      listing = "nobody";
      assert.deepEqual(await unlisted(), ["cassandra-2"]);
      assert.equal((await client.survey(3)).listed?.length, 1);
    });
  });
});
