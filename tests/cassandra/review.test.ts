import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { ApplicationRole } from "../support/applicationRole";
import { growingClass, smallMembers } from "../support/stack";
import { baseOf, deployBase, testEdits } from "../support/reviewEdits";
import { badStacks } from "../support/badConfig";
import { inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;

describe("the review of an edit of a ring", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: RingStack;

  inRingLab((made) => ({ lab, stack } = made));

  before(async () => {
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(growingClass) });
    await deployBase(stack, "persistent");
    const replication = `{'class': 'NetworkTopologyStrategy', '${smallMembers.datacenter}': 3}`;
    const byHand = "CREATE ROLE reports WITH PASSWORD = 'made-by-hand' AND LOGIN = true;";
    await stack.cql("cassandra-0", `CREATE KEYSPACE shop WITH replication = ${replication}; ${byHand}`);
    for (const role of ["app", "reports"]) await new ApplicationRole(lab, stack, role).setPassword("correct-horse");
  });

  testEdits("persistent", () => stack);

  for (const [i, { name, config, refusals }] of badStacks("ring").entries()) {
    it(`${i % 8 === 0 ? "" : "@all "}is refused, and touches nothing: ${name}`, async () => {
      const before = await stack.objects();
      stack.configure({ ...baseOf("persistent"), ...config });
      await stack.refusedWith(refusals, "preview");
      assert.deepEqual(await stack.objects(), before);
    });
  }
});
