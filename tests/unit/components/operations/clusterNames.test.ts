import * as assert from "node:assert/strict";
import { DaemonCluster, EphemeralCluster, PersistentCluster, SinglePod } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record, warningsOfEach } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

type Cluster = { kubeconfig: string };
const hook = "cassandra-has-its-own-name";
const own = { namespace: "db", clusterName: "K8Demo" };

const pod = (namespace: string, instance: string | undefined, value: string) => ({
  metadata: { name: "p", namespace, labels: { ...(instance && { "app.kubernetes.io/instance": instance }) } },
  spec: { containers: [{ name: "cassandra", env: [{ name: "CASSANDRA_CLUSTER_NAME", value }] }] },
});
const persistent = (cluster: Cluster) =>
  new PersistentCluster("cassandra", { ...ringArgs, replicas: 3, volumeSize: "1Gi", cluster });
const ephemeral = (cluster: Cluster) => new EphemeralCluster("cassandra", { ...ringArgs, replicas: 3, cluster });
const onFolders = (cluster: Cluster) => new DaemonCluster("cassandra", { ...ringArgs, hostPath: "/mnt/ring", cluster });
const alone = (cluster: Cluster) => new SinglePod("cassandra", { ...ringArgs, cluster });

describe("the cluster name of a new ring", () => {
  const warnings = warningsOfEach();

  const create = (
    pods: object[],
    make: (cluster: Cluster) => unknown = persistent,
    claims: string[] = [],
    refusal?: { code: number; message: string },
    isPreview = true,
  ) =>
    withApiServer(
      {
        "/api/v1/pods": { items: pods },
        "/api/v1/namespaces/db/persistentvolumeclaims": { items: claims.map((name) => ({ metadata: { name } })) },
      },
      async (kubeconfig) => {
        await record(() => make({ kubeconfig }), isPreview);
        await callHook(hook, { newInputs: own }, { onDryRun: true });
      },
      refusal,
    );

  it("is refused where a ring of another namespace has it", async () => {
    await assert.rejects(create([pod("shop", "cassandra", "K8Demo")]), {
      message:
        'clusterName: "K8Demo" is not allowed for ring cassandra: ring cassandra in namespace shop has this name, and ' +
        "the two rings may merge when an address is used again; allowed is a name that no ring has, such as " +
        '"cassandra-db"',
    });
  });

  it("is refused where another ring of the namespace has it, or one of the tutorials", async () => {
    await assert.rejects(create([pod("db", "orders", "K8Demo")]), /ring orders in namespace db has this name/);
    await assert.rejects(
      create([pod("web", undefined, "K8Demo")], ephemeral),
      /ring cassandra in namespace web has this name/,
    );
  });

  it("is refused for a single pod as well", () =>
    assert.rejects(
      create([pod("shop", "cassandra", "K8Demo")], alone),
      /ring cassandra in namespace shop has this name/,
    ));

  it("is taken where nobody else has it", async () => {
    await create([pod("shop", "cassandra", "orders"), pod("db", "cassandra", "K8Demo")]);
    assert.deepEqual(warnings, []);
  });

  it("is taken where the pods of the other ring go, or have ended", async () => {
    const pods = [0, 1].map(() => pod("shop", "cassandra", "K8Demo"));
    Object.assign(pods[0].metadata, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    Object.assign(pods[1], { status: { phase: "Failed" } });
    await create(pods);
    assert.deepEqual(warnings, []);
  });

  const other = pod("shop", "cassandra", "K8Demo");
  const kept =
    'clusterName: "K8Demo" is the name of two rings: ring cassandra in namespace shop has this name, and the two rings may merge. Ring cassandra was made with this name, and keeps it';

  it("stays that of a ring that comes back to its volumes", async () => {
    await create([other], persistent, ["data-other-0", "data-cassandra-2"]);
    assert.deepEqual(warnings, [kept]);
    for (const claim of ["data-cassandra-x-0", "data-other-0", "logs-cassandra-0"])
      await assert.rejects(create([other], persistent, [claim]), /is not allowed/, claim);
  });

  it("stays that of a ring that may come back to folders of nodes", async () => {
    await create([other], onFolders);
    assert.deepEqual(warnings, [kept]);
  });

  it("is taken, and it is said, where nobody can tell", async () => {
    await create([], persistent, [], { code: 403, message: "pods is forbidden" });
    assert.deepEqual(warnings, [
      'ring cassandra: whether another ring has the cluster name "K8Demo" could not be checked: pods is forbidden',
    ]);
  });
});
