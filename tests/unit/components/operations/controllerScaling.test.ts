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

/** Runs the hook of a ReplicationController whose pods serve or not. @returns what it said in preview */
async function edit(was: number, wanted: number, serving: boolean[], isPreview = false): Promise<string> {
  const objects = {
    "/api/v1/namespaces/db/replicationcontrollers/cassandra": { spec: { replicas: was } },
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
});
