import * as assert from "node:assert/strict";
import { CassandraRingArgs, PersistentCluster } from "../../../../components/index";
import { ringArgs } from "../../../support/args";
import { callHook, only, record, warningsOf } from "../../../support/recorder";

describe("certificates of clients", () => {
  const args = { ...ringArgs, replicas: 3, volumeSize: "1Gi", tlsSecret: "cassandra-tls" };
  const ringOf = async (more: Partial<CassandraRingArgs>) => {
    const all = await record(() => new PersistentCluster("cassandra", { ...args, ...more }));
    const { data } = only(all, "core/v1:ConfigMap").inputs as { data: Record<string, string> };
    const { require_client_auth: isAsked } = (
      JSON.parse(data["cassandra.json"]) as { client_encryption_options: { require_client_auth: boolean } }
    ).client_encryption_options;
    return { isAsked, inputs: only(all, "cassandra:index:PersistentCluster").inputs };
  };

  it("are asked for where they are required, and a ring that was made before stays as it is in the state", async () => {
    const [without, withThem] = [await ringOf({}), await ringOf({ clientCertificates: "required" })];
    assert.deepEqual([without.isAsked, withThem.isAsked], [false, true]);
    assert.deepEqual(without.inputs, { namespace: "db", clusterName: "K8Demo" });
    assert.deepEqual(withThem.inputs, { ...without.inputs, clientCertificates: "required" });
  });

  it("are announced in preview where a ring that runs begins to ask for them", async () => {
    const [{ inputs: before }, { inputs: after }] = [
      await ringOf({}),
      await ringOf({ clientCertificates: "required" }),
    ];
    const tell = (oldInputs: object, newInputs: object) =>
      warningsOf(() => callHook("cassandra-client-certificates", { oldInputs, newInputs }, { onDryRun: true }));
    assert.deepEqual(await tell(before, after), [
      "clientCertificates: after its restart, each member of ring cassandra refuses clients that show no certificate signed " +
        "by the ca.crt of Secret cassandra-tls",
    ]);
    for (const [was, wanted] of [
      [before, before],
      [after, after],
      [after, before],
    ])
      assert.deepEqual(await tell(was, wanted), []);
  });
});
