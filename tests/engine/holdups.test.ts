import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;

describe("an update that waits for Kubernetes, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  /** Waits until Kubernetes has said something, and until the watch has looked a few times since. */
  async function until(said: () => Promise<string>): Promise<void> {
    while (!(await said().catch(() => ""))) await sleep(1000);
    await sleep(30_000);
  }

  it("says what holds the pods long before its time-out: no room on any node, and a quota", async () => {
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", replicas: 1 });
    const nodes = ["node1", "node2", "node3"];
    await lab.kubectl(["taint", "node", ...nodes, "other=team:NoSchedule"]);
    const hold = async () => {
      const unschedulable = "jsonpath={.status.conditions[?(@.reason=='Unschedulable')].type}";
      await until(() => lab.kubectl(["get", "pod", "cassandra-0", "-o", unschedulable]));
      // A quota that was there before would have been refused in preview.
      const quota = {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "small" },
        spec: { hard: { pods: "0" } },
      };
      await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(quota) });
      await lab.kubectl(["delete", "pod", "cassandra-0"]);
      await until(() => lab.kubectl(["get", "events", "--field-selector", "reason=FailedCreate", "-o", "name"]));
      await lab.kubectl(["taint", "node", ...nodes, "other-"]);
      await lab.kubectl(["delete", "resourcequota", "small"]);
    };
    const [said] = await Promise.all([stack.pulumi("up", "--yes", "--skip-preview"), hold()]);
    assert.match(
      said,
      /cassandra: cassandra-0 has no node yet: Unschedulable: .*untolerated taint.*; set `tolerations`/,
    );
    assert.match(
      said,
      /cassandra: StatefulSet cassandra makes no pod yet: FailedCreate: .*exceeded quota: small.*; set `memory`, `cpu` and `cpuLimit`/,
    );
  });
});
