import * as assert from "node:assert/strict";
import {
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  PersistentCluster,
  SinglePod,
} from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { podArgs, ringArgs } from "../../../support/args";
import { callHook, record, Registered, warningsOfEach } from "../../../support/recorder";

/** Makes a component of these args in a cluster. */
type Make = (args: { name?: string; namespace?: string; acceptDataLoss?: boolean; cluster: object }) => unknown;

const volumes = { replicas: 2, volumeSize: "1Gi", volumeRetention: "delete" } as const;
/** Each component, and where its workload is in the API. */
const components: [string, Make, string][] = [
  ["persistent", (args) => new PersistentCluster("x", { ...ringArgs, ...volumes, ...args }), "apps/v1 statefulsets"],
  [
    "ephemeral",
    (args) => new EphemeralCluster("x", { ...ringArgs, replicas: 2, ...args }),
    "v1 replicationcontrollers",
  ],
  ["daemon", (args) => new DaemonCluster("x", { ...ringArgs, ...args }), "apps/v1 daemonsets"],
  ["pod", (args) => new SinglePod("x", { ...ringArgs, ...args }), "v1 pods"],
  [
    "cockroachdb",
    (args) => {
      const { image, memory, cpu } = podArgs;
      return new CockroachCluster("x", { image, memory, cpu, name: "cassandra", namespace: "db", ...volumes, ...args });
    },
    "apps/v1 statefulsets",
  ],
];

describe("a component that is there", () => {
  const warnings = warningsOfEach();

  const ringSnapshotOf = (all: Registered[]) =>
    all.find(({ type, name }) => type === "cassandra:index:DataGuard" && name === "x-ring")!.inputs;

  /** Edits a component as the engine would, in a cluster with these objects. */
  const edit = (
    make: Make,
    args: Parameters<Make>[0] | object,
    objects: Record<string, unknown>,
    refusal?: { code: number; message: string },
  ) =>
    withApiServer(
      objects,
      async (kubeconfig) => {
        const cluster = { kubeconfig };
        const oldInputs = ringSnapshotOf(await record(() => make({ cluster })));
        const newInputs = ringSnapshotOf(await record(() => make({ cluster, ...args })));
        await callHook("x-ring-data-guard", { oldInputs, newInputs }, { onDryRun: true });
      },
      refusal,
    );
  const claims = (...names: string[]) => ({
    "/api/v1/namespaces/db/persistentvolumeclaims": { items: names.map((name) => ({ metadata: { name } })) },
  });
  const live = { metadata: { name: "cassandra" }, spec: { replicas: 2 }, status: { desiredNumberScheduled: 2 } };
  const there = (api: string) => {
    const [group, kind] = api.split(" ");
    const root = group === "v1" ? "/api" : "/apis";
    return { ...claims(), [`${root}/${group}/namespaces/db/${kind}/cassandra`]: live };
  };

  for (const [topology, make, api] of components) {
    it(`is refused another name and another namespace: ${topology}`, async () => {
      await assert.rejects(edit(make, { name: "other" }, there(api)), ({ message }: Error) => {
        const [first, , ...more] = message.split("\n");
        assert.ok(
          first.startsWith(`name: "other": no ring can be renamed, and this edit leaves ring cassandra (${topology})`),
          first,
        );
        assert.match(first, /; allowed is "cassandra", and a second component beside this one makes another ring$/);
        assert.deepEqual(more, []);
        return true;
      });
      await assert.rejects(edit(make, { namespace: "shop" }, there(api)), {
        message:
          /^namespace: "shop": this edit leaves .* in namespace db behind, .*; allowed is "db"\n.*acceptDataLoss: true/,
      });
      await edit(make, {}, there(api));
    });

    it(`may be edited where nothing of it is there: ${topology}`, () => edit(make, { name: "other" }, claims()));
  }

  const [[, persistent, sets]] = components;

  it("tells what becomes of its rows", () =>
    assert.rejects(edit(persistent, { name: "other" }, there(sets)), /behind, and its volumes are deleted with it; /));

  it("is refused other racks, whatever loss is accepted", () =>
    assert.rejects(
      edit(persistent, { racks: ["a", "b"], acceptDataLoss: true }, there(sets)),
      /^Error: racks: \[a, b\] is not allowed .* allowed is \[\], or another ring \(a second component beside this one\)$/,
    ));

  it("is refused while its volumes are there alone", async () => {
    await assert.rejects(edit(persistent, { name: "other" }, claims("data-cassandra-1")), /no ring can be renamed/);
    await edit(persistent, { name: "other" }, claims("data-orders-1"));
  });

  it("is refused where the cluster does not tell what is there", () =>
    assert.rejects(
      edit(persistent, { name: "other" }, {}, { code: 403, message: "forbidden" }),
      /no ring can be renamed/,
    ));

  it("is refused while its rows may be in folders of nodes", () => {
    const make: Make = (args) => new DaemonCluster("x", { ...ringArgs, hostPath: "/mnt/ring", ...args });
    return assert.rejects(edit(make, { name: "other" }, claims()), /its folders stay on the nodes/);
  });

  it("goes where that is meant, and says so", async () => {
    await edit(persistent, { name: "other", acceptDataLoss: true }, there(sets));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^name: "other": no ring can be renamed/);
  });
});
