import * as assert from "node:assert/strict";
import { PersistentCluster } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

/** What an API server has, by path; all else it answers with 404, or with another code. */
interface World {
  set?: { replicas: number };
  labels?: Record<string, string>;
  /** Names of claims. */
  claims?: string[];
  record?: Record<string, string>;
  refusal?: number;
  pods?: object[];
}

const serving = { conditions: [{ type: "Ready", status: "True" }] };

const inputs = (replicas: number) => ({ metadata: { name: "cassandra", namespace: "db" }, spec: { replicas } });
const edit = (was: number, wanted: number) => ({ oldInputs: inputs(was), newInputs: inputs(wanted) });
const create = (wanted: number) => ({ newInputs: inputs(wanted) });

/** Runs a hook of a ring's set against an API server with nothing in it but this. */
async function run(
  world: World,
  hook: string,
  args: Parameters<typeof callHook>[1],
  { isPreview = false, takesOver = false } = {},
): Promise<void> {
  const objects: Record<string, unknown> = {
    "/apis/apps/v1/namespaces/db/statefulsets/cassandra": world.set && {
      metadata: { labels: world.labels },
      spec: world.set,
    },
    "/api/v1/namespaces/db/configmaps/cassandra-ring": world.record && { data: world.record },
    "/api/v1/namespaces/db/persistentvolumeclaims": {
      items: (world.claims ?? []).map((name) => ({ metadata: { name } })),
    },
    "/api/v1/namespaces/db/pods": { items: world.pods ?? [] },
  };
  const refusal = world.refusal && {
    code: world.refusal,
    message: 'User "reader" cannot get resource "statefulsets"',
  };
  const ring = { ...ringArgs, replicas: 3, storageClassName: "fast", volumeSize: "1Gi", takesOver };
  await withApiServer(
    objects,
    async (kubeconfig) => {
      await record(() => new PersistentCluster("cassandra", { ...ring, cluster: { kubeconfig } }), isPreview);
      await callHook(`cassandra-${hook}`, args, { onDryRun: true });
    },
    refusal || undefined,
  );
}

describe("the guard of a set", function () {
  this.timeout(60_000);
  const leave = "members-leave-first";
  const first = "is-a-first-create";

  it("lets the edits pass that take no member away", async () => {
    await run({ set: { replicas: 3 } }, leave, edit(3, 3));
    await run({ set: { replicas: 3 } }, leave, edit(3, 5));
  });

  it("does not pass a smaller set on when it cannot look at the ring, and says so in preview", async () => {
    await assert.rejects(run({ set: { replicas: 3 } }, leave, edit(3, 2)), {
      message: /^ring cassandra: the ring could not be checked: .*no member serves.* No pod was removed$/,
    });
    await assert.rejects(
      run({ refusal: 403 }, leave, edit(3, 3)),
      /could not be checked: User "reader" cannot get resource "statefulsets". No pod was removed/,
    );
    await run({ refusal: 403 }, leave, edit(3, 2), { isPreview: true });
  });

  it("lets a first ring be made smaller that does not fit its cluster: there is nobody to leave", async () => {
    const waiting = { "cassandra-0": "empty", "cassandra-1": "empty" };
    for (const record of [{}, waiting]) await run({ set: { replicas: 5 }, record }, leave, edit(5, 2));
    const member = { "cassandra-0": "70000000-0000-4000-8000-000000000000 10.0.0.1" };
    const begun: Record<string, string>[] = [{ forming: "5" }, { formed: "2026-01-01T00:00:00Z" }, member];
    for (const record of begun)
      await assert.rejects(run({ set: { replicas: 5 }, record }, leave, edit(5, 2)), /could not be checked/);
    // A pod that serves may be one that writes no record.
    const pods = [{ metadata: { name: "cassandra-0", uid: "0" }, spec: { containers: [{}] }, status: serving }];
    await assert.rejects(run({ set: { replicas: 5 }, record: {}, pods }, leave, edit(5, 2)), /could not be checked/);
  });

  it("counts the members of a set that somebody has scaled by hand", async () => {
    await assert.rejects(run({ set: { replicas: 5 } }, leave, edit(3, 4)), /could not be checked/);
  });

  it("refuses a set that is there and not in the state, unless it is to be taken over at its own count", async () => {
    const there = { set: { replicas: 3 }, claims: ["data-cassandra-0", "data-cassandra-1", "data-cassandra-2"] };
    await assert.rejects(
      run(there, first, create(3), { isPreview: true }),
      /StatefulSet cassandra exists with 3 replicas/,
    );
    await run(there, first, create(3), { takesOver: true });
    await assert.rejects(run(there, first, create(2), { takesOver: true }), /could not be checked/);
  });

  it("refuses a set of another ring, also where it would be taken over, and does not advise to take it over", async () => {
    const labels = {
      "app.kubernetes.io/managed-by": "pulumi",
      "app.kubernetes.io/instance": "cassandra",
      "app.kubernetes.io/name": "cockroachdb",
    };
    for (const takesOver of [false, true])
      await assert.rejects(run({ set: { replicas: 3 }, labels }, first, create(3), { takesOver }), {
        message:
          "StatefulSet cassandra is there, of another ring: ring cassandra cannot take it over. Choose another name",
      });
  });

  it("refuses fewer members than have their volumes kept; those that left do not count", async () => {
    const claims = [0, 1, 2, 3].map((i) => `data-cassandra-${i}`);
    await assert.rejects(run({ claims }, first, create(3), { isPreview: true }), {
      message: /^replicas: 3 is below the 4 members of ring cassandra whose volumes are kept: .*allowed is 4 or more/,
    });
    await run({ claims, record: { "cassandra-3": "left some-pod" } }, first, create(3));
    await run({ claims: [...claims.slice(0, 3), "data-cassandra-persistent-9", "data-cassandra-x"] }, first, create(3));
    await run({}, first, create(1));
    // Of a first ring that never formed, the disks are empty.
    await run({ claims, record: { "cassandra-0": "empty" } }, first, create(3));
  });
});
