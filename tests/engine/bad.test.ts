import * as assert from "node:assert/strict";
import { badStacks } from "../support/badConfig";
import { inSimulatedLab, Stack } from "../support/stack";

const minutes = 60_000;
/** Those that `npm test` keeps: a wrong value, a wrong combination, an unknown key, a key of Cassandra's own, several at once. */
const short = ["replicas word", "heap as large as memory", "key misspelt", "yaml renamed", "several of the topologies"];

describe("a stack file that cannot be right", function () {
  this.timeout(10 * minutes);
  let stack: Stack;
  let made: string[];

  inSimulatedLab("minikube", async (given) => {
    ({ stack } = given);
    await stack.up();
    made = await stack.objects();
  });

  for (const { name, config, refusals } of badStacks("")) {
    it(`${short.includes(name) ? "" : "@all "}is refused: ${name}`, async () => {
      assert.ok(refusals.length > 0);
      stack.configure(config);
      const said = await stack.refusedWith(refusals, "preview");
      assert.doesNotMatch(said, /at .*config\/\w+\.ts/, "a stack trace helps no user");
    });
  }

  it("and nothing was touched by any of them", async () => assert.deepEqual(await stack.objects(), made));
});
