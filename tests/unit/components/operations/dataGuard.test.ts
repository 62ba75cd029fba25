import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { DataGuard } from "../../../../components/index";
import { callHook, record } from "../../../support/recorder";

describe("DataGuard", () => {
  const guard = (acceptDataLoss: boolean) =>
    record(
      () =>
        new DataGuard(
          "facts",
          { a: "1" },
          (was, wanted) => ({
            losses: was.a === wanted.a ? [] : [`${was.a} is lost`],
            refusals: wanted.a === "0" ? ["0 is no number to have"] : [],
          }),
          acceptDataLoss,
        ),
    );
  const edit = { oldInputs: { a: "1" }, newInputs: { a: "2" } };

  it("keeps the facts in the state", async () => {
    const [{ type, inputs }] = await guard(false);
    assert.deepEqual([type, inputs], ["cassandra:index:DataGuard", { a: "1" }]);
  });

  it("refuses a loss, in preview too", async () => {
    await guard(false);
    const refusal =
      /^1 is lost\nThis abandons data. To go on: `acceptDataLoss: true` in the program, run `pulumi up`, remove it again$/;
    await assert.rejects(callHook("facts-data-guard", edit, { onDryRun: true }), { message: refusal });
  });

  it("lets a loss pass that is meant, and says so", async () => {
    await guard(true);
    await callHook("facts-data-guard", edit);
  });

  it("refuses what cannot work, whatever loss is accepted", async () => {
    await guard(true);
    const refused = callHook("facts-data-guard", { ...edit, newInputs: { a: "0" } });
    await assert.rejects(refused, { message: "0 is no number to have" });
  });

  it("lets pass what loses nothing", async () => {
    await guard(false);
    await callHook("facts-data-guard", { oldInputs: { a: "1" }, newInputs: { a: "1" } });
  });

  it("takes what a preview does not know yet for what it was", async () => {
    await guard(false);
    await callHook("facts-data-guard", { oldInputs: { a: "1" }, newInputs: { a: pulumi.unknown } });
  });

  it("is in the state for as long as anything that comes after it", async () => {
    let facts: DataGuard<{ a: string }>;
    await record(() => (facts = new DataGuard("facts", { a: "1" }, () => ({ losses: [], refusals: [] }), false)));
    const after = await new Promise((resolve) => {
      facts.passed.apply((all) => pulumi.all(all.map(({ urn }) => urn))).apply(resolve);
    });
    assert.deepEqual(after, ["urn:pulumi:test::cassandra::cassandra:index:DataGuard::facts"]);
  });
});
