import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { joinTimeouts } from "../../../../components/topologies/joinTimeouts";

const minutes = (text: string | undefined) => Number(/^(\d+)m$/.exec(text ?? "")?.[1]);

describe("the time that `pulumi up` waits for members", () => {
  it("gives each member as long as its data takes to stream, at 10 MiB a second", () => {
    const { create, update } = joinTimeouts(4, "500Gi");
    assert.equal(create, update);
    const each = (500 * 1024) / 10 / 60;
    assert.ok(minutes(create) >= 4 * each, `${create}`);
  });

  it("grows with the members, and knows no data where the size is not known yet", () => {
    assert.deepEqual(joinTimeouts(3), { create: "25m", update: "25m" });
    assert.deepEqual(joinTimeouts(6, pulumi.output("500Gi")), { create: "40m", update: "40m" });
  });
});
