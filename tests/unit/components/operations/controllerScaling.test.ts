import * as assert from "node:assert/strict";
import { EphemeralCluster } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

const pod = (name: string, isReady: boolean) => ({
  metadata: { name, uid: name },
  spec: { nodeName: "node1", containers: [{}] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
});
const inputs = (replicas: number) => ({ metadata: { name: "cassandra", namespace: "db" }, spec: { replicas } });

/**
 * Runs the hook of a ReplicationController whose pods serve or not.
 * @param live pods that the controller asks for @default as many as the state says
 * @returns what it said in preview
 */
async function edit(was: number, wanted: number, serving: boolean[], isPreview = false, live = was): Promise<string> {
  const objects = {
    "/api/v1/namespaces/db/replicationcontrollers/cassandra": { spec: { replicas: live } },
    "/api/v1/namespaces/db/pods": { items: serving.map((isReady, i) => pod(`pod-${i}`, isReady)) },
    "/api/v1/namespaces/db/configmaps/cassandra-ring": { data: {} },
  };
  let said = "";
  const { warn } = console;
  console.warn = (line: string) => (said += line);
  try {
    await withApiServer(objects, async (kubeconfig) => {
      const cluster = { kubeconfig };
      const args = { ...ringArgs, replicas: was, cluster, stallTimeoutMinutes: 0.001 };
      await record(() => new EphemeralCluster("cassandra", args), isPreview);
      const edits = { oldInputs: inputs(was), newInputs: inputs(wanted) };
      await callHook("cassandra-members-serve-first", edits, { onDryRun: true });
    });
  } finally {
    console.warn = warn;
  }
  return said;
}

describe("a ReplicationController that is to have fewer pods", function () {
  this.timeout(30_000);

  it("has all of them serve first: one whose container does not run hands nothing over", async () => {
    await edit(3, 2, [true, true, true]);
    await assert.rejects(edit(3, 2, [true, false, true]), {
      message:
        /^ring cassandra: for .* minutes: pod-1 must serve before replicas goes from 3 to 2: .*streams no data\. No pod was removed$/,
    });
  });

  it("says so in preview, and waits for nobody there", async () => {
    assert.equal(await edit(3, 2, [true, true, true], true), "");
    assert.match(await edit(3, 2, [true, false, true], true), /pod-1 must serve before .*`pulumi up` waits for that/);
  });

  it("asks nothing of an edit that takes no pod away", async () => {
    await edit(2, 3, [true, false]);
  });

  it("counts the live pods: after a scale-up by hand, members leave that the state does not know", async () => {
    const byHand =
      "cassandra: ReplicationController cassandra asks for 4 pods, and the state of the stack for 2, since somebody has scaled it: `pulumi up` " +
      "sets replicas to 2, and 2 of the members leave the ring";
    assert.ok((await edit(2, 2, [true, true, true, true], true, 4)).endsWith(byHand));
    const said = await edit(2, 2, [true, true, false, true], true, 4);
    assert.ok(said.includes(byHand), said);
    assert.match(said, /pod-2 must serve before replicas goes from 4 to 2: .*`pulumi up` waits for that/);
    await edit(2, 2, [true, true, true, true], false, 4);
    await assert.rejects(edit(2, 2, [true, true, false, true], false, 4), {
      message: /pod-2 must serve before replicas goes from 4 to 2: .*No pod was removed$/,
    });
  });

  it("loses none where somebody has scaled it down by hand before", async () => {
    await edit(4, 3, [true, false], false, 2);
    assert.equal(await edit(4, 3, [true, false], true, 2), "");
  });
});
