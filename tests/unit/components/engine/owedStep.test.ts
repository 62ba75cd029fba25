import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { OwedStep } from "../../../../components/engine/owedStep";
import { callHook, record } from "../../../support/recorder";

interface Goal {
  size: number;
}

/** Writes what it goes through into a list. */
class Step extends OwedStep<Goal, string> {
  constructor(
    private readonly said: string[],
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("test:index:Step", "step", { hook: "step-hook", goal: { size: 2 } }, opts);
    this.registerOutputs({});
  }

  protected override plan(was: Goal | undefined, wanted: Goal): string | undefined {
    if (wanted.size > 9) throw new Error("size: 10 is not allowed");
    return was?.size === wanted.size ? undefined : `${was?.size} -> ${wanted.size}`;
  }

  protected override preview(plan: string): Promise<void> {
    return Promise.resolve(void this.said.push(`would do ${plan}`));
  }

  protected override act(plan: string): Promise<void> {
    return Promise.resolve(void this.said.push(`did ${plan}`));
  }
}

describe("OwedStep", () => {
  const edit = (from: number, to: number) => ({ oldInputs: { size: from }, newInputs: { size: to } });

  it("acts on what it has planned, and not where nothing is to be done", async () => {
    const said: string[] = [];
    await record(() => new Step(said));
    await callHook("step-hook", edit(1, 2));
    await callHook("step-hook", edit(2, 2));
    assert.deepEqual(said, ["did 1 -> 2"]);
  });

  it("refuses an edit while it plans", async () => {
    const said: string[] = [];
    await record(() => new Step(said));
    await assert.rejects(callHook("step-hook", edit(1, 10)), /size: 10 is not allowed/);
    assert.deepEqual(said, []);
  });
});
