import * as assert from "node:assert/strict";
import { makeCockroach, Pod } from "../../../support/cockroach";
import { only } from "../../../support/recorder";

describe("the tools of a CockroachDB cluster", () => {
  it("tells the nodes once to form a cluster, and may do so again", async () => {
    const { spec } = only(await makeCockroach(), "batch/v1:Job").inputs as { spec: { template: Pod } };
    const [{ command, env }] = spec.template.spec.containers;
    assert.deepEqual(env, [
      { name: "HOST", value: "cockroachdb-0.cockroachdb:26257" },
      { name: "SECURITY", value: "--insecure" },
    ]);
    assert.match(command[2], /cockroach init --host="\$HOST" \$SECURITY/);
    assert.match(command[2], /already been initialized/);
  });

  it("lets its own tools in whoever its clients are", async () => {
    const all = await makeCockroach({ clientsFrom: [{ cidr: "10.0.0.0/8" }] });
    const [access] = all.filter(({ type, name }) => type.endsWith("NetworkPolicy") && name === "cockroachdb");
    const { ingress } = (access.inputs as { spec: { ingress: { from: object[]; ports: object[] }[] } }).spec;
    assert.deepEqual(ingress[1].from, [
      { ipBlock: { cidr: "10.0.0.0/8" } },
      {
        podSelector: {
          matchLabels: { "app.kubernetes.io/name": "cockroachdb", "app.kubernetes.io/instance": "cockroachdb" },
          matchExpressions: [
            { key: "app.kubernetes.io/component", operator: "In", values: ["init", "client", "load"] },
          ],
        },
      },
    ]);
  });

  it("connect to its nodes and DNS alone where egress is `members`, and so do its nodes", async () => {
    type Policy = {
      podSelector: object;
      policyTypes: string[];
      egress: { to?: object[]; ports: { port: number }[] }[];
    };
    const all = await makeCockroach({ egress: "members" });
    const policies = all.filter(({ type }) => type.endsWith("NetworkPolicy"));
    const [ofNodes, ofTools] = ["cockroachdb", "cockroachdb-tools"].map(
      (policy) => (policies.find(({ name }) => name === policy)!.inputs as { spec: Policy }).spec,
    );
    assert.equal(policies.length, 2);
    assert.deepEqual(ofTools.egress, ofNodes.egress);
    for (const { policyTypes, egress } of [ofNodes, ofTools]) {
      assert.deepEqual(policyTypes, ["Ingress", "Egress"]);
      const [nodes, dns, ...others] = egress;
      assert.deepEqual([nodes.to, others], [[{ podSelector: ofNodes.podSelector }], []]);
      assert.deepEqual(
        [nodes, dns].map(({ ports }) => [...new Set(ports.map(({ port }) => port))]),
        [
          [26257, 8080],
          [53, 5353],
        ],
      );
    }
  });
});
