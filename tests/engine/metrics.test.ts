import * as assert from "node:assert/strict";
import type { Lab } from "../../lab/src/lab";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;

describe("metrics of a ring, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  const configure = (settings: object) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", replicas: 1, ...settings });

  it("are refused in preview where they need an operator that is not there, and nothing is made", async () => {
    configure({ metrics: "podMonitor" });
    const refusal =
      'cassandra:metrics: "podMonitor" is not allowed: the Kubernetes cluster has no kind PodMonitor (monitoring.coreos.com/v1), which the ' +
      'Prometheus operator brings; allowed is "annotations", or a cluster with that operator';
    await stack.refusedWith([refusal], "preview");
    await stack.refused("up", "--yes", "--skip-preview");
    assert.deepEqual(await stack.objects(), []);
  });

  it("@all come and go with an edit, and a preview shows no exporter of a megabyte", async () => {
    configure({ metrics: "annotations" });
    const said = await stack.pulumi("preview", "--diff");
    assert.match(said, /binaryData *: \[secret\]/);
    assert.ok(said.length < 1_000_000, `${said.length} characters`);
    await stack.up();
    const named = async (name: string) => (await lab.kubectl(["get", "configmaps", "-o", "name"])).includes(name);
    for (const name of ["cassandra-exporter", "cassandra-alerts", "cassandra-dashboard"])
      assert.ok(await named(name), name);
    await stack.up("--expect-no-changes");
    configure({});
    await stack.up();
    assert.ok(!(await named("cassandra-exporter")));
  });
});
