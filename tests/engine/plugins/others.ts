import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import type { Declaration } from "./index";
import { configMap, KubeObject } from "./objects";
import { ProgramStack } from "./programStack";
import { isOlder } from "./versions";

export function others(lab: () => Lab): void {
  describe("what others do to managed objects", () => {
    let stack: ProgramStack;
    const get = (name: string) => stack.get<KubeObject>("configmap", name);
    const labels = async (name: string) => (await get(name)).metadata.labels;

    const program = (role: string): Declaration[] => [
      configMap("contested", {}, { labels: { role } }),
      ...["changed", "extended", "deleted"].map((name) => configMap(name, {}, { labels: { role: "ours" } })),
    ];

    before(async () => {
      stack = await ProgramStack.of(lab(), "others");
      stack.resources = program("ours");
      await stack.up();
    });

    it("is a conflict, and left alone, where another field manager owns what an update changes", async () => {
      const metadata = { name: "contested", labels: { role: "theirs" } };
      const theirs = { apiVersion: "v1", kind: "ConfigMap", metadata };
      const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=autoscaler", "-f", "-"];
      await lab().kubectl(apply, { input: JSON.stringify(theirs) });
      stack.resources = program("ours-again");
      assert.match(await stack.refused("up", "--yes", "--skip-preview"), /conflict with "autoscaler"/);
      assert.deepEqual(await labels("contested"), { role: "theirs" });
    });

    it("is overruled if config says so", async () => {
      // The older one reads a variable alone.
      if (isOlder(lab())) await stack.withVariables({ PULUMI_K8S_ENABLE_PATCH_FORCE: "true" }, () => stack.up());
      else await stack.up("--config", "kubernetes:enablePatchForce=true");
      assert.deepEqual(await labels("contested"), { role: "ours-again" });
    });

    it("is seen by a refresh where the program set a field or made the object, and nowhere else", async () => {
      await lab().kubectl(["label", "configmap", "changed", "role=theirs", "--overwrite"]);
      await lab().kubectl(["label", "configmap", "extended", "more=theirs"]);
      await lab().kubectl(["delete", "configmap", "deleted"]);
      await stack.pulumi("refresh", "--yes", "--skip-preview");
      assert.deepEqual(await stack.managed(), ["changed", "contested", "extended"]);
      // What kubectl has changed, the older one does not try in preview, and takes back in the update.
      if (isOlder(lab())) assert.match(await stack.refused("preview"), /conflict with "kubectl-label"/);
      else assert.deepEqual((await stack.plan()).sort(), ["create deleted", "update changed"]);
      assert.deepEqual(await labels("changed"), { role: "theirs" }, "neither a refresh nor a preview may change it");
    });

    it("is set back by the next update", async () => {
      await stack.up();
      assert.deepEqual(await labels("changed"), { role: "ours" });
      assert.deepEqual(await labels("deleted"), { role: "ours" });
      assert.deepEqual(await labels("extended"), { role: "ours", more: "theirs" });
    });
  });
}
