import * as assert from "node:assert/strict";
import { revisionOf } from "../../../../components/objects/podMetadata";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { podArgs as args, ringBinding as ring } from "../../../support/args";

describe("the revision of a pod template", () => {
  it("changes with anything in the spec, and with nothing else", async () => {
    const revision = (memory: string) =>
      new Promise<string>((resolve) => revisionOf(cassandraPodSpec({ ...args, memory }, ring)).apply(resolve));
    assert.match(await revision("1Gi"), /^[0-9a-f]{12}$/);
    assert.equal(await revision("1Gi"), await revision("1Gi"));
    assert.notEqual(await revision("1Gi"), await revision("2Gi"));
  });
});
