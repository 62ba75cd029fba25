import * as assert from "node:assert/strict";
import { badStacks } from "../settings/bad";
import { inLab, Stack } from "../stack";

const minutes = 60_000;
/** Those that `npm test` keeps: a wrong value, a wrong combination, an unknown key, a key of Cassandra's own, several at once. */
const short = ["replicas word", "heap as large as memory", "key misspelt", "yaml renamed", "several of the topologies"];

describe("a stack file that cannot be right", function () {
  this.timeout(10 * minutes);
  let stack: Stack;
  let made: string[];

  inLab({ name: "preview", simulated: true }, async (lab) => {
    stack = await Stack.of(lab, "minikube");
    await stack.up();
    made = await stack.objects();
  });

  for (const { name, config, refusals } of badStacks("")) {
    it(`${short.includes(name) ? "" : "@all "}is refused: ${name}`, async () => {
      assert.ok(refusals.length > 0);
      stack.configure(config);
      const said = await stack.refused("preview");
      for (const line of refusals) assert.ok(said.includes(line), `${line}\nis not in\n${said}`);
      assert.doesNotMatch(said, /at .*settings\.ts/, "a stack trace helps no user");
    });
  }

  it("and nothing was touched by any of them", async () => assert.deepEqual(await stack.objects(), made));
});
