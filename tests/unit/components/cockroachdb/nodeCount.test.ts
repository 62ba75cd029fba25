import * as assert from "node:assert/strict";
import { withApiServer } from "../../../support/apiServer";
import { makeCockroach, setInputs } from "../../../support/cockroach";
import { callHook } from "../../../support/recorder";

describe("the number of nodes of a CockroachDB cluster", () => {
  const set = "/apis/apps/v1/namespaces/db/statefulsets/cockroachdb";
  const claims = "/api/v1/namespaces/db/persistentvolumeclaims";
  /** Calls a hook of the set where these objects are. */
  const call = (hook: string, objects: Record<string, unknown>, from: number, to: number) =>
    withApiServer(objects, async (kubeconfig) => {
      await makeCockroach({ cluster: { kubeconfig } });
      await callHook(hook, { oldInputs: setInputs(from), newInputs: setInputs(to) }, { onDryRun: true });
    });

  it("refuses in preview to scale down, and tells how to do it by hand", async () => {
    const live = (replicas: number) => ({ [set]: { spec: { replicas } } });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(4), 4, 3), {
      message:
        /replicas: 3 is below the 4 nodes of CockroachDB cluster cockroachdb: .*node decommission ID --insecure.*pulumi refresh/,
    });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(5), 3, 3), { message: /3 is below the 5 nodes/ });
    await call("cockroachdb-refuse-scale-down", live(3), 3, 4);
    await call("cockroachdb-refuse-scale-down", live(2), 3, 2);
  });

  it("refuses in preview to come back with fewer nodes than have left volumes", async () => {
    const kept = (...names: string[]) => ({ [claims]: { items: names.map((name) => ({ metadata: { name } })) } });
    const four = kept("datadir-cockroachdb-3", "datadir-cockroachdb-b-7", "data-cockroachdb-9");
    await assert.rejects(call("cockroachdb-kept-nodes-come", four, 0, 3), {
      message: /3 is below the 4 nodes .* kept/,
    });
    await call("cockroachdb-kept-nodes-come", four, 0, 4);
  });
});
