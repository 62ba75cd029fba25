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

  const kept = (...names: string[]) => ({ [claims]: { items: names.map((name) => ({ metadata: { name } })) } });

  it("refuses in preview to scale down, and tells how to do it by hand", async () => {
    const live = (replicas: number) => ({ [set]: { spec: { replicas } }, ...kept() });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(4), 4, 3), {
      message:
        /replicas: 3 is below the 4 nodes of CockroachDB cluster cockroachdb: .*node decommission ID --insecure.*kubectl delete pvc -n db datadir-cockroachdb-ORDINAL/,
    });
    await assert.rejects(call("cockroachdb-refuse-scale-down", live(5), 3, 3), { message: /3 is below the 5 nodes/ });
    await call("cockroachdb-refuse-scale-down", live(3), 3, 4);
    await call("cockroachdb-refuse-scale-down", live(2), 3, 2);
  });

  it("refuses fewer nodes than the state has, where somebody has stopped all, or others than those that go", async () => {
    const live = (replicas: number) => ({ [set]: { spec: { replicas } }, ...kept() });
    const hook = "cockroachdb-refuse-scale-down";
    await assert.rejects(call(hook, live(0), 5, 3), { message: /3 is below the 5 nodes/ });
    await assert.rejects(call(hook, live(4), 5, 3), { message: /3 is below the 5 nodes/ });
    await assert.rejects(call(hook, kept(), 5, 3), { message: /3 is below the 5 nodes/ });
    await call(hook, live(0), 5, 5);
  });

  it("refuses to leave claims behind whose nodes may never have been decommissioned", async () => {
    const five = kept(...[0, 1, 2, 3, 4].map((i) => `datadir-cockroachdb-${i}`));
    const world = (replicas: number) => ({ [set]: { spec: { replicas } }, ...five });
    const hook = "cockroachdb-refuse-scale-down";
    const refusal = {
      message:
        /^replicas: 3 is not allowed for CockroachDB cluster cockroachdb while there are the claims datadir-cockroachdb-3, datadir-cockroachdb-4, .*delete these claims once .*allowed is 5 or more$/,
    };
    await assert.rejects(call(hook, world(3), 5, 3), refusal);
    // `pulumi refresh` has noted that nobody runs.
    await assert.rejects(call(hook, world(0), 0, 3), refusal);
    await call(hook, world(3), 3, 3);
    await call(hook, world(3), 3, 5);
  });

  it("refuses in preview to come back with fewer nodes than have left volumes", async () => {
    const four = kept("datadir-cockroachdb-3", "datadir-cockroachdb-b-7", "data-cockroachdb-9");
    await assert.rejects(call("cockroachdb-kept-nodes-come", four, 0, 3), {
      message: /3 is below the 4 nodes .* kept/,
    });
    await call("cockroachdb-kept-nodes-come", four, 0, 4);
  });
});
