import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { ProgramStack } from "./programStack";

export function passwords(lab: () => Lab): void {
  describe("random passwords", () => {
    let stack: ProgramStack;
    // Without special characters: JSON would write some of them otherwise than they are.
    const password = (length: number) => [
      { type: "random.RandomPassword", name: "password", args: { length, special: false } },
    ];
    const results = async (...args: string[]) => {
      const outputs = JSON.parse(await stack.pulumi("stack", "output", "--json", ...args)) as { results: unknown };
      return outputs.results;
    };
    const made = async () => ((await results("--show-secrets")) as string[])[0];

    before(async () => {
      stack = await ProgramStack.of(lab(), "passwords");
    });

    it("are secret", async () => {
      stack.resources = password(16);
      await stack.up();
      const value = await made();
      assert.equal(value.length, 16);
      assert.ok(!(await stack.pulumi("stack", "export")).includes(value));
      assert.deepEqual(await results(), ["[secret]"]);
    });

    it("stay as they are", async () => {
      const before = await made();
      await stack.up("--expect-no-changes");
      assert.equal(await made(), before);
    });

    it("are replaced when their length changes", async () => {
      stack.resources = password(20);
      assert.match(await stack.up(), /password created replacement/);
      assert.equal((await made()).length, 20);
    });
  });
}
