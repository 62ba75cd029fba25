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

  /** Runs an update while something holds it, which ends once the watch has looked a few times. @param isHeld tells that Kubernetes has said so */
  async function heldBy(isHeld: () => Promise<string>, undo: () => Promise<unknown>): Promise<string> {
    const end = async () => {
      while (!(await isHeld().catch(() => ""))) await sleep(1000);
      await sleep(30_000);
      await undo();
    };
    const [said] = await Promise.all([stack.pulumi("up", "--yes", "--skip-preview"), end()]);
    return said;
  }

  it("says what holds the pods long before its time-out: a quota, and no room on any node", async () => {
    const asked = { ...smallMembers, storage: "minikube-hostpath", replicas: 1 };
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "small" },
      spec: { hard: { pods: "0" } },
    };
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(quota) });
    stack.configure(asked);
    const forbidden = await heldBy(
      () => lab.kubectl(["get", "events", "--field-selector", "reason=FailedCreate", "-o", "name"]),
      () => lab.kubectl(["delete", "resourcequota", "small"]),
    );
    assert.match(
      forbidden,
      /cassandra: StatefulSet cassandra makes no pod yet: FailedCreate: .*exceeded quota: small.*; set `memory`, `cpu` and `cpuLimit`/,
    );
    const nodes = ["node1", "node2", "node3"];
    await lab.kubectl(["taint", "node", ...nodes, "other=team:NoSchedule"]);
    stack.configure({ ...asked, replicas: 2 });
    const full = await heldBy(
      () =>
        lab.kubectl([
          "get",
          "pod",
          "cassandra-1",
          "-o",
          "jsonpath={.status.conditions[?(@.reason=='Unschedulable')].type}",
        ]),
      () => lab.kubectl(["taint", "node", ...nodes, "other-"]),
    );
    assert.match(
      full,
      /cassandra: cassandra-1 has no node yet: Unschedulable: .*untolerated taint.*; set `tolerations`/,
    );
  });
});
