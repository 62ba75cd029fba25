import * as assert from "node:assert/strict";
import { inRingLab, RingStack } from "../support/ringStack";
import { Pod, smallMembers } from "../support/stack";
import type { Lab } from "../../lab/src/lab";

const minutes = 60_000;
const rows = 1000;

describe("a ring in a namespace whose default policy denies egress", function () {
  this.timeout(15 * minutes);
  let lab: Lab;
  let stack: RingStack;

  inRingLab((made) => ({ lab, stack } = made));

  it("@all forms with `egress: members`, and its members connect to nobody else", async () => {
    const denyEgress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "default-deny-egress" },
      spec: { podSelector: {}, policyTypes: ["Egress"] },
    };
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(denyEgress) });
    stack.configure({
      ...smallMembers,
      replicas: 2,
      storage: "minikube-hostpath",
      storageClassName: "fast",
      egress: "members",
    });
    await stack.up();
    await stack.oneRing(2);
    await stack.writeRows("cassandra-0", rows, 2);
    await stack.everyPodCounts(rows);

    const other = await serverElsewhere();
    assert.deepEqual(await stack.reachable("elsewhere/client", other, [9042, 8080]), [9042, 8080]);
    for (const member of await stack.pods()) {
      assert.deepEqual(await stack.reachable("cassandra-0", member, [7000, 9042]), [7000, 9042]);
      assert.deepEqual(await stack.reachable(member.metadata.name, other, [9042, 8080]), []);
    }
  });

  /** A pod of another namespace that listens to everybody, and one beside it that nothing keeps from connecting. */
  async function serverElsewhere(): Promise<Pod> {
    const namespace = "elsewhere";
    await lab.kubectl(["create", "namespace", namespace]);
    for (const name of ["client", "server"]) await stack.bystander(name, `--namespace=${namespace}`);
    const listen = [9042, 8080].map((port) => `python3 -m http.server ${port} >/dev/null 2>&1 &`).join(" ");
    await lab.kubectl(["exec", "--namespace", namespace, "server", "--", "sh", "-c", listen]);
    return stack.get<Pod>("pod", "server", "--namespace", namespace);
  }
});
