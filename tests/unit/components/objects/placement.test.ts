import * as assert from "node:assert/strict";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { Placement, placement } from "../../../../components/objects/placement";
import { makeCockroach, Pod } from "../../../support/cockroach";
import { podArgs, ringBinding } from "../../../support/args";
import { only } from "../../../support/recorder";

const asked: Placement = {
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "dedicated", value: "cassandra", effect: "NoSchedule" }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  priorityClassName: "high",
  cpuLimit: "2",
};
const { cpuLimit, ...ofPod } = asked;

describe("where pods run", () => {
  it("is nothing in a pod's spec unless it is asked for", () => {
    assert.deepEqual(placement({}), {});
    assert.deepEqual(placement({ nodeSelector: {}, tolerations: [], affinity: {} }), {});
  });

  it("is as a member's args say", () => {
    const { containers, ...spec } = cassandraPodSpec({ ...podArgs, ...asked }, ringBinding);
    for (const [field, value] of Object.entries(ofPod)) assert.deepEqual(spec[field as keyof typeof spec], value);
    const { requests, limits } = (containers as unknown as { resources: Record<string, Record<string, string>> }[])[0]
      .resources;
    assert.deepEqual([requests.cpu, limits.cpu], [podArgs.cpu, cpuLimit]);
  });

  it("is as the args of CockroachDB say, whose tools go where its nodes may", async () => {
    const all = await makeCockroach({ ...asked, sqlClient: true, loadGenerator: true });
    const template = (type: string) => (only(all, type).inputs as unknown as { spec: { template: Pod } }).spec.template;
    const { nodeSelector, tolerations, affinity, priorityClassName, containers } = template("apps/v1:StatefulSet")
      .spec as unknown as Placement & { containers: { resources: { limits: { cpu: string } } }[] };
    assert.deepEqual({ ...ofPod, nodeSelector, tolerations, priorityClassName }, ofPod);
    assert.deepEqual(Object.keys(affinity!).sort(), ["nodeAffinity", "podAntiAffinity"]);
    assert.equal(containers[0].resources.limits.cpu, cpuLimit);
    const tools = [
      template("batch/v1:Job"),
      template("apps/v1:Deployment"),
      only(all, "core/v1:Pod").inputs as unknown as Pod,
    ];
    for (const { spec } of tools) {
      const tool = spec as unknown as Placement;
      assert.deepEqual([tool.nodeSelector, tool.tolerations], [asked.nodeSelector, asked.tolerations]);
      assert.equal(tool.priorityClassName, undefined);
    }
    const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } };
    const own = await makeCockroach({ affinity: apart });
    const set = only(own, "apps/v1:StatefulSet").inputs as unknown as { spec: { template: { spec: Placement } } };
    assert.deepEqual(set.spec.template.spec.affinity, apart);
  });
});
