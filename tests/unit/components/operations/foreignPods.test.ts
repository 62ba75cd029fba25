import * as assert from "node:assert/strict";
import { DaemonCluster, EphemeralCluster, PersistentCluster, SinglePod } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

const sets = "/apis/apps/v1/namespaces/db/statefulsets";
const persistent = { ...ringArgs, replicas: 4, volumeSize: "1Gi" };
const hook = "cassandra-is-no-strangers";
const none = /no hook cassandra-is-no-strangers/;

interface Circumstances {
  isPreview?: boolean;
  newInputs?: Record<string, unknown>;
  refusal?: { code: number; message: string };
}

/** Makes a ring where these objects are, and calls the hook of its component as the engine does before it is created. */
const create = (
  objects: Record<string, unknown>,
  make: (cluster: { kubeconfig: string }) => unknown,
  { isPreview = false, newInputs = { namespace: "db" }, refusal }: Circumstances = {},
) =>
  withApiServer(
    objects,
    async (kubeconfig) => {
      await record(() => make({ kubeconfig }), isPreview);
      await callHook(hook, { newInputs }, { onDryRun: true });
    },
    refusal,
  );
const ofSets = (args: object) => (cluster: { kubeconfig: string }) =>
  new PersistentCluster("cassandra", { ...persistent, ...args, cluster });

describe("a ring that is there and not in the state", () => {
  it("is refused by the first thing that is made, in preview as well, with the way to take it over", async () => {
    const objects = { [`${sets}/cassandra`]: { spec: { replicas: 3 } } };
    for (const isPreview of [true, false])
      await assert.rejects(create(objects, ofSets({}), { isPreview }), {
        message:
          "StatefulSet cassandra exists with 3 replicas and is not in the state of this stack; nothing was touched. If this " +
          "stack made it (the state was lost, or an update was killed), take it over as it is: `pulumi config set " +
          "kubernetes:upsertExistingObjects true`, `replicas: 3` in the program, `pulumi up`; if it was imported, run `pulumi state " +
          "delete` first. If another stack made it, choose another name",
      });
  });

  it("is refused with the members of all its racks", async () => {
    const objects = {
      [`${sets}/cassandra-b`]: { spec: { replicas: 3 } },
      [`${sets}/cassandra-c`]: { spec: { replicas: 2 } },
    };
    await assert.rejects(create(objects, ofSets({ racks: ["a", "b", "c", "d"] })), /cassandra-b exists.*`replicas: 5`/);
  });

  it("is refused on folders of nodes, where its Secret is found by name as well", async () => {
    const objects = { "/apis/apps/v1/namespaces/db/daemonsets/cassandra": { status: { desiredNumberScheduled: 2 } } };
    const make = (args: object) => (cluster: { kubeconfig: string }) =>
      new DaemonCluster("cassandra", { ...ringArgs, hostPath: "/mnt/ring", ...args, cluster });
    await assert.rejects(
      create(objects, make({})),
      /^Error: DaemonSet cassandra exists with 2 pods and is not in the state/,
    );
    await assert.rejects(create(objects, make({ takesOver: true })), none);
  });

  it("is taken over where that is meant", () => assert.rejects(create({}, ofSets({ takesOver: true })), none));

  it("passes where there is none", () => create({}, ofSets({})));

  it("passes in preview where nobody can tell", async () => {
    await create({ [`${sets}/cassandra`]: { spec: { replicas: 3 } } }, ofSets({}), { isPreview: true, newInputs: {} });
    const refusal = { code: 403, message: "statefulsets is forbidden" };
    await create({}, ofSets({}), { isPreview: true, refusal });
  });

  it("is refused where nobody can tell", async () => {
    const refusal = { code: 403, message: "statefulsets is forbidden" };
    await assert.rejects(
      create({}, ofSets({}), { refusal }),
      /could not be checked: statefulsets is forbidden\. Nothing was touched/,
    );
  });

  it("is looked for by the component that all others are in, which tells the namespace", async () => {
    const all = await record(() => new PersistentCluster("cassandra", persistent));
    assert.deepEqual(only(all, "cassandra:index:PersistentCluster").inputs, { namespace: "db", clusterName: "K8Demo" });
    assert.equal(all[0].type, "cassandra:index:PersistentCluster");
  });

  it("is refused with its pods as the only place of its rows", async () => {
    const objects = {
      "/api/v1/namespaces/db/replicationcontrollers/cassandra": { spec: { replicas: 2 } },
      "/api/v1/namespaces/db/pods/cassandra": {},
    };
    await assert.rejects(
      create(objects, (cluster) => new EphemeralCluster("cassandra", { ...ringArgs, replicas: 3, cluster })),
      /ReplicationController cassandra exists with 2 replicas.*`replicas: 2`/,
    );
    await assert.rejects(
      create(objects, (cluster) => new SinglePod("cassandra", { ...ringArgs, cluster })),
      /Pod cassandra exists with 1 pods and is not in the state/,
    );
  });
});
