import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { configMap, KubeList, KubeObject, statefulSet } from "./objects";
import { ProgramStack } from "./programStack";

export function refusals(lab: () => Lab): void {
  describe("refusals", () => {
    it("of the API server are seen in preview", async () => {
      const stack = await ProgramStack.of(lab(), "invalid");
      stack.resources = [statefulSet("invalid", { replicas: -1 }, { labels: { role: "not a label" } })];
      const printed = await stack.refused("preview");
      assert.match(printed, /metadata\.labels: Invalid value: "not a label"/);
      assert.match(printed, /spec\.replicas: Invalid value: -1/);
      assert.deepEqual((await stack.get<KubeList>("statefulsets", "-l", "role")).items, []);
    });

    it("of a hook before an update end the preview and the update, and nothing is touched", async () => {
      const stack = await ProgramStack.of(lab(), "guarded");
      const refusal = "rows would be lost";
      const program = (text: string) => [configMap("guarded", {}, { labels: { text } }, { refusal })];
      stack.resources = program("one");
      await stack.up();
      const before = await stack.get<KubeObject>("configmap", "guarded");

      stack.resources = program("two");
      assert.match(await stack.refused("preview"), /rows would be lost/);
      assert.match(await stack.refused("up", "--yes", "--skip-preview"), /rows would be lost/);
      assert.deepEqual(await stack.get<KubeObject>("configmap", "guarded"), before);
      assert.deepEqual(await stack.managed(), ["guarded"]);
    });
  });
}
