import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { refuseReplacement, uidsOf } from "../../../../components/operations/replacementGuard";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";

const controllers = "/api/v1/namespaces/db/replicationcontrollers";
const newInputs = { metadata: { name: "cassandra", namespace: "db" } };

describe("what a ring remembers of its workloads", () => {
  it("is their UIDs, and nothing of one that `--target` leaves out", async () => {
    const named = { metadata: pulumi.output({ name: "cassandra", uid: "one" }) };
    const leftOut = { metadata: pulumi.output(undefined) };
    const known = await new Promise((resolve) => uidsOf([named, leftOut]).apply(resolve));
    assert.deepEqual(known, { cassandra: "one" });
  });
});

describe("a workload that would be made over one that is there", () => {
  const make = (live: object | undefined, uids: Record<string, string>, takesOver = false) =>
    withApiServer({ "/api/v1": kinds, ...(live && { [`${controllers}/cassandra`]: live }) }, async (kubeconfig) => {
      await record(() =>
        refuseReplacement("cassandra", {
          memory: { uids: Promise.resolve(uids) },
          workload: { apiVersion: "v1", kind: "ReplicationController" },
          takesOver,
          cluster: { kubeconfig },
        }),
      );
      await callHook("cassandra-is-not-replaced", { newInputs }, { onDryRun: true });
    });
  const kinds = {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      { name: "replicationcontrollers", kind: "ReplicationController", namespaced: true, singularName: "", verbs: [] },
    ],
  };
  const live = { apiVersion: "v1", kind: "ReplicationController", metadata: { name: "cassandra", uid: "one" } };

  it("passes where there is none", () => make(undefined, { cassandra: "one" }));

  it("is refused where it is the one that the state remembers: that is a replacement, also where what exists is taken over", async () => {
    for (const takesOver of [true, false])
      await assert.rejects(make(live, { cassandra: "one" }, takesOver), {
        message:
          /^ReplicationController db\/cassandra is not replaced: .*`pulumi state untaint` takes `pulumi state taint` back.*`pulumi import`/,
      });
  });

  it("is refused as a replacement where it was made anew around its pods since", async () => {
    const anew = { ...live, metadata: { ...live.metadata, annotations: { "cassandra/former-uid": "before" } } };
    await assert.rejects(make(anew, { cassandra: "before" }, true), /is not replaced/);
  });

  it("is refused where it is nobody's, unless what exists is taken over", async () => {
    await assert.rejects(make(live, {}), {
      message: /exists and is not in the state of this stack; .*upsertExistingObjects true`/,
    });
    await make(live, {}, true);
    await make(live, { cassandra: "another" }, true);
  });
});
